/**
 * The texts that come out: the file itself with its closures marked, one module per closure, and `lib`.
 *
 * A cut-out module is the original text with everything unneeded blanked, so a line and column in it are those
 * of the file and stacks need no source map. The words that make it a module stand where text was blanked,
 * at the end of a line if there is one, else over the blanks:
 *
 *     export const $factory = ([data]) =>
 *
 *                             () => data.length
 *     import { sum } from "file:///app.ts?fl=lib"
 */
import MagicString from 'magic-string'
import type { Library, Needs } from './capture.ts'
import { applied, type Edits } from './edits.ts'
import type { Binding } from './scope.ts'
import type { Node } from './syntax.ts'

export interface Names {
  /** As what `__fl$` and `__using$` are known in these texts: never a name of the user's. */
  spawn: string
  using: string
  factory: string
  closure: string
}

interface Piece {
  start: number
  end: number
  before: string
  after: string
}

const LINE_BREAK = /[\r\n\u2028\u2029]/

export const closureUrl = (url: string, which: number | 'lib'): string => `${url}${url.includes('?') ? '&' : '?'}fl=${which}`

/** Marks a closure in the file, and in every text that contains it. */
export function markClosure(needs: Needs, url: string, names: Names, edits: Edits): void {
  const { argument } = needs.site
  const captured = needs.captures.map(({ name }) => name).join(', ')
  edits.insert(argument.start, `${names.spawn}(`, 'spawn')
  edits.insert(argument.end, `, ${JSON.stringify(url)}${captured && `, () => [${captured}]`})`)
}

export function mainText(source: string, edits: Edits, names: Names): MagicString {
  const text = new MagicString(source)
  for (const { start, end, text: replacement } of edits.all) {
    if (end > start) text.update(start, end, replacement)
    else text.appendLeft(start, replacement)
  }
  const imports = runtimeImport(edits.all.map(edit => edit.needs), names)
  if (imports) text.append(`\n${imports}\n`)
  return text
}

export function closureText(source: string, needs: Needs, url: string, names: Names, edits: Edits): string {
  const { argument } = needs.site
  const captured = needs.captures.map(({ name }) => name).join(', ')
  const parameters = `(${captured && `[${captured}]`})`
  const imports = importsText(source, needs.imports) + libraryImport(needs.lib, url)
  const open = `const ${names.factory} = ${parameters} =>`
  const exported = names.factory === '$factory' ? 'export ' : ''
  const rename = exported ? '' : `\nexport { ${names.factory} as $factory }`
  if (needs.copies.size === 0) {
    const piece = { start: argument.start, end: argument.end, before: '', after: '' }
    return cut(source, [piece], exported + open, rename + imports, names, edits)
  }
  const { pieces, displaced } = declarations(needs.copies, argument)
  pieces.push({ start: argument.start, end: argument.end, before: `;${names.closure}=`, after: '' })
  const moved = displaced.map(piece => `\n${piece.before}${applied(source, piece.start, piece.end, edits.within(piece.start, piece.end))};`)
  const end = `;${moved.join('')}\nreturn ${names.closure} }${rename}${imports}`
  return cut(source, pieces, `${exported}${open} { let ${names.closure}`, end, names, edits, displaced)
}

export function libraryText(source: string, library: Library, names: Names, edits: Edits): string {
  const { pieces } = declarations(library.members)
  const exported = [...library.members].map(({ name }) => name).join(', ')
  return cut(source, pieces, '', `\nexport { ${exported} }${importsText(source, library.imports)}`, names, edits)
}

/**
 * The declarations as pieces of text. A function that contains the closure cannot stand at its place as well:
 * it is displaced, behind the last line.
 */
function declarations(bindings: Iterable<Binding>, closure?: Node): { pieces: Piece[], displaced: Piece[] } {
  const pieces = new Map<number, Piece>()
  const displaced = new Map<number, Piece>()
  const lists = new Map<Node, Piece>()
  for (const { node, more, declaration, kind } of [...bindings].sort((a, b) => a.node.start - b.node.start)) {
    for (const { start, end, type } of [node, ...more]) {
      if (pieces.has(start)) continue
      const isList = type === 'VariableDeclarator'
      const around = closure && start <= closure.start && closure.end <= end
      if (around) {
        displaced.set(start, { start, end, before: isList ? 'const ' : '', after: '' })
        continue
      }
      const piece: Piece = { start, end, before: '', after: isList ? ';' : '' }
      if (isList) {
        const previous = lists.get(declaration)
        if (previous === undefined) {
          const word = declaration.start + kind.length
          pieces.set(declaration.start, { start: declaration.start, end: word, before: '', after: '' })
        } else {
          previous.after = ''
          piece.before = ','
        }
        lists.set(declaration, piece)
      }
      pieces.set(start, piece)
    }
  }
  return { pieces: [...pieces.values()], displaced: [...displaced.values()] }
}

function cut(source: string, pieces: Piece[], head: string, tail: string, names: Names, edits: Edits, displaced: Piece[] = []): string {
  pieces.sort((a, b) => a.start - b.start)
  const used = displaced.flatMap(({ start, end }) => edits.within(start, end).map(({ needs }) => needs))
  let text = ''
  let at = 0
  let glue = head
  for (const { start, end, before, after } of pieces) {
    if (start < at) continue
    const inside = edits.within(start, end)
    for (const edit of inside) used.push(edit.needs)
    text += gap(source, at, start, glue + before) + applied(source, start, end, inside)
    glue = after
    at = end
  }
  const imports = runtimeImport(used, names)
  return `${text}${glue}${tail}${imports && `\n${imports}`}\n`
}

/** A removed piece of text with words in its place, so that what follows keeps its column if at all possible. */
function gap(source: string, start: number, end: number, words: string): string {
  const breaks = source.slice(start, end).match(/\r\n|[\r\n\u2028\u2029]/g)
  if (breaks === null) return words.padEnd(end - start)
  let lastLine = end
  while (!LINE_BREAK.test(source[lastLine - 1]!)) lastLine--
  return words + breaks.join('') + ' '.repeat(end - lastLine)
}

function importsText(source: string, bindings: Iterable<Binding>): string {
  const statements = new Map<Node, Binding[]>()
  for (const binding of bindings) statements.set(binding.declaration, [...statements.get(binding.declaration) ?? [], binding])
  let text = ''
  for (const [statement, [...wanted]] of [...statements].sort(([a], [b]) => a.start - b.start)) {
    const from = source.slice(statement.source.start, statement.end).replace(/;?\s*$/, '').replace(/[\r\n]+/g, ' ')
    const named: string[] = []
    const heads: string[] = []
    for (const { node, name } of wanted) {
      if (node.type === 'ImportDefaultSpecifier') heads.unshift(name)
      else if (node.type === 'ImportNamespaceSpecifier') heads.push(`* as ${name}`)
      else named.push(source.slice(node.start, node.end))
    }
    if (named.length > 0) heads.push(`{ ${named.join(', ')} }`)
    text += `\nimport ${statement.phase ? `${statement.phase} ` : ''}${heads.join(', ')} from ${from}`
  }
  return text
}

function libraryImport(members: ReadonlySet<Binding>, url: string): string {
  if (members.size === 0) return ''
  return `\nimport { ${[...members].map(({ name }) => name).join(', ')} } from ${JSON.stringify(closureUrl(url, 'lib'))}`
}

function runtimeImport(needs: readonly (string | undefined)[], names: Names): string {
  const wanted = [['spawn', '__fl$', names.spawn], ['using', '__using$', names.using]].filter(([need]) => needs.includes(need))
    .map(([, name, local]) => name === local ? name : `${name} as ${local}`)
  return wanted.length > 0 ? `import { ${wanted.join(', ')} } from 'fearless/closure'` : ''
}
