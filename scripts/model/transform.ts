/**
 * Rewrites a file of the library for the model checker. It changes only this:
 *
 *   globals of the runtime (`Atomics`, timers, the clock...) become those of the simulated realm
 *   elements of the heap's views (`i32[at >> 2]`) are read and written through the simulated world
 *   a `catch` first rethrows the exceptions that end or unwind its thread
 *   module state (a `let`, a container) becomes a `ModuleVariables`, which can be saved, restored and evaluated again
 *
 * An unknown form fails the build, so that no access stays unsimulated silently.
 */
import { dirname, join } from 'node:path'
import MagicString from 'magic-string'
import { analyse } from '../../packages/compiler/src/analysis/names.ts'
import type { Binding, Reference, Scopes } from '../../packages/compiler/src/syntax/scope.ts'
import { children, parse, unwrap, type Node } from '../../packages/compiler/src/syntax/syntax.ts'
import { REGISTRIES, SHARED_CONSTANTS, THREAD_STATE } from './module-state.ts'

/** Globals that the simulated realm replaces. */
const REALM = new Set(
  'Atomics FinalizationRegistry Promise WebAssembly clearInterval clearTimeout globalThis performance queueMicrotask setInterval setTimeout'.split(
    ' ',
  ),
)
/** The file that makes the views of the heap, and their names there. */
const HEAP = 'memory/heap.ts'
const VIEWS = new Set(['i32', 'f64', 'u8', 'u16', 'i64', 'u64'])
const VIEW_CLASSES = /^(?:Int32|Float64|Uint8|Uint16|BigInt64|BigUint64)Array$/

export interface Transformed {
  readonly code: string
  readonly map: ReturnType<MagicString['generateMap']>
}

/** `file` is relative to the sources of the package; it identifies the module in the tables and in errors. */
export function transformLayer(file: string, source: string, realm: string, state: string): Transformed {
  // Moved statements go behind the last line.
  const parsed = parse(`file:///${file}`, `${source}\n`)
  if (parsed === undefined) throw new Error(`${file}: does not parse`)
  const { program, text } = parsed
  const scopes = analyse(program)
  const edits = new MagicString(text)
  const fail = (node: Node, why: string): never => {
    const line = text.slice(0, node.start).split('\n').length
    throw new Error(`${file}:${line}: the model's build met an unknown form: ${why}`)
  }
  const module: Module = { file, text, program, scopes, edits, fail }
  const imports = [...realmGlobals(module), ...views(module), ...catches(module)]
  const part = moduleState(module)
  const header =
    (imports.length > 0 ? `import { ${imports.join(', ')} } from ${JSON.stringify(realm)};` : '') +
    (part === undefined ? '' : `import { defineModuleVariables } from ${JSON.stringify(state)};`)
  edits.prepend(header)
  if (part !== undefined) edits.append(part)
  return { code: edits.toString(), map: edits.generateMap({ hires: 'boundary', source: file }) }
}

interface Module {
  readonly file: string
  readonly text: string
  readonly program: Node
  readonly scopes: Scopes
  readonly edits: MagicString
  fail(node: Node, why: string): never
}

function realmGlobals({ scopes, text }: Module): string[] {
  const free = scopes.references.filter(({ binding }) => binding === undefined).map(({ node }) => node.name as string)
  return [...new Set(free)].filter(name => REALM.has(name) || (name === 'Math' && text.includes('Math.random')))
}

/** Makes every `catch` rethrow the exceptions that end or unwind its thread. */
function catches({ program, edits }: Module): string[] {
  let any = false
  walk(program, node => {
    if (node.type !== 'CatchClause') return
    any = true
    edits.appendRight(node.body.start + 1, ' $caught();')
  })
  return any ? ['rethrowUnwind as $caught'] : []
}

/** Rewrites elements of views, and views that are made over the heap's buffer. */
function views({ file, program, scopes, edits, text, fail }: Module): string[] {
  const used = new Set<string>()
  for (const binding of scopes.module.bindings.values()) {
    if (!isView(file, binding)) continue
    for (const reference of binding.references) {
      const kind = viewUse(reference, fail)
      if (kind === undefined) continue
      const name = `$${binding.name}`
      used.add(name)
      kind(name, edits, text)
    }
  }
  walk(program, node => {
    if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier') return
    if (!VIEW_CLASSES.test(node.callee.name) || node.arguments.length !== 1) return
    // `newView` makes a simulated view for the heap's buffer, and a real one for any other buffer.
    edits.update(node.start, node.arguments[0].start, `newView(${node.callee.name}, `)
    used.add('newView')
  })
  return [...used]
}

/** Returns whether a binding is a view of the heap: declared in memory/heap.ts, or imported from there. */
function isView(file: string, { name, kind, node, declaration }: Binding): boolean {
  if (kind !== 'import') return file === HEAP && VIEWS.has(name)
  const { source } = declaration
  return join(dirname(file), String(source.value)) === HEAP && VIEWS.has(node.imported?.name)
}

type Rewrite = (name: string, edits: MagicString, text: string) => void

/** Returns the rewrite of one use of a view; undefined for a call of the view's own methods (fill, copyWithin...). */
function viewUse({ node }: Reference, fail: Module['fail']): Rewrite | undefined {
  const { parent } = node
  if (parent === undefined) return fail(node, 'a view on its own')
  if (parent.type === 'CallExpression' && parent.arguments[0] === node && isAtomics(parent.callee)) {
    return (name, edits) => void edits.update(node.start, node.end, name)
  }
  if (parent.type !== 'MemberExpression' || parent.object !== node || !parent.computed) return undefined
  let whole = parent
  while (whole.parent !== undefined && unwrap(whole.parent) === parent && whole.parent !== parent) whole = whole.parent
  const around = whole.parent
  const index = parent.property
  if (around?.type === 'AssignmentExpression' && around.left === whole) {
    const method = around.operator === '=' ? 'put' : around.operator === '|=' ? 'or' : undefined
    if (method === undefined) return fail(around, `${around.operator} on an element of a view`)
    return (name, edits) => {
      edits.update(node.start, index.start, `${name}.${method}(`)
      edits.update(index.end, around.right.start, ', ')
      edits.appendLeft(around.right.end, ')')
    }
  }
  if (around?.type === 'UpdateExpression') return fail(around, `${around.operator} on an element of a view`)
  return (name, edits) => {
    edits.update(node.start, index.start, `${name}.at(`)
    edits.update(index.end, parent.end, ')')
  }
}

const isAtomics = (callee: Node): boolean => callee.type === 'MemberExpression' && callee.object.name === 'Atomics'

/** Makes the `ModuleVariables` of a module: its variables, and their initialisers, which move into one function. */
function moduleState(module: Module): string | undefined {
  const { file, program, text, edits, fail } = module
  const names = new Set<string>()
  const moveToEnd = (start: number, end: number, before: string, after: string): void => {
    edits.appendRight(start, before)
    edits.appendLeft(end, after)
    edits.move(start, end, text.length)
  }
  for (const statement of program.body as Node[]) {
    const exported = statement.type === 'ExportNamedDeclaration'
    const declaration = exported ? statement.declaration : statement
    if (declaration?.type === 'VariableDeclaration') {
      const kept = (declaration.declarations as Node[]).map(each => isState(module, names, declaration.kind, each))
      if (!kept.includes(true)) continue
      if (kept.includes(false)) fail(declaration, 'state and constants in one declaration')
      edits.update(declaration.start, declaration.start + declaration.kind.length, 'let')
      for (const { id, init } of declaration.declarations as Node[]) {
        names.add(id.name)
        if (init === null) edits.append(`${id.name} = undefined!;\n`)
        else {
          edits.remove(id.end, init.start)
          moveToEnd(init.start, init.end, `${id.name} = `, ';\n')
        }
      }
    } else if (!/^(?:Import|Export|Function|Class|TS)/.test(statement.type) && mentions(module, names, statement)) {
      moveToEnd(statement.start, statement.end, '', ';\n')
    }
  }
  for (const list of [REGISTRIES, SHARED_CONSTANTS, THREAD_STATE]) {
    for (const name of list[file] ?? []) {
      if (module.scopes.module.bindings.has(name)) continue
      throw new Error(`${file}: module-state.ts lists ${name}, which is not in the file`)
    }
  }
  if (names.size === 0) return undefined
  edits.appendLeft(text.length, '\ndefineModuleVariables({ fresh() {\n')
  const all = [...names].join(', ')
  return `},\nsave: () => [${all}],\nrestore(values) { [${all}] = values as never }\n})\n`
}

/** Whether a module variable is state of a thread: it may be assigned, or its value may change. */
function isState(module: Module, names: ReadonlySet<string>, kind: string, { id, init }: Node): boolean {
  const { file, fail } = module
  if (id.type !== 'Identifier') return isConstant(init) ? false : fail(id, 'a pattern over a value that may change')
  if (REGISTRIES[file]?.includes(id.name) || SHARED_CONSTANTS[file]?.includes(id.name)) return false
  if (THREAD_STATE[file]?.includes(id.name) || kind === 'let' || mentions(module, names, init)) return true
  if (isConstant(init)) return false
  if (isContainer(init)) return true
  return fail(init, `the value of ${id.name}. List it in scripts/model/module-state.ts`)
}

const PURE_CALLS = /^(?:Symbol|Symbol\.for|Number|Math\.min|Math\.max|Object\.freeze)$/

function isConstant(expression: Node): boolean {
  if (expression.type === 'TSAsExpression' && expression.typeAnnotation.typeName?.name === 'const') return true
  const node = unwrap(expression)
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'MetaProperty':
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'ClassExpression':
      return true
    case 'CallExpression':
      return PURE_CALLS.test(pathOf(node.callee)) && node.arguments.every(isConstant)
    case 'MemberExpression':
      return isConstant(node.object) && (!node.computed || isConstant(node.property))
    case 'UnaryExpression':
      return isConstant(node.argument)
    case 'BinaryExpression':
    case 'LogicalExpression':
      return isConstant(node.left) && isConstant(node.right)
    case 'ConditionalExpression':
      return isConstant(node.test) && isConstant(node.consequent) && isConstant(node.alternate)
    case 'TemplateLiteral':
      return node.expressions.every(isConstant)
    default:
      return false
  }
}

const CONTAINERS = /^(?:Map|Set|WeakMap|WeakSet|FinalizationRegistry|Array)$/

function isContainer(expression: Node): boolean {
  const node = unwrap(expression)
  if (node.type === 'NewExpression') return CONTAINERS.test(node.callee.name)
  return node.type === 'ArrayExpression' || node.type === 'ObjectExpression'
}

function pathOf(node: Node): string {
  if (node.type === 'Identifier') return node.name
  return node.type === 'MemberExpression' && !node.computed ? `${pathOf(node.object)}.${node.property.name}` : ''
}

/** Whether a part of a module reads the thread's variables during its evaluation, and not only in functions. */
function mentions({ scopes, fail }: Module, names: ReadonlySet<string>, piece: Node | null): boolean {
  if (piece === null) return false
  return scopes.references.some(({ node, binding }) => {
    if (node.start < piece.start || node.end > piece.end || binding?.scope !== scopes.module) return false
    const imported = binding.kind === 'import' && EXPORTED_STATE.has(binding.name)
    if (!imported && !names.has(binding.name)) return false
    for (let at = node.parent; at !== undefined && at !== piece.parent; at = at.parent) {
      if (/Function|^(?:MethodDefinition|PropertyDefinition)/.test(at.type)) return false
    }
    return imported ? fail(node, `${binding.name} of another module is read while this one is evaluated`) : true
  })
}

/** State variables that other modules import. */
const EXPORTED_STATE = new Set(['self', 'mode', 'ROOT', 'UNLEARNT', 'blockingHooks'])

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  children(node, child => walk(child, visit))
}
