/**
 * Classes that a file registers with `sendable`, itself or through its imports.
 *
 * A thread that runs a closure of the file may receive their instances, even if the closure does not name them. So the
 * thread must make the registrations too.
 */
import { fileURLToPath } from 'node:url'
import { analyse } from './names.ts'
import type { Edits } from '../syntax/edits.ts'
import { pathOf } from './find.ts'
import { mentionsLibrary, isTooDeep } from '../syntax/nesting.ts'
import { isPageOnly } from './page-globals.ts'
import { Purity, codeRunBy, codeRunByClassOf } from './purity.ts'
import { inRange, type Binding, type Scopes } from '../syntax/scope.ts'
import { languageOf, parse, unwrap, type Node } from '../syntax/syntax.ts'

// Not imported, as in hooks.ts: saves 6 ms a process.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs')

/**
 * Adds the name of the class to each registration, because a bundler that shortens names uses another one in each of
 * its outputs.
 */
export function nameRegistrations(scopes: Scopes, edits: Edits): boolean {
  const calls = registrations(scopes).map(({ expression }) => unwrap(expression))
  for (const { arguments: given } of calls) {
    const [cls, options] = given as Node[]
    if (given.length > 2 || cls?.type !== 'Identifier' || options?.type === 'SpreadElement') continue
    edits.insert((options ?? cls).end, `${options === undefined ? ', undefined' : ''}, ${JSON.stringify(cls.name)}`)
  }
  return calls.length > 0
}

export interface Registrations {
  /** The statements that mean the same in a thread. */
  statements: Node[]
  members: Set<Binding>
  imports: Set<Binding>
}

/** Returns the file's registrations that can be copied, with all bindings that they reach. */
export function registrationsOf(
  scopes: Scopes,
  purity: Purity,
  isTainted: (binding: Binding) => boolean,
): Registrations {
  const found: Registrations = { statements: [], members: new Set(), imports: new Set() }
  for (const statement of registrations(scopes)) {
    const reached = reachOf(statement, scopes, purity, isTainted)
    if (reached === undefined) continue
    found.statements.push(statement)
    for (const binding of reached) (binding.kind === 'import' ? found.imports : found.members).add(binding)
  }
  return found
}

const registrations = (scopes: Scopes): Node[] =>
  (scopes.module.node.body as Node[]).filter(statement => isRegistration(statement, scopes))

function isRegistration(statement: Node, scopes: Scopes): boolean {
  if (statement.type !== 'ExpressionStatement') return false
  const call = unwrap(statement.expression)
  return call.type === 'CallExpression' && pathOf(scopes, call.callee) === 'sendable'
}

/** Returns all bindings that a text reaches, or undefined if one of them would not be the same in a thread. */
function reachOf(
  statement: Node,
  scopes: Scopes,
  purity: Purity,
  isTainted: (binding: Binding) => boolean,
): Set<Binding> | undefined {
  const reached = new Set<Binding>()
  const waiting = [statement]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const piece = node
    const inside = (owner: Node): boolean => piece.start <= owner.start && owner.end <= piece.end
    for (const { owner } of inRange(scopes.specials, node.start, node.end)) {
      if (owner === undefined || !inside(owner)) return undefined
    }
    for (const { binding, node: name } of inRange(scopes.references, node.start, node.end)) {
      if (binding === undefined) {
        if (name.name === 'eval' || isPageOnly(name.name)) return undefined
        continue
      }
      if (binding.scope !== scopes.module || reached.has(binding)) continue
      if (binding.kind !== 'import') {
        if (!mayCopy(binding, purity) || isTainted(binding)) return undefined
        waiting.push(binding.node, ...binding.more)
      }
      reached.add(binding)
    }
  }
  return reached
}

function mayCopy(binding: Binding, purity: Purity): boolean {
  if (binding.kind === 'namespace' || binding.extended || purity.transferOf(binding).way !== 'copy') return false
  return codeRunByClassOf(binding, purity) === undefined
}

/** The extensions that an import may omit, or write as those of the output file. */
const EXTENSIONS = ['', '.ts', '.tsx', '.mts', '.js', '.mjs', '.jsx', '/index.ts', '/index.js']

/**
 * Returns true if a relative import registers classes and has no other side effect. A module with other effects is not
 * imported, because the user did not ask for these effects in a thread. The program's entries must not be imported.
 */
export function registersClasses(specifier: string, url: string, entries?: ReadonlySet<string>): boolean {
  if (!/^\.\.?\//.test(specifier) || !url.startsWith('file:')) return false
  const { href } = new URL(specifier, url)
  if (entries?.has(href)) return false
  const path = fileURLToPath(href.replace(/[?#].*$/, ''))
  const bare = path.replace(/\.([cm]?)jsx?$/, '.$1ts')
  const file = [...EXTENSIONS.map(extension => path + extension), bare, `${bare}x`].find(
    each => languageOf(each) !== undefined && existsSync(each),
  )
  if (file === undefined) return false
  const text = readFileSync(file, 'utf8')
  if (!mentionsLibrary(text) || !/\bsendable\s*[<(]/.test(text)) return false
  try {
    const parsed = parse(file, text)
    return parsed !== undefined && onlyRegisters(analyse(parsed.program), parsed.text)
  } catch (error) {
    // The module is refused where it is loaded.
    if (isTooDeep(error)) return false
    throw error
  }
}

/** Returns true if a module contains only registrations and declarations without side effects. */
function onlyRegisters(scopes: Scopes, source: string): boolean {
  const purity = new Purity(scopes, [], source)
  let registers = false
  for (const statement of scopes.module.node.body as Node[]) {
    if (isRegistration(statement, scopes)) registers = true
    else if (!isHarmless(statement.declaration ?? statement, purity)) return false
  }
  return registers
}

function isHarmless(statement: Node, purity: Purity): boolean {
  switch (statement.type) {
    case 'VariableDeclaration':
      return statement.declarations.every(({ init }: Node) => init === null || purity.isPure(init))
    case 'ClassDeclaration':
      return codeRunBy(statement, purity) === undefined
    case 'FunctionDeclaration':
    case 'EmptyStatement':
      return true
    default:
      return /^(?:Import|Export|TSInterface|TSTypeAlias|TSEnum|TSDeclare)/.test(statement.type)
  }
}
