/**
 * Arc: a thing with several owners in several threads; the last one ends it.
 *
 * An Arc of a handle (a Mutex, an atomic) is that handle, marked as one that shares: crossing makes another owner. An
 * Arc of plain data keeps it encoded in the heap; each thread reads it once, frozen.
 */
import { allocate, i32, release } from '../memory/heap.ts'
import { BROADCAST_SENDERS } from '../core/broadcast.ts'
import { CHANNEL_HANDLES, CHANNEL_RECEIVERS, CHANNEL_SENDERS } from '../core/channel.ts'
import { HANDLE_KIND } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { MUTEX_OWNERS } from '../core/mutex.ts'
import { THREAD_OWNERS } from '../core/run-queue.ts'
import { DroppedError, NotSendError } from '../errors.ts'
import { decode, hasHandles, scratchAddress } from '../memory/codec.ts'
import {
  Handle,
  cloneHandle,
  defineKind,
  dropHandle,
  makeShared,
  makeUnshared,
  newRecord,
  thingOf,
} from '../memory/handle.ts'
import {
  ARC,
  ARRAY_QUEUE,
  BROADCAST_SENDER,
  MUTEX,
  SEG_QUEUE,
  SENDER,
  SHARED_RECEIVER,
  SYNC_SENDER,
  THREAD,
} from '../memory/kinds.ts'
import { discardBlock, toBlock } from '../memory/message.ts'
import type { Arc as ArcOf, SendSync, Shared } from '../send.ts'

// Plain data in an Arc:  +0 owners, +4 block, +8 its length
const OWNERS = 0
const BLOCK = 4
const LENGTH = 8

class SharedValue extends Handle {
  #value: unknown
  #read = false

  get value(): unknown {
    const arc = thingOf(this)
    if (!this.#read) {
      this.#value = freeze(decode(i32[(arc + BLOCK) >> 2], i32[(arc + LENGTH) >> 2]))
      this.#read = true
    }
    return this.#value
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Freezes what was read: a change would be this thread's own. Views of buffers cannot be frozen; they are copies. */
function freeze(value: unknown): unknown {
  // A list instead of recursion: data may be deeper than the stack.
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== 'object' || next === null || ArrayBuffer.isView(next) || Object.isFrozen(next)) continue
    Object.freeze(next)
    for (const key of Reflect.ownKeys(next)) left.push((next as Record<PropertyKey, unknown>)[key])
  }
  return value
}

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
  if (value instanceof Handle) {
    thingOf(value)
    makeShared(value)
    return value
  }
  const arc = allocate(16)
  let record = 0
  try {
    record = newRecord(ARC, arc, true)
    const { at, length } = toBlock(value, 'move', refuseHandles)
    i32[(arc + OWNERS) >> 2] = 1
    i32[(arc + BLOCK) >> 2] = at
    i32[(arc + LENGTH) >> 2] = length
    return new SharedValue(record)
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    release(arc)
    throw error
  }
}

/** Each thread reads the bytes for itself, and a handle in them has one owner. */
function refuseHandles(): void {
  if (!hasHandles(scratchAddress())) return
  throw new NotSendError(
    'a Mutex, a Sender or another handle cannot lie inside the data of an Arc: put it in an Arc of its own',
  )
}

interface ArcConstructor {
  /** An Arc of a thing, which is given away to it; a `Mutex` in an Arc is used as the `Mutex` it is. */
  new <T>(value: SendSync<T>): Arc<T>
  /** Another owner in this thread. */
  clone<A extends Shared<unknown>>(arc: A): A
  /** How many owners there are: a snapshot, useful for looking, never for deciding. */
  strongCount(arc: Shared<unknown>): number
  /** Whether two Arcs own the same thing. */
  ptrEq(a: Shared<unknown>, b: Shared<unknown>): boolean
  /** The thing, if this was its only owner, and the Arc is gone; else `undefined`, and nothing has changed. */
  tryUnwrap<T>(arc: Shared<T>): T | undefined
}

/** Makes a thing with several owners in several threads: `new Arc(value)`, then `Arc.clone(arc)` and its siblings. */
export const Arc: ArcConstructor = Object.assign(
  function Arc(this: unknown, value: unknown): unknown {
    if (new.target === undefined) throw new TypeError('Arc is a class: write `new Arc(value)`.')
    return newArc(value)
  } as unknown as ArcConstructor,
  {
    clone: <A extends Shared<unknown>>(arc: A): A => cloneHandle(arc as unknown as Handle) as unknown as A,
    strongCount: (arc: Shared<unknown>): number => Atomics.load(i32, ownersOf(arc) >> 2),
    ptrEq: (a: Shared<unknown>, b: Shared<unknown>): boolean =>
      thingOf(a as unknown as Handle) === thingOf(b as unknown as Handle),
    tryUnwrap: <T>(arc: Shared<T>): T | undefined => tryUnwrap(arc as unknown as Handle) as T | undefined,
  },
)

/** Where the things that count their owners elsewhere do. */
const owners = new Map([
  [MUTEX, MUTEX_OWNERS],
  [SENDER, CHANNEL_SENDERS],
  [SYNC_SENDER, CHANNEL_SENDERS],
  [SHARED_RECEIVER, CHANNEL_RECEIVERS],
  [BROADCAST_SENDER, BROADCAST_SENDERS],
  [SEG_QUEUE, CHANNEL_HANDLES],
  [ARRAY_QUEUE, CHANNEL_HANDLES],
  [THREAD, THREAD_OWNERS],
])

function ownersOf(arc: Shared<unknown>): number {
  const handle = arc as unknown as Handle
  return thingOf(handle) + (owners.get(i32[(handle.record + HANDLE_KIND) >> 2]) ?? OWNERS)
}

function tryUnwrap(arc: Handle): unknown {
  if (Atomics.load(i32, ownersOf(arc as unknown as Shared<unknown>) >> 2) !== 1) return undefined
  if (!(arc instanceof SharedValue)) {
    // The same handle, no longer one that shares.
    makeUnshared(arc)
    return arc
  }
  const value = decode(i32[(arc.thing + BLOCK) >> 2], i32[(arc.thing + LENGTH) >> 2])
  dropHandle(arc)
  return value
}

defineKind(ARC, SharedValue, {
  name: 'Arc',
  share: arc => Atomics.add(i32, (arc + OWNERS) >> 2, 1),
  drop: arc => {
    if (Atomics.sub(i32, (arc + OWNERS) >> 2, 1) !== 1) return
    discardBlock(i32[(arc + BLOCK) >> 2], i32[(arc + LENGTH) >> 2])
    release(arc)
  },
  revive: record => new SharedValue(record),
  onlyMemory: true,
})

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
  const dispose = (value as Partial<Disposable>)[Symbol.dispose]
  if (typeof dispose !== 'function') throw new DroppedError('This value has no end that `drop` could bring about.')
  dispose.call(value)
}
