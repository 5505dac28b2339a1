/**
 * Finds changes of a module-level object after its initialisation: an assignment to a member, a method that is known to
 * change it, or its use as an argument of unknown code. Only the object itself is followed, although its members may be
 * objects too.
 */
import { globalPath, pathOf } from './find.ts'
import { memberPathFrom, type Reference, type Scopes } from '../syntax/scope.ts'
import { isFunctionLiteral, unwrap, type Node } from '../syntax/syntax.ts'

const MUTATORS = {
  array: new Set('push pop shift unshift splice sort reverse fill copyWithin set'.split(' ')),
  map: new Set(['set', 'delete', 'clear', 'add', 'append']),
  date: /^set/,
}

/** Global functions that only read their arguments. */
const READERS = new Set(
  (
    'JSON.stringify Object.keys Object.values Object.entries Object.freeze Object.is Object.hasOwn Array.from ' +
    'Array.isArray String Number Boolean structuredClone Map Set isNaN'
  ).split(' '),
)
const READER_NAMESPACES = /^(?:console|Math)\./

const CALLED_AT_ONCE = new Set('forEach map flatMap filter reduce some every'.split(' '))

type Container = 'array' | 'map' | 'date' | 'object'

/** Returns the kind of mutable object that an initialiser creates. */
export function containerOf(init: Node): Container | undefined {
  const node = unwrap(init)
  if (node.type === 'ArrayExpression') return 'array'
  if (node.type === 'ObjectExpression') return 'object'
  if (node.type === 'NewExpression') {
    const name: string = node.callee.name ?? ''
    return name.endsWith('Array')
      ? 'array'
      : /^(?:Map|Set|WeakMap|WeakSet|URLSearchParams)$/.test(name)
        ? 'map'
        : name === 'Date'
          ? 'date'
          : 'object'
  }
  if (node.type !== 'CallExpression') return undefined
  return node.callee.property?.name === 'freeze' ? undefined : 'array'
}

/** Returns true if this use changes the object instead of reading it. */
export function isChange(reference: Reference, container: Container | undefined): boolean {
  const { names, end } = memberPathFrom(reference.node)
  const parent = end.parent
  if (parent === undefined || names.length === 0) return isAssigned(end, container)
  if (isTarget(end)) return true
  if (parent.type === 'UnaryExpression' && parent.operator === 'delete') return true
  if (parent.type !== 'CallExpression' || parent.callee !== end || container === undefined) return false
  const method = names.at(-1) ?? ''
  if (names.length > 1) return MUTATORS.array.has(method) || MUTATORS.map.has(method)
  if (container === 'date') return MUTATORS.date.test(method)
  return container !== 'object' && MUTATORS[container].has(method)
}

/** Returns true for `Object.assign(it, ...)`. */
function isAssigned(end: Node, container: Container | undefined): boolean {
  const call = end.parent
  return (
    container !== undefined &&
    call?.type === 'CallExpression' &&
    call.arguments[0] === end &&
    call.callee.object?.name === 'Object' &&
    /^(?:assign|definePropert)/.test(call.callee.property?.name)
  )
}

export function isTarget(node: Node): boolean {
  const parent = node.parent!
  switch (parent.type) {
    case 'AssignmentExpression':
    case 'ForOfStatement':
    case 'ForInStatement':
    case 'AssignmentPattern':
      return parent.left === node
    case 'UpdateExpression':
    case 'RestElement':
    case 'ArrayPattern':
      return true
    case 'Property':
      return parent.parent?.type === 'ObjectPattern' && parent.value === node
    default:
      return false
  }
}

/**
 * Returns true for code in a function, which may run at any time, unless an array method calls that function at once.
 */
export function runsLater(node: Node): boolean {
  for (let around = node.parent; around !== undefined; around = around.parent) {
    if (!/Function|^(?:PropertyDefinition|StaticBlock)$/.test(around.type)) continue
    const call = around.parent!
    if (call.type !== 'CallExpression' || !CALLED_AT_ONCE.has(call.callee.property?.name)) return true
  }
  return false
}

export function isData(node: Node): boolean {
  switch (node.type) {
    case 'ArrayExpression':
      return node.elements.every((element: Node | null) => element === null || isData(unwrap(element)))
    case 'ObjectExpression':
      return node.properties.every((property: Node) => property.type === 'Property' && isData(unwrap(property.value)))
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
    case 'ClassExpression':
    case 'SpreadElement':
      return false
    case 'Identifier':
      return node.name === 'undefined'
    case 'MemberExpression':
      return false
    case 'NewExpression':
    case 'CallExpression':
      return node.arguments.every((argument: Node) => isData(unwrap(argument)) || isFunctionLiteral(unwrap(argument)))
    default:
      return true
  }
}

export function isEmpty(node: Node): boolean {
  const parts = node.elements ?? node.properties ?? node.arguments ?? []
  return parts.length === 0 || (node.type === 'NewExpression' && node.callee.name?.endsWith('Array') === true)
}

/** Returns true for `Object.freeze(...)` and `as const`, which promise that the object never changes. */
export function isFrozen(scopes: Scopes, init: Node): boolean {
  for (let node = init; ; node = node.expression) {
    if (node.type === 'TSAsExpression' && node.typeAnnotation.typeName?.name === 'const') return true
    if (unwrap(node) === node)
      return node.type === 'CallExpression' && globalPath(scopes, node.callee) === 'Object.freeze'
  }
}

/**
 * Returns true if the object itself is passed to code that might change it. `crosses`: the use is in a thread closure.
 */
export function passesToUnknownCode(scopes: Scopes, identifier: Node, crosses: boolean): boolean {
  const { end, names } = memberPathFrom(identifier)
  const parent = end.parent!
  if (names.length > 0) return false
  switch (parent.type) {
    case 'CallExpression':
    case 'NewExpression':
      if (parent.callee === end) return false
      return !isReader(globalPath(scopes, parent.callee) ?? '') && pathOf(scopes, parent.callee) === undefined
    case 'AssignmentExpression':
      return parent.right === end
    case 'VariableDeclarator':
      return parent.id.type === 'Identifier'
    // The result of a thread is a copy.
    case 'ReturnStatement':
    case 'ArrayExpression':
    case 'Property':
    case 'LogicalExpression':
      return !crosses
    case 'ArrowFunctionExpression':
      return parent.body === end && !crosses
    case 'ConditionalExpression':
      return parent.test !== end && !crosses
    case 'YieldExpression':
    case 'PropertyDefinition':
      return true
    default:
      return false
  }
}

const isReader = (path: string): boolean => READERS.has(path) || READER_NAMESPACES.test(path)
