/**
 * Joins: the locations that wait for the end of a thread or a task.
 *
 * A JoinHandle and a TaskHandle are Waits, so each idiom that takes a `Wait` or a promise joins them as `join()` does:
 * `await handle`, `handle.wait()`, `Promise.all([a, b])`, `select({ handle })`, `handle.then(f)`.
 */
import { isFunctionLiteral, memberName, unwrap, type Node } from '@fearless/compiler/analysis'
import { CALLBACK_NAMES, CLASSES, SELECTS } from '../api.ts'
import { isVariable, type FileInfo } from '../file-info.ts'

export interface Join {
  /** The expression that is the handle, or an array of handles. */
  readonly handle: Node
  readonly of: 'thread' | 'task'
  /** The enclosing wait ends only after this join, because it has no time limit and is no race with another wait. */
  readonly isNeeded: boolean
}

/** Functions that wait for every element of a list, and functions that wait for one of them. */
const FOR_ALL = new Set(['Promise.all', 'Promise.allSettled'])
const FOR_ONE = new Set(['Promise.race', 'Promise.any'])

/** Longest chain of aliases that is followed; no program has a longer one. */
const DEPTH_LIMIT = 8

/** Returns the joins that waiting for an expression makes. */
export function joinsOf(file: FileInfo, waited: Node, depth = 0): Join[] {
  const node = unwrap(waited)
  const of = kindOf(file, node)
  if (of !== undefined) return [{ handle: node, of, isNeeded: true }]
  if (depth > DEPTH_LIMIT) return []
  if (node.type === 'Identifier') {
    const init = initOf(file, node)
    return init === undefined ? [] : joinsOf(file, init, depth + 1)
  }
  if (node.type !== 'CallExpression') return []
  const list = listOf(file, node)
  if (list !== undefined) return joinsOfList(file, list, depth)
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return []
  const name = memberName(callee) ?? ''
  if (name !== 'join' && name !== 'within' && !CALLBACK_NAMES.has(name)) return []
  const inner = joinsOf(file, callee.object, depth + 1)
  return name === 'within' ? inner.map(join => ({ ...join, isNeeded: false })) : inner
}

function joinsOfList(file: FileInfo, { waits, every }: List, depth: number): Join[] {
  const found = waits.flatMap(wait => joinsOfEach(file, wait, depth + 1))
  const isNeeded = every || waits.length === 1
  return isNeeded ? found : found.map(join => ({ ...join, isNeeded: false }))
}

/** Returns the joins of one element of a list, which may be a spread array of handles. */
function joinsOfEach(file: FileInfo, wait: Node, depth: number): Join[] {
  const node = unwrap(wait.type === 'SpreadElement' ? wait.argument : wait)
  const many = wait.type === 'SpreadElement' ? joinsOfMany(file, node) : []
  return many.length > 0 ? many : joinsOf(file, node, depth)
}

/** Returns the joins of a list: `handles`, or `handles.map(handle => handle.join())`. */
export function joinsOfMany(file: FileInfo, list: Node): Join[] {
  const node = unwrap(list)
  if (node.type === 'ArrayExpression')
    return node.elements.flatMap((each: Node | null) => (each === null ? [] : joinsOfEach(file, each, 0)))
  const of = handleOf(file.factsOfPart(node)?.element()?.name)
  if (of !== undefined) return [{ handle: node, of, isNeeded: true }]
  const callee = node.type === 'CallExpression' ? unwrap(node.callee) : undefined
  if (callee?.type !== 'MemberExpression' || memberName(callee) !== 'map') return []
  const callback: Node | undefined = node.arguments[0] && unwrap(node.arguments[0])
  if (callback === undefined || !isFunctionLiteral(callback)) return []
  const body = unwrap(callback.body)
  const joins = joinsOf(file, body.type === 'AwaitExpression' ? body.argument : body)
  return joins.map(join => ({ ...join, handle: unwrap(callee.object) }))
}

interface List {
  readonly waits: readonly Node[]
  readonly every: boolean
}

/** Returns the waits in the argument of `Promise.all`, `Promise.race` and `select`; undefined for another call. */
function listOf(file: FileInfo, call: Node): List | undefined {
  const given: Node | undefined = call.arguments[0] && unwrap(call.arguments[0])
  if (given === undefined) return undefined
  if (SELECTS.has(file.pathOf(call.callee) ?? '')) {
    if (given.type !== 'ObjectExpression') return undefined
    return {
      waits: given.properties.map(({ type, value, argument }: Node) => (type === 'Property' ? value : argument)),
      every: false,
    }
  }
  const path = file.globalPath(call.callee) ?? ''
  const every = FOR_ALL.has(path)
  if (!every && !FOR_ONE.has(path)) return undefined
  if (given.type === 'ArrayExpression')
    return { waits: given.elements.filter((each: Node | null) => each !== null), every }
  return { waits: [{ type: 'SpreadElement', start: given.start, end: given.end, argument: given }], every }
}

/**
 * Returns the thread handle that waiting for an expression joins, or that passing it to a promise joins: the handle
 * itself, or the object of its `join()`. Returns undefined for a task, which may be joined again.
 */
export function handleMovedByJoin(file: FileInfo, waited: Node, depth = 0): Node | undefined {
  const node = unwrap(waited)
  if (kindOf(file, node) === 'thread') return node
  if (depth > DEPTH_LIMIT) return undefined
  if (node.type === 'Identifier') {
    const init = initOf(file, node)
    return init && handleMovedByJoin(file, init, depth + 1)
  }
  const callee = node.type === 'CallExpression' ? unwrap(node.callee) : undefined
  return callee?.type === 'MemberExpression' && memberName(callee) === 'join'
    ? handleMovedByJoin(file, callee.object, depth + 1)
    : undefined
}

/**
 * Returns the handles that a call passes to promises. A promise joins its handle even if the program never awaits it.
 */
export function handlesPassedToPromises(file: FileInfo, call: Node): Node[] {
  const callee = unwrap(call.callee)
  if (callee.type === 'MemberExpression' && CALLBACK_NAMES.has(memberName(callee) ?? '')) {
    const handle = handleMovedByJoin(file, callee.object)
    return handle === undefined ? [] : [handle]
  }
  const path = file.globalPath(callee) ?? ''
  if (!FOR_ALL.has(path) && !FOR_ONE.has(path)) return []
  return (listOf(file, call)?.waits ?? []).flatMap(wait => handleMovedByJoin(file, wait) ?? [])
}

function kindOf(file: FileInfo, node: Node): Join['of'] | undefined {
  switch (node.type) {
    case 'Identifier':
    case 'MemberExpression':
      return handleOf(file.factsOfPart(node)?.name)
    case 'CallExpression':
      return file.operationOf(node)?.spawns ?? handleOf(file.calleeOf(node)?.gives())
    default:
      return undefined
  }
}

const handleOf = (name: string | undefined): Join['of'] | undefined => CLASSES.get(name ?? '')?.handleOf

/** Returns the initialiser of a constant, if it is a call. */
function initOf(file: FileInfo, name: Node): Node | undefined {
  const binding = file.bindingOf(name)
  if (binding?.kind !== 'const' || !isVariable(binding) || binding.node.id !== binding.id || !binding.node.init)
    return undefined
  const init = unwrap(binding.node.init)
  return init.type === 'CallExpression' ? init : undefined
}

/** Returns the spawn calls of a joined handle, as far as syntax shows them. */
export function spawnsOf(file: FileInfo, handle: Node, depth = 0): Node[] {
  const node = unwrap(handle)
  if (depth > DEPTH_LIMIT) return []
  switch (node.type) {
    case 'CallExpression':
      return file.operationOf(node)?.spawns === undefined ? [] : [node]
    case 'ArrayExpression':
      return node.elements.flatMap((each: Node | null) => (each === null ? [] : spawnsOf(file, each, depth + 1)))
    case 'Identifier': {
      const binding = file.bindingOf(node)
      if (binding?.kind !== 'const' || binding.node.id !== binding.id) return []
      const loop = binding.declaration.parent
      if (loop?.type === 'ForOfStatement' && loop.left === binding.declaration)
        return spawnsOf(file, loop.right, depth + 1)
      return binding.node.init ? spawnsOf(file, binding.node.init, depth + 1) : []
    }
    default:
      return []
  }
}
