/**
 * Arc: a thing with several owners in several threads; the last one ends it.
 *
 * An Arc of a handle (a Mutex, an atomic) is that handle, marked as one that shares: crossing makes another owner. An
 * Arc of plain data is a SharedValue.
 */
import { i32 } from '../memory/heap.ts'
import { BROADCAST_SENDERS } from '../core/broadcast.ts'
import { CHANNEL_HANDLES, CHANNEL_RECEIVERS, CHANNEL_SENDERS } from '../core/channel.ts'
import { HANDLE_KIND } from '../core/handles.ts'
import { core } from '../core/index.ts'
import { THREAD_OWNERS } from '../core/run-queue.ts'
import { DroppedError, NotSendError } from '../errors.ts'
import { originalOf } from '../memory/codec/clone.ts'
import {
  Handle,
  cloneHandle,
  dropHandle,
  forgetHandle,
  makeShared,
  makeUnshared,
  thingOf,
} from '../memory/handles/handle.ts'
import { mayEndStatic } from '../memory/codec/statics.ts'
import {
  ARRAY_QUEUE,
  BROADCAST_SENDER,
  SEG_QUEUE,
  SENDER,
  SHARED_RECEIVER,
  SYNC_SENDER,
  THREAD,
} from '../memory/handles/kinds.ts'
import type { Arc as ArcOf, OfData, SendSync, Shared } from '../send.ts'
import { countedKind, isCounted, ownersAt } from './counted.ts'
import {
  SharedValue,
  getMut,
  makeMut,
  newCyclicValue,
  newSharedValue,
  takeCopy,
  takeOut,
  type ArcMut,
} from './shared-value.ts'
import { downgrade, type Weak } from './weak.ts'

/**
 * A thing with several owners in several threads.
 *
 * ```ts
 * const config = new Arc({ retries: 3 })
 * await thread.spawn(move(() => config.value.retries)).join() // => 3
 * ```
 */
export type Arc<T> = ArcOf<T>

function newArc(value: unknown): unknown {
  const original = originalOf(value)
  if (!(original instanceof Handle)) return newSharedValue(value)
  thingOf(original)
  const handle = original === value ? original : cloneHandle(original)
  makeShared(handle)
  return handle
}

interface ArcConstructor {
  /** An Arc of a thing, which is given away to it; a `Mutex` in an Arc is used as the `Mutex` it is. */
  new <T>(value: SendSync<T>): Arc<T>
  /** Another owner in this thread. */
  clone<A extends Shared<unknown>>(arc: A): A
  /**
   * An Arc of data that knows itself: `f` gets a weak owner to put into it, which does not upgrade before `f` is done.
   *
   * ```ts
   * interface Tree { name: string; self: Weak<Tree> }
   * const tree = Arc.newCyclic<Tree>(self => ({ name: 'root', self }))
   * tree.value.self.upgrade() !== undefined // => true
   * ```
   */
  newCyclic<T>(f: (weak: Weak<T>) => SendSync<T>): Arc<T>
  /** How many owners there are: a snapshot, useful for looking, never for deciding. */
  strongCount(arc: Shared<unknown>): number
  /** How many `Weak`s there are: a snapshot as well. */
  weakCount(arc: Shared<unknown>): number
  /** Whether two Arcs own the same thing. */
  ptrEq(a: Shared<unknown>, b: Shared<unknown>): boolean
  /** One that knows the thing and does not keep it alive. Throws `NotSendError` for an Arc of a Sender or a thread. */
  downgrade<T>(arc: Shared<T>): Weak<T>
  /** The thing, if this was its only owner, and the Arc is gone; else `undefined`, and nothing has changed. */
  tryUnwrap<T>(arc: Shared<T>): T | undefined
  /** Gives this owner up: the thing, if it was the only one; else `undefined`. Of all owners who do so, one gets it. */
  intoInner<T>(arc: Shared<T>): T | undefined
  /**
   * Gives this owner up: the data itself, if it was the only one; else a copy.
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
   * Never waits. Throws `NotSendError` for an Arc of a lock or another handle, which has no copy.
   */
  unwrapOrClone<T>(arc: Shared<T> & OfData<T>): T
  /**
   * The right to change the data, if it has no other owner, weak or not; else `undefined`.
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
   * The right to change the data: of a copy of its own, if it has other owners. Weak owners are left behind.
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

/** Makes a thing with several owners in several threads: `new Arc(value)`, then `Arc.clone(arc)` and its siblings. */
export const Arc: ArcConstructor = Object.assign(
  function Arc(this: unknown, value: unknown): unknown {
    if (new.target === undefined) throw new TypeError('Arc is a class: write `new Arc(value)`.')
    return newArc(value)
  } as unknown as ArcConstructor,
  {
    clone: <A extends Shared<unknown>>(arc: A): A => cloneHandle(arc as unknown as Handle) as unknown as A,
    newCyclic: <T>(f: (weak: Weak<T>) => SendSync<T>): Arc<T> =>
      newCyclicValue(f as (weak: Weak<unknown>) => unknown) as unknown as Arc<T>,
    strongCount: (arc: Shared<unknown>): number => ownersAt(ownersOf(handleOf(arc))),
    weakCount: (arc: Shared<unknown>): number => weakCount(handleOf(arc)),
    ptrEq: (a: Shared<unknown>, b: Shared<unknown>): boolean => thingOf(handleOf(a)) === thingOf(handleOf(b)),
    downgrade: <T>(arc: Shared<T>): Weak<T> => downgrade<T>(handleOf(arc)),
    tryUnwrap: <T>(arc: Shared<T>): T | undefined => unwrap(handleOf(arc)) as T | undefined,
    intoInner: <T>(arc: Shared<T>): T | undefined => intoInner(handleOf(arc)) as T | undefined,
    unwrapOrClone: <T>(arc: Shared<T>): T => unwrapOrClone(dataOf(arc)) as T,
    getMut: <T>(arc: Shared<T>): ArcMut<T> | undefined => getMut(dataOf(arc)) as ArcMut<T> | undefined,
    makeMut: <T>(arc: Shared<T>): ArcMut<T> => makeMut(dataOf(arc)) as ArcMut<T>,
  },
)

const handleOf = (arc: Shared<unknown>): Handle => arc as unknown as Handle

function dataOf(arc: Shared<unknown>): SharedValue {
  if (arc instanceof SharedValue) return arc
  throw new NotSendError(
    'only an Arc of plain data can be copied or changed as a whole: lock the Mutex in this one, or take it out with `tryUnwrap`',
  )
}

/** Where the things that are not counted as sync/counted.ts does count their owners. */
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
  return i32[(arc.record + HANDLE_KIND) >> 2]
}

function ownersOf(arc: Handle): number {
  const thing = thingOf(arc)
  const kind = kindOf(arc)
  return thing + (owners.get(kind) ?? countedKind(kind).owners)
}

function weakCount(arc: Handle): number {
  const thing = thingOf(arc)
  return isCounted(kindOf(arc)) ? Atomics.load(i32, (thing + countedKind(kindOf(arc)).weaks) >> 2) - 1 : 0
}

function unwrap(arc: Handle): unknown {
  const at = ownersOf(arc)
  if (ownersAt(at) !== 1 || !mayEndStatic(arc.thing)) return undefined
  if (arc instanceof SharedValue) return core.takeLast(at) === 0 ? undefined : takeOut(arc)
  const kind = kindOf(arc)
  // The same handle, no longer one that shares; weak owners do not find it any more.
  if (isCounted(kind) ? core.cutOff(at) === 0 : Atomics.load(i32, at >> 2) !== 1) return undefined
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
    // Another thread has found it in a module: main's share is the module's.
    if (!mayEndStatic(arc.thing)) {
      dropHandle(arc)
      return undefined
    }
    if (core.leaveOwners(at) === 0) {
      forgetHandle(arc)
      return undefined
    }
    // A weak owner may become an owner in between: then this one is not the only one after all.
    const inner = unwrap(arc)
    if (inner !== undefined) return inner
  }
}

function unwrapOrClone(arc: SharedValue): unknown {
  // RACE: the other owners may go from here on. The data stays as long as this one does.
  return ownersAt(ownersOf(arc)) === 1 && mayEndStatic(arc.thing) && core.takeLast(ownersOf(arc)) !== 0
    ? takeOut(arc)
    : takeCopy(arc)
}

/**
 * Ends a value here and now: a sender, a lock, a guard, anything with a disposer.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>()
 * drop(tx) // no sender is left
 * for (const value of rx) console.log(value) // ends at once
 * ```
 */
export function drop(value: Disposable | Shared<unknown>): asserts value is never {
  const some = value as Disposable | null | undefined
  if (typeof some?.[Symbol.dispose] !== 'function')
    throw new DroppedError('This value has no end that `drop` could bring about.')
  some[Symbol.dispose]()
}
