/**
 * Queues without waiting: every thread with a handle pushes and pops. After crossbeam's `SegQueue` and `ArrayQueue`.
 * They are streams of core/channel.ts without a sender or receiver.
 */
import { load, set } from '../core/memory.ts'
import { describe } from '../describe.ts'
import { CHANNEL_HANDLES, CHANNEL_SITE, IF_ROOM, OVER, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { Handle, defineHandleClass, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { heapFullError } from '../memory/heap.ts'
import { ARRAY_QUEUE, SEG_QUEUE } from '../memory/handles/kinds.ts'
import { INTO_QUEUE } from '../memory/codec/moved.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { EMPTY, capacityOf, dropWeakHandle, isFull, lengthOf, recvShared, decodeReceived } from './channel.ts'
import { measureChannel } from './contents.ts'
import { tryPush, unsentError } from './push.ts'

/**
 * An unbounded queue that several threads push to and pop from.
 *
 * ```ts
 * const jobs = new SegQueue<string>()
 * await thread.spawn(move(() => jobs.push('from a thread'))).join()
 * jobs.pop() // => 'from a thread'
 * jobs.pop() // => undefined
 * ```
 *
 * A queue that crosses to another thread is shared. No operation waits; to wait for the next value, use `mpmc.channel`.
 * Values that one thread pushes are popped in its order.
 */
export class SegQueue<T> extends Handle {
  declare readonly [crossing]: Crossing<'SegQueue', 'if Send', 'if Send', T>

  constructor()
  /** @internal */
  constructor(record: number)
  constructor(record = newQueue(SEG_QUEUE, 0)) {
    super(record)
  }

  /**
   * Appends `value` to the queue and moves it.
   *
   * Throws `NotSendError`, `HeapFullError`. Everything that this thread did before is visible to the thread that pops
   * `value`.
   */
  push(value: Send<T>): void {
    const answer = tryPush(liveObjectOf(this), value, IF_ROOM, INTO_QUEUE)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /** Removes and returns the oldest value; `undefined` if the queue is empty. */
  pop(): T | undefined {
    return popped(recvShared(liveObjectOf(this)))
  }

  /** The number of values: a snapshot. */
  get length(): number {
    return lengthOf(liveObjectOf(this))
  }
  /** Whether the queue is empty: a snapshot. */
  get isEmpty(): boolean {
    return this.length === 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * A bounded queue that several threads push to and pop from.
 *
 * ```ts
 * const last = new ArrayQueue<number>(2)
 * last.push(1)
 * last.push(2)
 * last.push(3) // => throws FullError, value: 3
 * last.forcePush(3) // => 1
 * last.pop() // => 2
 * ```
 *
 * A queue that crosses to another thread is shared. No operation waits; to wait for room or for the next value, use
 * `mpmc.channel`.
 */
export class ArrayQueue<T> extends Handle {
  declare readonly [crossing]: Crossing<'ArrayQueue', 'if Send', 'if Send', T>

  constructor(capacity: number)
  /** @internal */
  constructor(capacity: number, record?: number)
  constructor(capacity: number, record = newQueue(ARRAY_QUEUE, checked(capacity))) {
    super(record)
  }

  /**
   * Appends `value` to the queue and moves it.
   *
   * Throws `FullError` with the value on it if the queue is full, `NotSendError`, `HeapFullError`; nothing was pushed
   * then. Everything that this thread did before is visible to the thread that pops `value`.
   */
  push(value: Send<T>): void {
    const answer = tryPush(liveObjectOf(this), value, IF_ROOM, INTO_QUEUE)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /** Appends `value` even if the queue is full: it then removes the oldest value and returns it. */
  forcePush(value: Send<T>): T | undefined {
    const queue = liveObjectOf(this)
    const answer = tryPush(queue, value, OVER, INTO_QUEUE)
    if (answer !== PUSHED) throw unsentError(answer)
    return popped(decodeReceived(core.takeSurplus(self, queue)))
  }

  /** Removes and returns the oldest value; `undefined` if the queue is empty. */
  pop(): T | undefined {
    return popped(recvShared(liveObjectOf(this)))
  }

  /** The number of values: a snapshot. */
  get length(): number {
    const queue = liveObjectOf(this)
    // RACE: while another thread forces a value in, the count is briefly one too high.
    return Math.min(lengthOf(queue), capacityOf(queue) ?? 0)
  }
  /** The maximal number of values. */
  get capacity(): number {
    return capacityOf(liveObjectOf(this)) ?? 0
  }
  /** Whether the queue is empty: a snapshot. */
  get isEmpty(): boolean {
    return this.length === 0
  }
  /** Whether the queue is full: a snapshot. */
  get isFull(): boolean {
    return isFull(liveObjectOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function popped<T>(value: unknown): T | undefined {
  return value === EMPTY ? undefined : (value as T)
}

function checked(capacity: number): number {
  if (Number.isInteger(capacity) && capacity > 0 && capacity < 0x4000_0000) return capacity
  throw new RangeError(
    `The capacity of an ArrayQueue must be a whole number from 1 to 2^30 - 1, got ${describe(capacity)}. Pass such a number.`,
  )
}

function newQueue(kind: typeof SEG_QUEUE | typeof ARRAY_QUEUE, capacity: number): number {
  const queue = core.newQueue(self, capacity)
  if (queue === 0) throw heapFullError(1536)
  set(queue + CHANNEL_SITE, siteOfCaller())
  try {
    return newRecord(kind, queue, true)
  } catch (error) {
    core.freeChannel(self, queue)
    throw error
  }
}

defineHandleClass(SEG_QUEUE, SegQueue as { readonly prototype: Handle }, {
  name: 'SegQueue',
  share: (queue, record) => core.shareWeak(self, queue, record),
  drop: dropWeakHandle,
  countsRecords: true,
  revive: record => new SegQueue(record),
  measure: measureChannel,
  onlyMemory: true,
  inModules: 'shared',
  countOwners: queue => load(queue + CHANNEL_HANDLES),
})
defineHandleClass(ARRAY_QUEUE, ArrayQueue as { readonly prototype: Handle }, {
  name: 'ArrayQueue',
  share: (queue, record) => core.shareWeak(self, queue, record),
  drop: dropWeakHandle,
  countsRecords: true,
  revive: record => new ArrayQueue(0, record),
  measure: measureChannel,
  onlyMemory: true,
  inModules: 'shared',
  countOwners: queue => load(queue + CHANNEL_HANDLES),
})
