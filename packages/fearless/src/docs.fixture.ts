/**
 * Extracts the examples of the public docstrings as programs.
 *
 *   expression // => value             the expression equals the value; a declaration: the declared variable does
 *   expression // => throws Name       the expression throws, or rejects with, an error of that name
 *   expression // => throws Name, a: 1 ... which has these properties
 *
 * A name that the example uses but does not declare is imported, if the package exports it.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { children, parse, type Node } from '../../compiler/src/syntax/syntax.ts'

/** An export, as programs refer to it: `Mutex`, `thread.spawn`. */
export interface Exported {
  readonly name: string
  readonly isType: boolean
  readonly place: string
  readonly hasExample: boolean
}

export interface Example {
  /** The file and line of its fence. */
  readonly place: string
  readonly text: string
}

interface Declaration {
  readonly name: string
  readonly isType: boolean
  readonly isExported: boolean
  /** The offset of the declaration, including its docstring. */
  readonly start: number
  readonly end: number
}

interface Source {
  readonly file: string
  readonly text: string
  readonly body: readonly Node[]
  readonly declarations: readonly Declaration[]
}

const src = import.meta.dirname
const sources = new Map<string, Source>()

function sourceOf(file: string): Source {
  const known = sources.get(file)
  if (known !== undefined) return known
  const text = readFileSync(file, 'utf8')
  const parsed = parse(file, text)
  if (parsed === undefined) throw new Error(`${file} has a syntax error`)
  const body = parsed.program.body as Node[]
  const source = { file, text, body, declarations: body.flatMap(node => declarationsOf(node, text)) }
  sources.set(file, source)
  return source
}

const TYPES = new Set(['TSTypeAliasDeclaration', 'TSInterfaceDeclaration'])

function declarationsOf(node: Node, text: string): Declaration[] {
  const isExported = node.type === 'ExportNamedDeclaration' && node.declaration !== null
  const declared = (isExported ? node.declaration : node) as Node
  const start = docstringBefore(text, node.start)
  const one = (name: string): Declaration => ({
    name,
    isType: TYPES.has(declared.type),
    isExported,
    start,
    end: node.end,
  })
  if (declared.type === 'VariableDeclaration') {
    return (declared.declarations as Node[]).filter(d => d.id.type === 'Identifier').map(d => one(d.id.name as string))
  }
  return declared.id?.type === 'Identifier' ? [one(declared.id.name as string)] : []
}

function docstringBefore(text: string, start: number): number {
  const before = text.slice(0, start).trimEnd()
  return before.endsWith('*/') ? before.lastIndexOf('/**') : start
}

const FENCE = /^[ \t]*\* ```ts\n(.*?)^[ \t]*\* ```$/gms

function examplesIn({ file, text }: Source, start: number, end: number): Example[] {
  return [...text.slice(start, end).matchAll(FENCE)].map(match => ({
    place: `${relative(join(src, '../../..'), file)}:${text.slice(0, start + match.index).split('\n').length}`,
    text: match[1].replaceAll(/^[ \t]*\* ?/gm, ''),
  }))
}

/** Collects all exports of `file`, including its `export ... from`. `prefix` is its namespace. */
function exportsOf(file: string, prefix: string, into: Map<string, Exported>, files: Set<string>): void {
  const source = sourceOf(file)
  for (const node of source.body) {
    const from = node.source === undefined || node.source === null ? undefined : join(dirname(file), node.source.value)
    if (node.type === 'ExportAllDeclaration') {
      const namespace = node.exported === null ? prefix : `${prefix}${node.exported.name}.`
      exportsOf(from!, namespace, into, files)
    } else if (node.type === 'ExportNamedDeclaration' && from !== undefined) {
      for (const each of node.specifiers as Node[]) {
        const isType = node.exportKind === 'type' || each.exportKind === 'type'
        add(sourceOf(from), each.local.name as string, `${prefix}${each.exported.name}`, isType)
      }
    }
  }
  for (const { name, isType, isExported } of source.declarations)
    if (isExported) add(source, name, `${prefix}${name}`, isType)

  function add(of: Source, local: string, name: string, isType: boolean): void {
    // A name that this file only re-exports is documented in its own file.
    const own = of.declarations.filter(declaration => declaration.name === local)
    if (own.length === 0) return reexported(of, local, name, isType)
    files.add(of.file)
    const hasExample = own.some(({ start, end }) => examplesIn(of, start, end).length > 0)
    const line = of.text.slice(0, own[0].start).split('\n').length
    const place = `${relative(join(src, '../../..'), of.file)}:${line}`
    into.set(name, { name, isType: isType || own.every(one => one.isType), place, hasExample })
  }

  function reexported(of: Source, local: string, name: string, isType: boolean): void {
    for (const node of of.body) {
      if (node.type !== 'ExportNamedDeclaration' || node.source === null) continue
      const found = (node.specifiers as Node[]).find(each => each.exported.name === local)
      if (found === undefined) continue
      return add(sourceOf(join(dirname(of.file), node.source.value)), found.local.name as string, name, isType)
    }
    throw new Error(`${of.file} does not export ${local}`)
  }
}

/** Returns the package's exports, and the examples in the docstrings of all visible declarations. */
export function collectExamples(): { exported: readonly Exported[]; examples: readonly Example[] } {
  const exported = new Map<string, Exported>()
  const files = new Set<string>()
  exportsOf(join(src, 'index.ts'), '', exported, files)
  const last = new Set([...exported.keys()].map(name => name.slice(name.lastIndexOf('.') + 1)))
  const examples = [...files].flatMap(file => {
    const source = sourceOf(file)
    // A declaration that is not exported may be the type of an exported one, as the members of `Arc` are.
    const seen = source.declarations.filter(({ name, isExported }) => !isExported || last.has(name))
    return seen.flatMap(({ start, end }) => examplesIn(source, start, end))
  })
  return { exported: [...exported.values()], examples }
}

/** Converts an example to a program: adds imports, and replaces each `// =>` by a check. */
export function programOf({ place, text }: Example, exported: readonly Exported[]): string {
  const parsed = parse('example.ts', text)
  if (parsed === undefined) throw new SyntaxError(`The example at ${place} has a syntax error.`)
  const statements: Node[] = []
  const declared = new Set<string>()
  const walk = (node: Node): void => {
    if (node.type === 'ExpressionStatement' || node.type === 'VariableDeclaration') statements.push(node)
    if (['VariableDeclarator', 'ClassDeclaration', 'FunctionDeclaration', ...TYPES].includes(node.type)) {
      for (const match of text.slice(node.id.start, node.id.end).matchAll(/[A-Za-z_]\w*/g)) declared.add(match[0])
    }
    children(node, walk)
  }
  walk(parsed.program)
  let program = text
  for (const match of [...text.matchAll(/[ \t]*\/\/ => (.*)$/gm)].reverse()) {
    const ends = text.slice(0, match.index).trimEnd().length
    const statement = statements.find(({ end }) => end === ends)
    if (statement === undefined) throw new SyntaxError(`At ${place}, no statement ends before \`${match[0].trim()}\`.`)
    const isDeclaration = statement.type === 'VariableDeclaration'
    const target = (isDeclaration ? statement.declarations[0].id : statement.expression) as Node
    const expression = text.slice(target.start, target.end)
    const check = checked(isDeclaration ? `(${expression})` : expression, match[1])
    const kept = isDeclaration ? `${text.slice(statement.start, ends)};` : ''
    program = `${program.slice(0, statement.start)}${kept}${check}${program.slice(match.index + match[0].length)}`
  }
  const isNamed = (name: string): boolean => !declared.has(name) && new RegExp(`(?<![.\\w])${name}\\b`).test(text)
  // For a member of a namespace the namespace is imported.
  const types = new Map(exported.map(({ name, isType }) => [name.split('.')[0], isType && !name.includes('.')]))
  const imported = [...types]
    .filter(([name]) => isNamed(name))
    .map(([name, isType]) => (isType ? `type ${name}` : name))
  return `import { ${imported.join(', ')} } from 'fearless'\nimport { deepEqual as equals, rejects as throws } from 'node:assert/strict'\n\n${program}`
}

function checked(expression: string, wanted: string): string {
  const thrown = /^throws (\w+)(?:, (.*))?$/.exec(wanted)
  if (thrown !== null) {
    return `await throws(async () => { await (${expression}) }, { name: '${thrown[1]}', ${thrown[2] ?? ''} })`
  }
  return `equals(${expression}, ${wanted})`
}
