/**
 * Which arguments of which calls cross a thread.
 *
 * A callee is recognised by what its name is bound to, never by how it is spelled: `import { thread as t }`,
 * `import * as fearless`, `const { spawn } = thread` all lead back to an export of 'fearless', written here as
 * a path from it (`thread.spawn`).
 */
import type { Binding, Scope, Scopes } from '../syntax/scope.ts'
import { callAround, isFunctionLiteral, memberName, unwrap, type Node } from '../syntax/syntax.ts'

export interface Site {
  /** The argument: a function literal, or the name of a function. */
  argument: Node
  /** Where it stands: what its names mean is looked up from here. */
  scope: Scope
  /** May it use what surrounds it without `move`? The caller waits for it, so nothing outlives anything. */
  borrows: boolean
  moved: boolean
}

export interface Misplaced {
  argument: Node
  /** `object.method`, whose `this` would stay behind. */
  method: boolean
}

/** The call that takes a closure across: `thread.spawn(...)`; `move(...)` alone, if nobody is there yet. */
export function callOf({ argument, moved }: Site): Node | undefined {
  const call = callAround(argument)
  return (moved && call && callAround(call)) || call
}

interface Row {
  arguments: number[]
  borrows: boolean
  moves?: true
  /** An argument may also be a plain value. */
  values?: true
}

const STATIC: Row = { arguments: [0], borrows: false }
const BORROW: Row = { arguments: [0], borrows: true }
const SCOPED: Row = { arguments: [1], borrows: true }

const EXPORTS = new Map<string, Row>([
  ['thread.spawn', STATIC],
  ['move', { arguments: [0], borrows: false, moves: true }],
  ['closure', BORROW],
  ['par.join', { arguments: [0, 1], borrows: true }],
])

/** Classes whose constructors take closures. */
const CLASSES = new Map<string, Row>([['LazyLock', STATIC]])

const FOLD: Row = { arguments: [0, 1], borrows: true, values: true }

const CHAIN = new Map<string, Row>([
  ...['map', 'filter', 'flatMap', 'forEach', 'find', 'findAny', 'any', 'all', 'inspect', 'minBy', 'maxBy'].map(
    name => [name, BORROW] as const,
  ),
  ['reduce', FOLD],
  ['fold', FOLD],
])

/** After these the chain is no longer a parallel iterator. */
const CHAIN_ENDS = new Set(
  'forEach find findAny any all reduce min max minBy maxBy sum count collect wait try within then catch finally'.split(
    ' ',
  ),
)

/** The path from the exports of 'fearless' to what an expression stands for. */
export function pathOf(scopes: Scopes, node: Node, depth = 0): string | undefined {
  node = unwrap(node)
  if (node.type === 'MemberExpression') {
    const object = pathOf(scopes, node.object, depth)
    const name = memberName(node)
    return object === undefined || name === undefined ? undefined : object === '' ? name : `${object}.${name}`
  }
  const binding = node.type === 'Identifier' ? scopes.bindingOf(node) : undefined
  return binding && depth < 8 ? pathOfBinding(scopes, binding, depth) : undefined
}

function pathOfBinding(scopes: Scopes, binding: Binding, depth: number): string | undefined {
  if (binding.kind === 'import') {
    if (!/^fearless(?:\/|$)/.test(binding.declaration.source.value)) return undefined
    if (binding.node.type === 'ImportNamespaceSpecifier') return ''
    return binding.node.type === 'ImportSpecifier'
      ? (binding.node.imported.name ?? binding.node.imported.value)
      : undefined
  }
  if (binding.kind !== 'const' || !binding.node.init) return undefined
  const { id, init } = binding.node
  if (id.type === 'Identifier') return pathOf(scopes, init, depth + 1)
  const property =
    id.type === 'ObjectPattern' && id.properties.find((part: Node) => part.value === binding.id && !part.computed)
  const object = property && pathOf(scopes, init, depth + 1)
  return object === undefined || !property
    ? undefined
    : object === ''
      ? property.key.name
      : `${object}.${property.key.name}`
}

/** `Math.max`, when `Math` is the global one. */
export function globalPath(scopes: Scopes, node: Node): string | undefined {
  node = unwrap(node)
  if (node.type === 'Identifier') return scopes.bindingOf(node) === undefined ? node.name : undefined
  if (node.type !== 'MemberExpression' || node.computed) return undefined
  const object = globalPath(scopes, node.object)
  return object && `${object}.${node.property.name}`
}

export function findSites(scopes: Scopes): { sites: Site[]; misplaced: Misplaced[] } {
  const sites: Site[] = []
  const misplaced: Misplaced[] = []

  for (const { node: call, scope } of [...scopes.calls, ...scopes.news]) {
    const row = rowOf(call)
    if (row === undefined) continue
    for (const index of row.arguments) {
      const argument = call.arguments[index]
      if (argument !== undefined && argument.type !== 'SpreadElement') classify(scope, row, argument)
    }
  }
  return { sites: sites.sort((a, b) => a.argument.start - b.argument.start), misplaced }

  function classify(scope: Scope, row: Row, argument: Node): void {
    const site = (): void => void sites.push({ argument, scope, borrows: row.borrows, moved: row.moves === true })
    const value = unwrap(argument)
    if (isFunctionLiteral(value)) return site()
    switch (value.type) {
      case 'Identifier': {
        const binding = scopes.bindingOf(value)
        if (binding === undefined) return value.name === 'undefined' ? undefined : site()
        if (binding.kind === 'function' || binding.kind === 'import') return site()
        if (binding.writes.length === 0 && binding.node.init && binding.node.id === binding.id) {
          const init = unwrap(binding.node.init)
          if (isFunctionLiteral(init)) return site()
          if (init.type === 'ConditionalExpression' || init.type === 'LogicalExpression')
            return void misplaced.push({ argument, method: false })
        }
        // A parameter, or the result of a call: marked where it was made, by `closure(...)` or `move(...)`.
        if (binding.writes.length > 0 && binding.kind !== 'param') misplaced.push({ argument, method: false })
        return
      }
      case 'CallExpression': {
        const path = pathOf(scopes, value.callee)
        if (path !== 'move' && path !== 'closure') misplaced.push({ argument, method: false })
        return
      }
      case 'MemberExpression': {
        let root = value
        while (root.type === 'MemberExpression') root = unwrap(root.object)
        const binding = root.type === 'Identifier' ? scopes.bindingOf(root) : undefined
        const isFunction =
          root.type === 'Identifier' && (binding === undefined || binding.node.type === 'ImportNamespaceSpecifier')
        return isFunction ? site() : void misplaced.push({ argument, method: true })
      }
      default:
        if (!row.values) misplaced.push({ argument, method: false })
    }
  }

  function rowOf(call: Node): Row | undefined {
    const path = pathOf(scopes, call.callee)
    if (path !== undefined) return (call.type === 'NewExpression' ? CLASSES : EXPORTS).get(path)
    if (call.type === 'NewExpression') return undefined
    const callee = unwrap(call.callee)
    if (callee.type !== 'MemberExpression') return undefined
    const name = memberName(callee)
    if (name === undefined) return undefined
    if (name === 'spawn')
      return isScope(callee.object) ? BORROW : comesFrom(callee.object, 'thread.builder') ? STATIC : undefined
    if (name === 'run') return comesFrom(callee.object, 'thread.pool') ? STATIC : undefined
    if (name === 'spawnScoped') return comesFrom(callee.object, 'thread.builder') ? SCOPED : undefined
    if (name === 'install') return comesFrom(callee.object, 'par.pool') ? BORROW : undefined
    const row = CHAIN.get(name)
    return row && isChain(callee.object, 0) ? row : undefined
  }

  /** What a name was initialised with, or the expression itself. */
  function origin(node: Node): Node {
    node = unwrap(node)
    for (let depth = 0; node.type === 'Identifier' && depth < 8; depth++) {
      const binding = scopes.bindingOf(node)
      if (binding === undefined || (binding.kind !== 'const' && binding.kind !== 'using')) break
      if (!binding.node.init || binding.node.id !== binding.id) break
      node = unwrap(binding.node.init)
    }
    return node
  }

  function comesFrom(node: Node, path: string): boolean {
    node = origin(node)
    if (node.type !== 'CallExpression') return false
    if (pathOf(scopes, node.callee) === path) return true
    const callee = unwrap(node.callee)
    return callee.type === 'MemberExpression' && comesFrom(callee.object, path)
  }

  function isChain(node: Node, depth: number): boolean {
    node = origin(node)
    if (node.type !== 'CallExpression' || depth > 100) return false
    if (pathOf(scopes, node.callee) === 'parIter') return true
    const callee = unwrap(node.callee)
    return (
      callee.type === 'MemberExpression' &&
      !CHAIN_ENDS.has(memberName(callee) ?? 'then') &&
      isChain(callee.object, depth + 1)
    )
  }

  /** `s` of `thread.scope(s => ...)`. */
  function isScope(node: Node): boolean {
    node = unwrap(node)
    const binding = node.type === 'Identifier' ? scopes.bindingOf(node) : undefined
    if (binding?.kind !== 'param') return false
    let fn = binding.scope.node
    if (fn.params?.[0] !== binding.id) return false
    while (fn.parent && unwrap(fn.parent) !== fn.parent) fn = fn.parent
    const call = fn.parent
    return call?.type === 'CallExpression' && call.arguments[0] === fn && pathOf(scopes, call.callee) === 'thread.scope'
  }
}
