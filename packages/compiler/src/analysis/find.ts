/**
 * Finds the functions that cross a thread: arguments of calls that the library's table (fearless/api) marks as such.
 *
 * A callee is recognised by its binding, never by its spelling: `import { thread as t }`, `import * as fearless` and
 * `const { spawn } = thread` all lead to an export of 'fearless', written as a path from the exports (`thread.spawn`).
 * A method is recognised by the class of its object, which this file infers from calls alone, without types.
 */
import { CLASSES, functionParametersOf, FUNCTIONS, METHODS, type Operation } from 'fearless/api'
import type { Binding, Scope, Scopes } from '../syntax/scope.ts'
import { callAround, isFunctionLiteral, memberName, unwrap, type Node } from '../syntax/syntax.ts'

export interface Site {
  /** The argument: a function literal, or the name of a function. */
  argument: Node
  /** The scope around the argument, in which its names are looked up. */
  scope: Scope
  /** The caller waits for the end of the function, so the function may use its surroundings without `move`. */
  borrows: boolean
  moved: boolean
}

export interface MisplacedArgument {
  argument: Node
  /** The argument is `object.method`, and its `this` would stay in the sender. */
  method: boolean
}

/**
 * Returns the call that takes the closure to another thread: `thread.spawn(...)`, or `move(...)` that no call receives.
 */
export function receivingCallOf({ argument, moved }: Site): Node | undefined {
  const call = callAround(argument)
  return (moved && call && callAround(call)) || call
}

/** Longest chain of calls whose class is inferred. */
const CHAIN_LIMIT = 100

const crosses = ({ runs }: Operation): boolean => runs === 'move' || runs === 'borrow'

/** The names of the methods that take a function to another thread: all other calls of methods are skipped at once. */
const CROSSING_METHODS = new Set(
  [...METHODS].flatMap(([method, operation]) => (crosses(operation) ? [method.slice(method.indexOf('.') + 1)] : [])),
)

/** Returns the path from the exports of 'fearless' to the value of an expression; undefined if it is not an export. */
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

/** Returns the path from a global, `Math.max`; undefined if a binding hides the global. */
export function globalPath(scopes: Scopes, node: Node): string | undefined {
  node = unwrap(node)
  if (node.type === 'Identifier') return scopes.bindingOf(node) === undefined ? node.name : undefined
  if (node.type !== 'MemberExpression' || node.computed) return undefined
  const object = globalPath(scopes, node.object)
  return object && `${object}.${node.property.name}`
}

/** Returns the functions that cross a thread, and the arguments that should be such functions and are not. */
export function findSites(scopes: Scopes): { sites: Site[]; misplaced: MisplacedArgument[] } {
  const sites: Site[] = []
  const misplaced: MisplacedArgument[] = []

  for (const { node: call, scope } of [...scopes.calls, ...scopes.news]) {
    const operation = operationOf(scopes, call)
    if (operation === undefined || !crosses(operation)) continue
    const moved = operation.gives === 'closure' && operation.runs === 'move'
    for (const index of functionParametersOf(operation)) {
      const argument = call.arguments[index]
      if (argument !== undefined && argument.type !== 'SpreadElement') classify(scope, operation, argument, moved)
    }
  }
  return { sites: sites.sort((a, b) => a.argument.start - b.argument.start), misplaced }

  function classify(scope: Scope, { runs, orValue }: Operation, argument: Node, moved: boolean): void {
    const site = (): void => void sites.push({ argument, scope, borrows: runs === 'borrow', moved })
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
        // A parameter, or the result of a call, is judged at its `closure(...)` or `move(...)`.
        if (binding.writes.length > 0 && binding.kind !== 'param') misplaced.push({ argument, method: false })
        return
      }
      case 'CallExpression': {
        if (operationOf(scopes, value)?.gives !== 'closure') misplaced.push({ argument, method: false })
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
        if (!orValue) misplaced.push({ argument, method: false })
    }
  }
}

/**
 * Returns the table's row of the function, the constructor or the method that a call runs. Of the methods only those
 * are known that take a function to another thread.
 */
export function operationOf(scopes: Scopes, call: Node): Operation | undefined {
  const path = pathOf(scopes, call.callee)
  if (path !== undefined) return call.type === 'NewExpression' ? CLASSES.get(path)?.made : FUNCTIONS.get(path)
  if (call.type === 'NewExpression') return undefined
  const callee = unwrap(call.callee)
  if (callee.type !== 'MemberExpression') return undefined
  const name = memberName(callee)
  if (name === undefined || !CROSSING_METHODS.has(name)) return undefined
  const owner = classOf(scopes, callee.object)
  return owner === undefined ? undefined : METHODS.get(`${owner}.${name}`)
}

/** Returns the library's class of an expression's value, if calls and parameters alone determine it. */
export function classOf(scopes: Scopes, expression: Node, depth = 0): string | undefined {
  const node = originOf(scopes, expression)
  if (node.type === 'Identifier') return classOfParam(scopes, node)
  if (node.type !== 'CallExpression' || depth > CHAIN_LIMIT) return undefined
  const path = pathOf(scopes, node.callee)
  if (path !== undefined) return classGiven(FUNCTIONS.get(path))
  const callee = unwrap(node.callee)
  const name = callee.type === 'MemberExpression' ? memberName(callee) : undefined
  const owner = name === undefined ? undefined : classOf(scopes, callee.object, depth + 1)
  if (owner === undefined) return undefined
  // A method without a row returns its object, as a newer version's step of a parallel iterator does.
  const operation = METHODS.get(`${owner}.${name}`)
  return operation === undefined ? owner : classGiven(operation)
}

/** Follows a name to its initialiser. */
function originOf(scopes: Scopes, node: Node): Node {
  node = unwrap(node)
  for (let depth = 0; node.type === 'Identifier' && depth < 8; depth++) {
    const binding = scopes.bindingOf(node)
    if (binding === undefined || (binding.kind !== 'const' && binding.kind !== 'using')) break
    if (!binding.node.init || binding.node.id !== binding.id) break
    node = unwrap(binding.node.init)
  }
  return node
}

/** Returns the class of `s` in `thread.scope(s => ...)`. */
function classOfParam(scopes: Scopes, name: Node): string | undefined {
  const binding = scopes.bindingOf(name)
  if (binding?.kind !== 'param') return undefined
  const fn = binding.scope.node
  const call = fn.params?.[0] === binding.id ? callAround(fn) : undefined
  const path = call?.type === 'CallExpression' ? pathOf(scopes, call.callee) : undefined
  const operation = path === undefined ? undefined : FUNCTIONS.get(path)
  return operation !== undefined && isFunctionOf(call!, operation, fn) ? operation.passes : undefined
}

/** Returns true if a node is, or contains, the text of an argument that the operation's call runs. */
export function isFunctionOf(call: Node, operation: Operation, node: Node): boolean {
  return functionParametersOf(operation).some(index => {
    const argument = call.arguments[index]
    return argument !== undefined && argument.start <= node.start && node.end <= argument.end
  })
}

/** Returns the class of a call's result; undefined for a `Wait`, and for the two ends of a channel. */
function classGiven(operation: Operation | undefined): string | undefined {
  const { waits, gives } = operation ?? {}
  return waits || typeof gives !== 'string' ? undefined : gives
}
