/**
 * A join: a place that waits for a thread or a task to end.
 *
 * A JoinHandle and a TaskHandle are Waits, so each idiom that takes a `Wait` or a promise joins them as `join()` does:
 * `await handle`, `handle.wait()`, `Promise.all([a, b])`, `select({ handle })`, `handle.then(f)`.
 */
import { isFunctionLiteral, memberName, unwrap, type Node } from '@fearless/compiler/analysis'
import { CLASSES, FUNCTIONS, METHODS, PASSING_ON } from '../api.ts'
import { isVariable, type FileModel } from '../file-info.ts'

export interface Join {
  /** The expression that is the handle, or an array of handles. */
  readonly handle: Node
  readonly of: 'thread' | 'task'
  /** The wait around it ends only after this join: it has no time limit, and is no race with another wait. */
  readonly isNeeded: boolean
}

/** Functions that wait for all of a list, and those that wait for one of it. */
const FOR_ALL = new Set(['Promise.all', 'Promise.allSettled'])
const FOR_ONE = new Set(['Promise.race', 'Promise.any'])

/** More names for names than a program has. */
const DEPTH_LIMIT = 8

/** The joins of an expression that is waited for. */
export function joinsOf(file: FileModel, waited: Node, depth = 0): Join[] {
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
  if (name !== 'join' && name !== 'within' && !PASSING_ON.has(name)) return []
  const inner = joinsOf(file, callee.object, depth + 1)
  return name === 'within' ? inner.map(join => ({ ...join, isNeeded: false })) : inner
}

function joinsOfList(file: FileModel, { waits, every }: List, depth: number): Join[] {
  const found = waits.flatMap(wait => joinsOfEach(file, wait, depth + 1))
  const isNeeded = every || waits.length === 1
  return isNeeded ? found : found.map(join => ({ ...join, isNeeded: false }))
}

/** Of one of a list, or of an array of handles. */
function joinsOfEach(file: FileModel, wait: Node, depth: number): Join[] {
  const node = unwrap(wait.type === 'SpreadElement' ? wait.argument : wait)
  const many = wait.type === 'SpreadElement' ? joinsOfMany(file, node) : []
  return many.length > 0 ? many : joinsOf(file, node, depth)
}

/** `handles`, or `handles.map(handle => handle.join())`. */
export function joinsOfMany(file: FileModel, list: Node): Join[] {
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

/** What `Promise.all`, `Promise.race` and `select` are given. */
function listOf(file: FileModel, call: Node): List | undefined {
  const given: Node | undefined = call.arguments[0] && unwrap(call.arguments[0])
  if (given === undefined) return undefined
  if (/^select(?:\.biased)?$/.test(file.pathOf(call.callee) ?? '')) {
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
 * The handle of a thread that is joined to its end once an expression was waited for, or passed to a promise: the handle
 * itself, and its `join()`. A task may be joined again.
 */
export function handleTaken(file: FileModel, waited: Node, depth = 0): Node | undefined {
  const node = unwrap(waited)
  if (kindOf(file, node) === 'thread') return node
  if (depth > DEPTH_LIMIT) return undefined
  if (node.type === 'Identifier') {
    const init = initOf(file, node)
    return init && handleTaken(file, init, depth + 1)
  }
  const callee = node.type === 'CallExpression' ? unwrap(node.callee) : undefined
  return callee?.type === 'MemberExpression' && memberName(callee) === 'join'
    ? handleTaken(file, callee.object, depth + 1)
    : undefined
}

/** The handles that a call passes to promises, which join them whether or not the program waits for that. */
export function handlesPassedOn(file: FileModel, call: Node): Node[] {
  const callee = unwrap(call.callee)
  if (callee.type === 'MemberExpression' && PASSING_ON.has(memberName(callee) ?? '')) {
    const handle = handleTaken(file, callee.object)
    return handle === undefined ? [] : [handle]
  }
  const path = file.globalPath(callee) ?? ''
  if (!FOR_ALL.has(path) && !FOR_ONE.has(path)) return []
  return (listOf(file, call)?.waits ?? []).flatMap(wait => handleTaken(file, wait) ?? [])
}

function kindOf(file: FileModel, node: Node): Join['of'] | undefined {
  switch (node.type) {
    case 'Identifier':
    case 'MemberExpression':
      return handleOf(file.factsOfPart(node)?.name)
    case 'CallExpression': {
      return spawnedBy(file, node) ?? handleOf(file.calleeOf(node)?.gives())
    }
    default:
      return undefined
  }
}

const handleOf = (name: string | undefined): Join['of'] | undefined => CLASSES.get(name ?? '')?.handleOf

/** Whether a call starts a thread or a task; undefined if it starts neither. */
function spawnedBy(file: FileModel, call: Node): Join['of'] | undefined {
  const path = file.pathOf(call.callee)
  return path === undefined ? METHODS.get(file.methodOf(call) ?? '')?.spawns : FUNCTIONS.get(path)?.spawns
}

/** What a name always stands for, where it is a call. */
function initOf(file: FileModel, name: Node): Node | undefined {
  const binding = file.bindingOf(name)
  if (binding?.kind !== 'const' || !isVariable(binding) || binding.node.id !== binding.id || !binding.node.init)
    return undefined
  const init = unwrap(binding.node.init)
  return init.type === 'CallExpression' ? init : undefined
}

/** The calls that started what a join waits for, as far as they are seen. */
export function spawnsOf(file: FileModel, handle: Node, depth = 0): Node[] {
  const node = unwrap(handle)
  if (depth > DEPTH_LIMIT) return []
  switch (node.type) {
    case 'CallExpression':
      return spawnedBy(file, node) === undefined ? [] : [node]
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
