/**
 * Translates the events of a graph into effects, with the answers about types: moves, acquisitions, borrows, releases.
 *
 * Passing a value to an ordinary function lends it; assigning it makes an alias. Only these move: a `move` closure, the
 * arguments of `spawn`, `send` and `drop`, and storing one handle in another.
 */
import {
  callAround,
  inRange,
  isFunctionLiteral,
  memberName,
  outermost,
  unwrap,
  type Binding,
  type Node,
} from '@fearless/compiler/analysis'
import { CALLING_LATER, CLASSES, functionParametersOf, guardOf, METHODS } from '../api.ts'
import { isVariable, type FileInfo, type ThreadClosure } from '../file-info.ts'
import { functionAround } from '../syntax/functions.ts'
import type { Borrow, Effect, Fact, Hold, Lock, Move, PartMove } from './facts.ts'
import type { Event, Value } from './graph.ts'
import { handlesPassedToPromises, handleMovedByJoin, joinsOf, joinsOfMany, type Join } from './joins.ts'
import { lockOf } from './locks.ts'
import { placeOf, reorderedPathOf } from './place.ts'
import type { Summaries } from './summary.ts'
import { assignedFields, passesThis, thisAt } from './this.ts'

/** Methods that call a callback once for each of several elements. */
const REPEATING = new Set(
  'forEach map flatMap filter some every reduce reduceRight find findIndex findLast findLastIndex sort toSorted'.split(
    ' ',
  ),
)

/** A guard is neither, because its type refuses to be moved. */
const OWNED = new Set(['moved', 'shared'])

/** Globals that call a function argument before they return. */
const CALLS_AT_ONCE = new Set(['Array.from', 'Promise', 'Map.groupBy', 'Object.groupBy', 'Reflect.apply'])
/** Raw memory, which a message transfers. */
const BUFFER = /^(?:(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array|ArrayBuffer|DataView|Buffer)\b/

const ALONE = { reads: false, again: false }
const SHARED = { reads: true, again: false }

/** The mode of an acquisition, by the kind of its guard. */
const HOLDS = {
  exclusive: ALONE,
  shared: SHARED,
  upgradable: SHARED,
  reentrant: { reads: false, again: true },
}

/** Returns the mode in which a method acquires a lock; undefined if the method returns no guard. */
function holdGivenBy(method: string | undefined): (typeof HOLDS)[keyof typeof HOLDS] | undefined {
  const row = method === undefined ? undefined : METHODS.get(method)
  const guard = row && guardOf(row)
  return guard && HOLDS[guard]
}

type Given = 'argument' | 'send' | 'owner' | 'call'

export class Effects {
  readonly #file: FileInfo
  readonly #summaries: Summaries
  readonly #known = new Map<Event, readonly Effect[]>()

  constructor(file: FileInfo, summaries: Summaries) {
    this.#file = file
    this.#summaries = summaries
  }

  readonly of = (event: Event): readonly Effect[] => {
    let effects = this.#known.get(event)
    if (effects === undefined) this.#known.set(event, (effects = [...this.#effects(event)]))
    return effects
  }

  /** Whether this use of a name only lends its value. */
  lends(name: Node): boolean {
    return this.#summaries.lends(this.#file, name)
  }

  /** Discards the effects of a function's events, so that they are computed again. */
  forget(owner: Node): void {
    for (const block of this.#file.graphOf(owner).blocks) for (const event of block.events) this.#known.delete(event)
  }

  /** Returns the facts at a function's entry: the lock whose `with` calls the function is held. */
  startOf(owner: Node): Fact[] {
    const call = isFunctionLiteral(owner) ? callAround(owner) : undefined
    const hold = call && this.#momentary(call)
    return hold === undefined ? [] : [{ kind: 'held', hold }]
  }

  *#effects(event: Event): Generator<Effect> {
    switch (event.kind) {
      case 'use':
        yield { kind: 'read', binding: event.binding, node: event.node }
        yield* this.#shuffles(event.node, event.binding)
        if (escapes(event.node) && this.#isGuard(event.binding)) yield { kind: 'escape', binding: event.binding }
        return
      case 'declare':
      case 'assign':
        yield { kind: 'fresh', binding: event.binding, node: event.node }
        if (event.value === undefined) return
        if (event.value.path === '') yield* this.#borrows(event.binding, unwrap(event.value.node))
        else yield* this.#borrowsPart(event.binding, event.node, event.value)
        return
      case 'fill': {
        yield* this.#filled(event.node)
        const place = placeOf(this.#file, event.node)
        if (place !== undefined) return yield { kind: 'fill', ...place }
        const whole = placeOf(this.#file, event.node.object)
        if (whole !== undefined) yield { kind: 'shuffle', ...whole }
        return
      }
      case 'absent':
        return yield { kind: 'escape', binding: event.binding }
      case 'closure':
        return yield* this.#closure(event.node)
      case 'call':
        return yield* this.#call(event.node)
      case 'await': {
        const joins = this.#joinsAt(event.node)
        yield { kind: 'await', node: event.node, joins }
        yield* this.#joined(event.node, joins, false)
        yield* this.#refills(event.node)
        if (event.node.type === 'AwaitExpression') yield* this.#taken(event.node.argument, event.node)
        return yield* this.#waited(event.node)
      }
      case 'release':
        return yield { kind: 'release', release: { binding: event.binding, node: event.node, how: 'scope' } }
      case 'loop':
        return yield { kind: 'loop', node: event.node }
      case 'return':
        if (event.value !== undefined) yield* this.#returned(event.node, event.value)
        return yield { kind: 'return', node: event.node, value: event.value }
      case 'end':
        yield { kind: 'end', node: event.node }
    }
  }

  *#shuffles(name: Node, binding: Binding): Generator<Effect> {
    const path = reorderedPathOf(this.#file, name)
    if (path !== undefined) yield { kind: 'shuffle', binding, path }
  }

  // Closures.

  *#closure(literal: Node): Generator<Effect> {
    const closure = this.#file.closureOf(literal)
    if (closure !== undefined) return yield* this.#threadClosure(closure)
    const summary = this.#summaries.of(this.#file, literal)
    for (const [binding, node] of summary.reads) yield { kind: 'read', binding, node }
    // A named closure moves where it is called. A closure in another place is called there, once or repeatedly.
    const name = this.#nameOf(literal)
    if (name !== undefined && this.#file.functionOf(name) === literal) return
    const repeated = this.#repeats(literal)
    const later = !this.#runsNow(literal)
    for (const moved of summary.moves.values())
      yield move({ ...moved, ...(repeated && { repeated }), ...(later && { later }) })
  }

  /**
   * Whether the callee calls a function argument before it returns. Listeners, timers and methods call it later or
   * never.
   */
  #runsNow(literal: Node): boolean {
    const outer = outermost(literal)
    if (outer.parent?.type === 'CallExpression' && outer.parent.callee === outer) return true
    const call = callAround(literal)
    if (call === undefined) return false
    const path = this.#file.globalPath(call.callee)
    if (path !== undefined) return CALLS_AT_ONCE.has(path)
    const method = this.#file.methodOf(call)
    if (method !== undefined) return !CALLING_LATER.has(method)
    if (this.#file.pathOf(call.callee) !== undefined || this.#repeats(literal) !== undefined) return true
    return this.#summaries.callsAtOnce(this.#file, call, call.arguments.indexOf(outer))
  }

  *#threadClosure(closure: ThreadClosure): Generator<Effect> {
    for (const { binding, node } of closure.captures) yield { kind: 'read', binding, node }
    if (!closure.moved || closure.literal === undefined) return
    for (const { binding, node } of closure.captures) {
      if (this.#file.factsOf(binding)?.crossing === 'moved' && !this.#isCopied(closure, binding))
        yield move({ binding, node, taker: closure.literal, how: 'closure' })
    }
  }

  /**
   * Whether a closure receives a copy of a variable. A module's lock is one object in all threads. A constant of the
   * module that never changes is copied, as text or as value, unless it holds a handle or a buffer: then it is moved.
   */
  #isCopied({ needs }: ThreadClosure, binding: Binding): boolean {
    const file = this.#file
    if (file.isStatic(binding)) return true
    if (binding.kind !== 'const' || binding.scope !== file.scopes.module) return false
    if (file.purity.transferOf(binding).way === 'copy') return true
    const facts = needs.copied.has(binding) ? file.factsOf(binding) : undefined
    const isHandle = facts?.name !== undefined || facts?.element()?.name !== undefined
    return facts !== undefined && !isHandle && !BUFFER.test(facts.text())
  }

  #nameOf(literal: Node): Binding | undefined {
    const { parent } = outermost(literal)
    return parent?.type === 'VariableDeclarator' ? this.#file.declared(parent.id) : undefined
  }

  /** Returns the call that runs this callback repeatedly. */
  #repeats(literal: Node): Node | undefined {
    const call = callAround(literal)
    if (call === undefined) return undefined
    const callee = unwrap(call.callee)
    const path = this.#file.globalPath(callee)
    if (path === 'Array.from' || (path === 'setInterval' && !this.#endsTimers(literal))) return call
    const name = callee.type === 'MemberExpression' ? memberName(callee) : undefined
    return name !== undefined && path === undefined && REPEATING.has(name) ? call : undefined
  }

  #endsTimers(literal: Node): boolean {
    return inRange(this.#file.scopes.calls, literal.start, literal.end).some(
      ({ node }) => this.#file.globalPath(node.callee) === 'clearInterval',
    )
  }

  // Calls.

  *#call(call: Node): Generator<Effect> {
    const path = this.#file.pathOf(call.callee)
    const method = this.#file.methodOf(call)
    if (path === 'drop') return yield* this.#drop(call.arguments[0], call)
    if (isDispose(call)) return yield* this.#drop(unwrap(call.callee).object, call)
    const row = this.#file.operationOf(call)
    if (row?.spawns === 'thread')
      for (const argument of call.arguments.slice(functionParametersOf(row)[0]! + 1))
        yield* this.#give(argument, call, 'argument')
    else if (row?.moves !== undefined)
      yield* this.#give(call.arguments[row.moves], call, method?.endsWith('send') ? 'send' : 'argument')
    else if (call.type === 'NewExpression' && path !== undefined) yield* this.#give(call.arguments[0], call, 'owner')
    if (passesThis(call) || (path === undefined && method === undefined && this.#isOfProgram(call)))
      yield* this.#refills(call)
    yield* this.#joinedBy(call, method)
    yield* this.#passedOn(call)
    yield* this.#waited(call)
    const hold = this.#momentary(call)
    if (hold !== undefined) yield acquire(hold)
    yield* this.#ordinary(call)
    if (this.neverReturns(call)) yield { kind: 'stop' }
  }

  /** Whether a call may run a function of the program: one that neither the language nor the library declares. */
  #isOfProgram(call: Node): boolean {
    return this.#file.globalPath(call.callee) === undefined && this.#file.calleeOf(call)?.builtIn === undefined
  }

  /** Reassigns the fields of `this` that other code may assign meanwhile. */
  *#refills(node: Node): Generator<Effect> {
    const binding = thisAt(this.#file.scopes, node)
    if (binding === undefined) return
    for (const path of assignedFields(this.#file.scopes)) yield { kind: 'fill', binding, path }
  }

  /** Whether a call always throws or terminates the program. */
  neverReturns(call: Node): boolean {
    if (/^(?:process|Deno)\.(?:exit|abort)$/.test(this.#file.globalPath(call.callee) ?? '')) return true
    if (this.#summaries.neverReturns(this.#file, call)) return true
    // For functions of other packages tsc answers. As in TypeScript, only a call that is a statement counts.
    const isAlone = outermost(call).parent?.type === 'ExpressionStatement'
    return isAlone && this.#file.calleeOf(call)?.gives() === 'never'
  }

  *#drop(value: Node | undefined, call: Node): Generator<Effect> {
    const binding = value && this.#file.bindingOf(value)
    if (value !== undefined && binding === undefined) yield* this.#givePart(value, call, 'drop')
    if (binding === undefined || !isVariable(binding)) return
    if (this.#isGuard(binding)) yield { kind: 'release', release: { binding, node: call, how: 'drop' } }
    yield move({ binding, node: unwrap(value!), taker: call, how: 'drop' })
  }

  /** Moves the assigned value into the lock: `guard.value = list`. */
  *#filled(target: Node): Generator<Effect> {
    const { parent } = outermost(target)
    if (parent?.type !== 'AssignmentExpression' || parent.operator !== '=' || memberName(target) !== 'value') return
    const guard = this.#file.bindingOf(target.object)
    const name = guard && this.#file.factsOf(guard)?.name
    if (name !== undefined && CLASSES.get(name)?.guard !== undefined)
      yield* this.#give(parent.right, parent, 'argument')
  }

  /** Moves a value, also inside an object or array literal. An owner (`new Foo(tx)`) takes only handles. */
  *#give(value: Node | undefined, call: Node, how: Given, through?: Node): Generator<Effect> {
    if (value === undefined) return
    const node = unwrap(value)
    switch (node.type) {
      case 'ObjectExpression':
        for (const property of node.properties)
          if (property.type === 'Property') yield* this.#give(property.value, call, how, through)
        return
      case 'ArrayExpression':
        for (const element of node.elements) if (element !== null) yield* this.#give(element, call, how, through)
        return
      case 'MemberExpression':
        if (how !== 'owner') yield* this.#givePart(node, call, how)
        return
    }
    const binding = this.#file.bindingOf(node)
    if (binding === undefined || !isVariable(binding) || this.#file.isConstant(binding, call)) return
    const facts = this.#file.factsOf(binding)
    if (this.#file.isStatic(binding)) return
    if (facts?.crossing !== 'moved' || (how === 'owner' && facts.name === undefined)) return
    yield move({ binding, node, taker: call, how, ...(through && { through }) })
  }

  /** Moves a part of a variable, which keeps its other parts. */
  *#givePart(value: Node, call: Node, how: PartMove['how']): Generator<Effect> {
    const node = unwrap(value)
    const place = node.type === 'MemberExpression' ? placeOf(this.#file, node) : undefined
    if (place === undefined || !isVariable(place.binding) || this.#file.isConstant(place.binding, call)) return
    if (this.#file.factsOfPart(node)?.crossing !== 'moved') return
    const part: PartMove = { ...place, node, how }
    yield { kind: 'part', part, fact: { kind: 'gone', part } }
  }

  /** Applies the summary of a function of the program: its effects on arguments and on captured variables. */
  *#ordinary(call: Node): Generator<Effect> {
    const callee = unwrap(call.callee)
    const literal = isFunctionLiteral(callee) ? callee : undefined
    const summary = literal ? undefined : this.#summaries.called(this.#file, call)
    if (summary === undefined) return
    // A named closure borrowed its captures where it was created. A function declaration reads them at each call.
    if (this.#file.bindingOf(callee)?.kind === 'function') {
      for (const [binding] of summary.reads) yield { kind: 'read', binding, node: callee, through: callee }
    }
    for (const { binding } of summary.moves.values())
      yield move({ binding, node: callee, taker: call, how: 'call', through: callee })
    for (const index of summary.consumes) {
      const argument = call.arguments[index]
      const binding = argument && this.#file.bindingOf(argument)
      if (binding === undefined) yield* this.#give(argument, call, 'call', callee)
      else if (isVariable(binding))
        yield move({ binding, node: unwrap(argument), taker: call, how: 'call', through: callee })
    }
    for (const hold of summary.acquires) {
      const lock = this.#lockAt(hold.lock, call)
      if (lock !== undefined)
        yield acquire({ ...hold, lock, node: call, guard: undefined, momentary: true, through: callee })
    }
  }

  /** Translates a lock of the called function into a lock of the caller. */
  #lockAt(lock: Lock | undefined, call: Node): Lock | undefined {
    if (lock?.param === undefined) return lock
    const argument = call.arguments[lock.param.index]
    const given = argument && lockOf(this.#file, argument)
    return given && { ...given, id: given.id + lock.param.path, text: given.text + lock.param.path }
  }

  // Joins.

  #joinsAt(node: Node): Join[] {
    return node.type === 'AwaitExpression' ? joinsOf(this.#file, node.argument) : joinsOfMany(this.#file, node.right)
  }

  *#joined(node: Node, joins: readonly Join[], blocks: boolean): Generator<Effect> {
    for (const join of joins) yield { kind: 'join', node, join, blocks }
  }

  /** Joins by a call: `handle.wait()`, and each call that passes a handle to a promise, which always joins it. */
  *#joinedBy(call: Node, method: string | undefined): Generator<Effect> {
    if (method !== undefined && METHODS.get(method)?.blocks) {
      const { object } = unwrap(call.callee)
      const hasLimit = call.arguments.length > 0
      const joins = joinsOf(this.#file, object)
      yield* this.#joined(call, hasLimit ? joins.map(join => ({ ...join, isNeeded: false })) : joins, true)
      if (!hasLimit) yield* this.#taken(object, call)
    }
    for (const handle of handlesPassedToPromises(this.#file, call)) yield* this.#take(handle, call)
  }

  /** Joins by a return: the caller waits for a returned `Wait`, and for a handle that an async function returns. */
  *#returned(node: Node, value: Node): Generator<Effect> {
    const isAsync = functionAround(node)?.async === true
    const given = unwrap(value)
    const joins = joinsOf(this.#file, given)
    yield* this.#joined(node, isAsync ? joins : joins.filter(({ handle }) => handle !== given), false)
    if (isAsync) yield* this.#taken(given, node)
  }

  *#taken(waited: Node, taker: Node): Generator<Effect> {
    const handle = handleMovedByJoin(this.#file, waited)
    if (handle !== undefined) yield* this.#take(handle, taker)
  }

  /** Moves a handle into its join, because a thread's outcome can be taken once. */
  *#take(handle: Node, taker: Node): Generator<Effect> {
    if (handle.type === 'MemberExpression') return yield* this.#givePart(handle, taker, 'join')
    const binding = this.#file.bindingOf(handle)
    if (binding !== undefined && isVariable(binding) && !this.#file.isConstant(binding, taker))
      yield move({ binding, node: handle, taker, how: 'join' })
  }

  // Locks.

  /**
   * Ends a guard by a method of its own (`w.downgrade()`, `u.upgrade()`), or lets it escape to an unresolved function.
   */
  *#passedOn(call: Node): Generator<Effect> {
    const method = this.#file.methodOf(call)
    if (method !== undefined && METHODS.get(method)?.ends) {
      const node = unwrap(unwrap(call.callee).object)
      const binding = this.#file.bindingOf(node)
      if (binding === undefined || !isVariable(binding)) return
      yield { kind: 'release', release: { binding, node: call, how: 'drop' } }
      yield move({ binding, node, taker: call, how: 'argument' })
      if (!METHODS.get(method)?.waits) yield* this.#exchanged(call, call, method)
      return
    }
    if (method !== undefined || call.type !== 'CallExpression') return
    if (this.#file.pathOf(call.callee) !== undefined || this.#file.globalPath(call.callee) !== undefined) return
    const summary = this.#summaries.called(this.#file, call)
    for (const [index, argument] of (call.arguments as Node[]).entries()) {
      const binding = this.#file.bindingOf(argument)
      if (binding === undefined || !isVariable(binding) || !this.#isGuard(binding)) continue
      if (summary === undefined || summary.escapes.has(index)) yield { kind: 'escape', binding }
    }
  }

  /** Acquires the guards that an `await`, a `.wait()` or a `.try()` returns. */
  *#waited(node: Node): Generator<Effect> {
    const hold = this.#acquired(node)
    if (hold !== undefined) return yield acquire(hold)
    const { call, tries } = this.#waitedFor(node) ?? {}
    const method = call && this.#file.methodOf(call)
    if (call !== undefined && this.#file.pathOf(call.callee) === 'lockAll') {
      for (const [index, argument] of (call.arguments as Node[]).entries()) {
        const guard = this.#guardOf(node, index)
        if (guard !== 'elsewhere')
          yield acquire({ ...LOST, lock: lockOf(this.#file, argument), node, guard, tries: tries! })
      }
      return
    }
    if (call !== undefined && this.#file.globalPath(call.callee) === 'Promise.all')
      return yield* this.#acquiredTogether(node, call)
    const row = method === undefined ? undefined : METHODS.get(method)
    if (row?.ends) return yield* this.#exchanged(node, call!, method!)
    if (row?.returns === undefined || outermost(node).parent?.type === 'ExpressionStatement') return
    // The returned guard is the argument.
    const given: Binding | undefined =
      call!.arguments[row.returns] && this.#file.bindingOf(call!.arguments[row.returns])
    if (given === undefined || !isVariable(given)) return
    yield { kind: 'escape', binding: given }
    const guard = this.#guardOf(node)
    const isUsed = given.references.some(reference => reference.node.start > node.end)
    if (guard === 'elsewhere' || (guard !== given && isUsed)) return
    yield acquire({ ...(this.#holdOf(given) ?? LOST), node, guard })
  }

  /** Acquires several guards: `const [a, b] = await Promise.all([x.lock(), y.lock()])`. */
  *#acquiredTogether(node: Node, call: Node): Generator<Effect> {
    const list: Node | undefined = call.arguments[0] && unwrap(call.arguments[0])
    if (list?.type !== 'ArrayExpression' || outermost(node).parent?.type !== 'VariableDeclarator') return
    for (const [index, element] of (list.elements as (Node | null)[]).entries()) {
      if (element?.type === 'SpreadElement') return
      const locking = element ? unwrap(element) : undefined
      const kind = locking?.type === 'CallExpression' ? holdGivenBy(this.#file.methodOf(locking)) : undefined
      const guard = this.#guardOf(node, index)
      if (kind === undefined || guard === 'elsewhere' || guard?.id === outermost(node).parent!.id) continue
      const lock = lockOf(this.#file, unwrap(locking!.callee).object)
      yield acquire({ lock, node: locking!, guard, ...kind, tries: false, momentary: false })
    }
  }

  /** Acquires the guard that replaces another guard of the same lock. */
  *#exchanged(node: Node, call: Node, method: string): Generator<Effect> {
    const guard = this.#guardOf(node)
    if (guard === 'elsewhere') return
    const binding = this.#file.bindingOf(unwrap(call.callee).object)
    const before = (binding && this.#holdOf(binding)) ?? LOST
    yield acquire({ ...before, node, guard, ...holdGivenBy(method)! })
  }

  /** Returns the acquisition in a variable's initialiser. */
  #holdOf({ node }: Binding): Hold | undefined {
    return node.init && this.#acquired(unwrap(node.init))
  }

  /**
   * Returns the acquisition that an `await`, a `.wait()`, a `.try()` or a `getMut()` makes; undefined if it makes none.
   */
  #acquired(node: Node): Hold | undefined {
    const { call, tries } = this.#waitedFor(node) ?? {}
    const method = call && this.#file.methodOf(call)
    const kind = holdGivenBy(method)
    if (kind === undefined || METHODS.get(method!)?.ends) return undefined
    const lock = lockOf(this.#file, unwrap(call!.callee).object)
    const guard = this.#guardOf(node)
    if (guard === 'elsewhere') return undefined
    return { lock, node, guard, ...kind, tries: tries!, momentary: false }
  }

  /** Returns the call that made the `Wait` of an `await`, a `.wait()` or a `.try()`. */
  #waitedFor(node: Node): { call: Node; tries: boolean } | undefined {
    let value = node.type === 'AwaitExpression' ? unwrap(node.argument) : node
    if (value.type !== 'CallExpression') return undefined
    let method = this.#file.methodOf(value)
    const tries = node.type !== 'AwaitExpression' && method === 'Wait.try'
    if (node.type !== 'AwaitExpression') {
      if (isImmediate(method)) return { call: value, tries: true }
      if (method !== 'Wait.wait' && !tries) return undefined
      value = unwrap(unwrap(value.callee).object)
      method = value.type === 'CallExpression' ? this.#file.methodOf(value) : undefined
    }
    if (method === 'Wait.within') value = unwrap(unwrap(value.callee).object)
    return value.type === 'CallExpression' ? { call: value, tries } : undefined
  }

  /**
   * Returns the variable that receives a guard (of several guards, the one at `index`); undefined if no variable does,
   * and 'elsewhere' if other code receives it.
   */
  #guardOf(node: Node, index?: number): Binding | 'elsewhere' | undefined {
    const outer = outermost(node)
    const { parent } = outer
    const pattern =
      parent?.type === 'VariableDeclarator'
        ? parent.id
        : parent?.type === 'AssignmentExpression'
          ? parent.left
          : undefined
    if (index !== undefined && pattern?.type === 'ArrayPattern') return this.#guardIn(pattern, index)
    if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return this.#file.declared(parent.id)
    // `const { value } = await m.lock()` keeps a part and loses the guard.
    if (parent?.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern') return undefined
    if (parent?.type === 'AssignmentExpression' && parent.left.type === 'ObjectPattern') return undefined
    if (parent?.type === 'AssignmentExpression' && parent.right === outer && parent.left.type === 'Identifier')
      return this.#file.bindingOf(parent.left) ?? 'elsewhere'
    if (parent?.type === 'ExpressionStatement' || (parent?.type === 'MemberExpression' && !isDisposed(parent)))
      return undefined
    return 'elsewhere'
  }

  #guardIn(pattern: Node, index: number): Binding | 'elsewhere' | undefined {
    const elements = pattern.elements as (Node | null)[]
    if (elements.some(each => each !== null && !/^(?:Identifier|ObjectPattern)$/.test(each.type))) return 'elsewhere'
    const element = elements[index]
    if (element?.type !== 'Identifier') return undefined
    return this.#file.declared(element) ?? this.#file.bindingOf(element) ?? 'elsewhere'
  }

  #momentary(call: Node): Hold | undefined {
    if (call.type !== 'CallExpression') return undefined
    const method = this.#file.methodOf(call)
    if (method === undefined || !METHODS.get(method)?.holds) return undefined
    const lock = lockOf(this.#file, unwrap(call.callee).object)
    const member = outermost(call).parent
    const waits = member?.type === 'MemberExpression' ? outermost(member).parent : undefined
    const tries = waits?.type === 'CallExpression' && this.#file.methodOf(waits) === 'Wait.try'
    return { lock, node: call, guard: undefined, ...ALONE, tries, momentary: true }
  }

  // Borrows.

  *#borrows(holder: Binding, value: Node): Generator<Effect> {
    if (isFunctionLiteral(value) && this.#file.closureOf(value) === undefined) {
      for (const [of, node] of this.#summaries.of(this.#file, value).reads)
        if (of !== holder && OWNED.has(this.#file.factsOf(of)?.crossing ?? ''))
          yield borrow({ holder, of, node, why: 'closure' })
      return
    }
    if (value.type === 'Identifier') {
      const of = this.#file.scopes.bindingOf(value)
      if (of !== undefined && isVariable(of) && OWNED.has(this.#file.factsOf(of)?.crossing ?? ''))
        yield borrow({ holder, of, node: value, why: 'alias' })
      return
    }
    const hold = this.#acquired(value)
    if (hold !== undefined) {
      const of = rootOf(this.#file, hold.node)
      if (of !== undefined) yield borrow({ holder, of, node: value, why: 'guard' })
      return
    }
    const guard = this.guardRead(value)
    if (guard !== undefined) return yield borrow({ holder, of: guard, node: value, why: 'guarded' })
    if (value.type === 'MemberExpression') yield* this.#borrowsPart(holder, value, { node: value, path: '' })
  }

  /** Borrows a part by an alias: `const rows = this.rows`, `const { rows } = this`. */
  *#borrowsPart(holder: Binding, node: Node, { node: whole, path }: Value): Generator<Effect> {
    const place = placeOf(this.#file, whole)
    if (place === undefined || !isVariable(place.binding) || this.#file.factsOf(holder)?.crossing !== 'moved') return
    yield borrow({ holder, of: place.binding, node, why: 'part', path: place.path + path })
  }

  /**
   * Returns the guard whose value, or a part of it that is no primitive, an expression reads: `g` of `g.value.rows`.
   */
  guardRead(value: Node): Binding | undefined {
    const node = unwrap(value)
    const guard = this.#guardUnder(node)
    return guard !== undefined && this.#file.factsOfPart(node)?.crossing === 'moved' ? guard : undefined
  }

  #guardUnder(node: Node): Binding | undefined {
    if (node.type !== 'MemberExpression') return undefined
    const guard = memberName(node) === 'value' ? this.#file.bindingOf(node.object) : undefined
    return guard !== undefined && this.#isGuard(guard) ? guard : this.#guardUnder(unwrap(node.object))
  }

  #isGuard(binding: Binding): boolean {
    return this.#file.factsOf(binding)?.isGuard === true
  }
}

/** Whether a method returns a guard without waiting, or throws: `getMut`. */
function isImmediate(method: string | undefined): boolean {
  const row = method === undefined ? undefined : METHODS.get(method)
  return row !== undefined && row.waits !== true && row.ends !== true && guardOf(row) !== undefined
}

/** The acquisition of a guard whose lock is unknown. */
const LOST = { lock: undefined, ...ALONE, tries: false, momentary: false }

const move = (move: Move): Effect => ({ kind: 'move', move, fact: { kind: 'moved', binding: move.binding, move } })
const borrow = (borrow: Borrow): Effect => ({ kind: 'borrow', borrow, fact: { kind: 'borrowed', borrow } })
const acquire = (hold: Hold): Effect => ({
  kind: 'acquire',
  hold,
  // A guard without a name is lost, which is reported once, at the acquisition.
  fact: hold.momentary || hold.guard === undefined ? undefined : { kind: 'held', hold },
})

/** `x[Symbol.dispose]()` */
export function isDispose(call: Node): boolean {
  const callee = unwrap(call.callee)
  return callee.type === 'MemberExpression' && callee.computed && isDisposed(callee)
}

function isDisposed(member: Node): boolean {
  const key = member.computed ? unwrap(member.property) : undefined
  return (
    key?.type === 'MemberExpression' && key.object.name === 'Symbol' && /^(?:asyncD|d)ispose$/.test(key.property.name)
  )
}

/** Whether this use of a guard passes it to code that may keep it. */
function escapes(node: Node): boolean {
  const outer = outermost(node)
  switch (outer.parent?.type) {
    case 'ReturnStatement':
    case 'YieldExpression':
    case 'ArrayExpression':
    case 'SpreadElement':
    case 'VariableDeclarator':
      return true
    case 'ArrowFunctionExpression':
      return outer.parent.body === outer
    case 'Property':
      return outer.parent.value === outer
    case 'AssignmentExpression':
      return outer.parent.right === outer
    case 'NewExpression':
      return outer.parent.callee !== outer
    default:
      return false
  }
}

/** Returns the variable through which an acquisition reaches its lock. */
function rootOf(file: FileInfo, acquired: Node): Binding | undefined {
  const call = acquired.type === 'AwaitExpression' ? unwrap(acquired.argument) : acquired
  let at = unwrap(call.callee)
  while (at.type === 'MemberExpression' || at.type === 'CallExpression')
    at = unwrap(at.type === 'MemberExpression' ? at.object : at.callee)
  const binding = at.type === 'Identifier' ? file.scopes.bindingOf(at) : undefined
  return binding && isVariable(binding) && OWNED.has(file.factsOf(binding)?.crossing ?? '') ? binding : undefined
}
