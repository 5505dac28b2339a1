/**
 * Arc: shared ownership across threads, after std's `Arc`. The last owner drops the value.
 *
 * - An Arc of a handle (a Mutex, an atomic) is that handle, marked as shared: crossing a thread adds an owner.
 * - An Arc of plain data is an ArcData.
 * - Rc, after std's `Rc`, exists so that the types can refuse to send it.
 */

import { BROADCAST_SENDERS } from '../core/broadcast.ts'
import { CHANNEL_HANDLES, CHANNEL_RECEIVERS, CHANNEL_SENDERS } from '../core/channel.ts'
import { HANDLE_KIND } from '../core/handles.ts'
import { core } from '../core/index.ts'
import { get, load } from '../core/memory.ts'
import { THREAD_OWNERS } from '../core/run-queue.ts'
import { describe } from '../describe.ts'
import { DroppedError, NotSendError } from '../errors.ts'
import { originalOfMark } from '../memory/codec/clone.ts'
import {
  Handle,
  cloneHandle,
  dropHandle,
  freeHandleRecord,
  makeShared,
  makeUnshared,
  liveObjectOf,
} from '../memory/handles/handle.ts'
import { mayDropStatic } from '../memory/codec/statics.ts'
import {
  ARRAY_QUEUE,
  BROADCAST_SENDER,
  SEG_QUEUE,
  SENDER,
  SHARED_RECEIVER,
  SYNC_SENDER,
  THREAD,
} from '../memory/handles/kinds.ts'
import { type Arc as ArcOf, type OfData, type SendSync, type Shared, type Crossing, type crossing } from '../send.ts'
import { countedKind, isCounted, ownerCountAt } from './owner-count.ts'
import {
  ArcData,
  getMut,
  makeMut,
  newCyclicValue,
  newArcData,
  copyAndDrop,
  takeData,
  type ArcMut,
} from './shared-value.ts'
import { downgrade, type Weak } from './weak.ts'
import { refuseClass } from '../memory/codec/codec.ts'

/**
 * A value with several owners in one thread. It never crosses to another thread.
 *
 * ```ts
 * const rc = new Rc(5)
 * rc.value // => 5
 * ```
 */
export class Rc<T> {
  declare readonly [crossing]: Crossing<'Rc', 'never: use Arc', 'never: use Arc', T>
  readonly value: T

  constructor(value: T) {
    this.value = value
  }
  /** Adds an owner. In JavaScript, this is the same object. */
  static clone<T>(rc: Rc<T>): Rc<T> {
    return rc
  }
}

refuseClass(Rc, 'Use Arc.')

/**
 * A value with several owners in several threads.
 *
 * ```ts
 * const config = new Arc({ retries: 3 })
 * await thread.spawn(move(() => config.value.retries)).join() // => 3
 * ```
 */
export type Arc<T> = ArcOf<T>

function newArc(value: unknown): unknown {
  const original = originalOfMark(value)
  if (!(original instanceof Handle)) return newArcData(value)
  liveObjectOf(original)
  const handle = original === value ? original : cloneHandle(original)
  makeShared(handle)
  return handle
}

interface ArcConstructor {
  /** Creates an Arc and moves the value into it. A `Mutex` in an Arc is used directly as a `Mutex`. */
  new <T>(value: SendSync<T>): Arc<T>
  /** Adds an owner in this thread. */
  clone<A extends Shared<unknown>>(arc: A): A
  /**
   * Creates an Arc of data that contains itself. `f` receives a weak owner to store in the data. It does not upgrade
   * before `f` has returned.
   *
   * ```ts
   * interface Tree { name: string; self: Weak<Tree> }
   * const tree = Arc.newCyclic<Tree>(self => ({ name: 'root', self }))
   * tree.value.self.upgrade() !== undefined // => true
   * ```
   */
  newCyclic<T>(f: (weak: Weak<T>) => SendSync<T>): Arc<T>
  /** The number of owners. The answer is a snapshot: use it for display, never for a decision. */
  strongCount(arc: Shared<unknown>): number
  /** The number of `Weak`s, as a snapshot. */
  weakCount(arc: Shared<unknown>): number
  /** Whether two Arcs own the same value. */
  ptrEq(a: Shared<unknown>, b: Shared<unknown>): boolean
  /**
   * Creates a weak owner, which does not keep the value alive. Throws `NotSendError` for an Arc of a Sender or a
   * thread.
   */
  downgrade<T>(arc: Shared<T>): Weak<T>
  /**
   * Returns the value and drops the Arc if this is its only owner. Otherwise returns `undefined` and changes nothing.
   */
  tryUnwrap<T>(arc: Shared<T>): T | undefined
  /**
   * Drops this owner. Returns the value if it was the only owner, otherwise `undefined`. If all owners call it,
   * exactly one receives the value.
   */
  intoInner<T>(arc: Shared<T>): T | undefined
  /**
   * Drops this owner. Returns the data itself if it was the only owner, otherwise a copy.
   *
   * ```ts
   * const arc = new Arc(['a'])
   * const other = Arc.clone(arc)
   * const mine = Arc.unwrapOrClone(arc)
   * mine.push('b')
   * mine // => ['a', 'b']
   * other.value // => ['a']
   * ```
   *
   * Never waits. Throws `NotSendError` for an Arc of a lock or another handle, because a handle has no copy.
   */
  unwrapOrClone<T>(arc: Shared<T> & OfData<T>): T
  /**
   * Returns the right to change the data if this is the only owner and there is no `Weak`. Otherwise returns
   * `undefined`.
   *
   * ```ts
   * const arc = new Arc({ n: 1 })
   * {
   *   using data = Arc.getMut(arc)!
   *   data.value.n = 2
   * }
   * arc.value.n // => 2
   * ```
   */
  getMut<T>(arc: Shared<T> & OfData<T>): ArcMut<T> | undefined
  /**
   * Returns the right to change the data. If there are other owners, this Arc first gets a copy of its own; its
   * `Weak`s stay with the old data.
   *
   * ```ts
   * const arc = new Arc({ n: 1 })
   * const other = Arc.clone(arc)
   * {
   *   using data = Arc.makeMut(arc)
   *   data.value.n = 2
   * }
   * [arc.value.n, other.value.n] // => [2, 1]
   * ```
   */
  makeMut<T>(arc: Shared<T> & OfData<T>): ArcMut<T>
}

/** Creates a value with several owners in several threads: `new Arc(value)`, `Arc.clone(arc)` and related functions. */
export const Arc: ArcConstructor = Object.assign(
  function Arc(this: unknown, value: unknown): unknown {
    if (new.target === undefined) throw new TypeError('Arc was called as a function. Write `new Arc(value)`.')
    return newArc(value)
  } as unknown as ArcConstructor,
  {
    clone: <A extends Shared<unknown>>(arc: A): A => cloneHandle(arc as unknown as Handle) as unknown as A,
    newCyclic: <T>(f: (weak: Weak<T>) => SendSync<T>): Arc<T> =>
      newCyclicValue(f as (weak: Weak<unknown>) => unknown) as unknown as Arc<T>,
    strongCount: (arc: Shared<unknown>): number => ownerCountAt(ownersOf(handleOf(arc))),
    weakCount: (arc: Shared<unknown>): number => weakCount(handleOf(arc)),
    ptrEq: (a: Shared<unknown>, b: Shared<unknown>): boolean => liveObjectOf(handleOf(a)) === liveObjectOf(handleOf(b)),
    downgrade: <T>(arc: Shared<T>): Weak<T> => downgrade<T>(handleOf(arc)),
    tryUnwrap: <T>(arc: Shared<T>): T | undefined => unwrap(handleOf(arc)) as T | undefined,
    intoInner: <T>(arc: Shared<T>): T | undefined => intoInner(handleOf(arc)) as T | undefined,
    unwrapOrClone: <T>(arc: Shared<T>): T => unwrapOrClone(dataOf(arc)) as T,
    getMut: <T>(arc: Shared<T>): ArcMut<T> | undefined => getMut(dataOf(arc)) as ArcMut<T> | undefined,
    makeMut: <T>(arc: Shared<T>): ArcMut<T> => makeMut(dataOf(arc)) as ArcMut<T>,
  },
)

const handleOf = (arc: Shared<unknown>): Handle => arc as unknown as Handle

function dataOf(arc: Shared<unknown>): ArcData {
  if (arc instanceof ArcData) return arc
  throw new NotSendError(
    'Only an Arc of plain data can be copied or changed as a whole. Lock the Mutex in this one, or take it out with `tryUnwrap`.',
  )
}

/** The offset of the owner count in objects that are not counted as in sync/owner-count.ts. */
const owners = new Map([
  [SENDER, CHANNEL_SENDERS],
  [SYNC_SENDER, CHANNEL_SENDERS],
  [SHARED_RECEIVER, CHANNEL_RECEIVERS],
  [BROADCAST_SENDER, BROADCAST_SENDERS],
  [SEG_QUEUE, CHANNEL_HANDLES],
  [ARRAY_QUEUE, CHANNEL_HANDLES],
  [THREAD, THREAD_OWNERS],
])

function kindOf(arc: Handle): number {
  return get(arc.record + HANDLE_KIND)
}

function ownersOf(arc: Handle): number {
  const thing = liveObjectOf(arc)
  const kind = kindOf(arc)
  return thing + (owners.get(kind) ?? countedKind(kind).owners)
}

function weakCount(arc: Handle): number {
  const thing = liveObjectOf(arc)
  return isCounted(kindOf(arc)) ? load(thing + countedKind(kindOf(arc)).weaks) - 1 : 0
}

function unwrap(arc: Handle): unknown {
  const at = ownersOf(arc)
  if (ownerCountAt(at) !== 1 || !mayDropStatic(arc.thing)) return undefined
  if (arc instanceof ArcData) return core.removeOnlyOwner(at) === 0 ? undefined : takeData(arc)
  const kind = kindOf(arc)
  // The same handle, no longer marked as shared. Weak owners can no longer upgrade to it.
  if (isCounted(kind) ? core.startGeneration(at) === 0 : load(at) !== 1) return undefined
  makeUnshared(arc)
  return arc
}

function intoInner(arc: Handle): unknown {
  if (!isCounted(kindOf(arc))) {
    const inner = unwrap(arc)
    if (inner === undefined) dropHandle(arc)
    return inner
  }
  for (const at = ownersOf(arc); ;) {
    // Another thread has found this object in a module: main's owner belongs to the module now.
    if (!mayDropStatic(arc.thing)) {
      dropHandle(arc)
      return undefined
    }
    if (core.removeOwnerUnlessLast(at) === 0) {
      freeHandleRecord(arc)
      return undefined
    }
    // RACE: a weak owner may upgrade here. Then this owner is not the only one, and the loop tries again.
    const inner = unwrap(arc)
    if (inner !== undefined) return inner
  }
}

function unwrapOrClone(arc: ArcData): unknown {
  // RACE: the other owners may be dropped from here on. This owner keeps the data alive.
  return ownerCountAt(ownersOf(arc)) === 1 && mayDropStatic(arc.thing) && core.removeOnlyOwner(ownersOf(arc)) !== 0
    ? takeData(arc)
    : copyAndDrop(arc)
}

/**
 * Drops a value at once: a sender, a lock, a guard, or any object with a disposer.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>()
 * drop(tx) // the last sender
 * for (const value of rx) console.log(value) // ends at once
 * ```
 */
export function drop(value: Disposable | Shared<unknown>): asserts value is never {
  const some = value as Disposable | null | undefined
  if (typeof some?.[Symbol.dispose] !== 'function')
    throw new DroppedError(
      `\`drop\` expects a handle (a Sender, a guard, an Arc ...) or a Disposable, got ${describe(value)}. ` +
        'Pass it such an object.',
    )
  some[Symbol.dispose]()
}
