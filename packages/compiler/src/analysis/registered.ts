/**
 * Classes that a file registers with `sendable`, itself or by what it imports: a thread that runs a closure of the file may
 * receive their instances, whether or not the closure names them, so it makes the registrations too.
 */
import { fileURLToPath } from 'node:url'
import { analyse } from './names.ts'
import type { Edits } from '../syntax/edits.ts'
import { pathOf } from './find.ts'
import { mentionsLibrary } from '../syntax/mention.ts'
import { isTooDeep } from '../syntax/nesting.ts'
import { isPageOnly } from './page.ts'
import { Purity, runsCode, runsCodeOf } from './purity.ts'
import { inPiece, type Binding, type Scopes } from '../syntax/scope.ts'
import { languageOf, parse, unwrap, type Node } from '../syntax/syntax.ts'

// Not imported, as in hooks.ts: saves 6 ms a process.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs')

/**
 * Says in each registration how the class is called here: a bundler that shortens names calls it otherwise, and in each of its
 * outputs.
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
  /** The statements, of those that mean the same in a thread. */
  statements: Node[]
  members: Set<Binding>
  imports: Set<Binding>
}

/** The registrations of the file itself that can be copied, with all that they reach. */
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

/** What a text and all that it names consist of; undefined if something of it would not be the same in a thread. */
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
    for (const { owner } of inPiece(scopes.specials, node.start, node.end)) {
      if (owner === undefined || !inside(owner)) return undefined
    }
    for (const { binding, node: name } of inPiece(scopes.references, node.start, node.end)) {
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
  if (binding.kind === 'namespace' || binding.extended || purity.wayOf(binding).way !== 'copy') return false
  return runsCodeOf(binding, purity) === undefined
}

/** The extensions that an import may leave out, or write as what the file becomes. */
const EXTENSIONS = ['', '.ts', '.tsx', '.mts', '.js', '.mjs', '.jsx', '/index.ts', '/index.js']

/**
 * Whether what a file imports by a relative path registers classes, and does nothing else when it is evaluated: nobody
 * said that a thread shall do the rest. The program's entries are nobody's to import.
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
    // It is refused where it is loaded.
    if (isTooDeep(error)) return false
    throw error
  }
}

/** Nothing but declarations whose evaluation has no effect, and registrations. */
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
      return runsCode(statement, purity) === undefined
    case 'FunctionDeclaration':
    case 'EmptyStatement':
      return true
    default:
      return /^(?:Import|Export|TSInterface|TSTypeAlias|TSEnum|TSDeclare)/.test(statement.type)
  }
}
