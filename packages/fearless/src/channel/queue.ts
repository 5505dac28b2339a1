/** Queues that nobody waits at: whoever has a handle pushes and pops. They are streams of core/channel.ts without ends. */
import { describe } from '../describe.ts'
import { CHANNEL_HANDLES, CHANNEL_SITE, IF_ROOM, OVER, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { Handle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handles/handle.ts'
import { heapFull, i32 } from '../memory/heap.ts'
import { ARRAY_QUEUE, SEG_QUEUE } from '../memory/handles/kinds.ts'
import { INTO_QUEUE } from '../memory/codec/moved.ts'
import { siteOfCaller } from '../memory/sites.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { EMPTY, capacityOf, dropChannelHandle, isFull, lengthOf, takeSharedMessage, takenMessage } from './channel.ts'
import { measureChannel } from './contents.ts'
import { push, unsentError } from './send.ts'

/**
 * A queue of any length that several threads push to and pop from.
 *
 * ```ts
 * const jobs = new SegQueue<string>()
 * await thread.spawn(move(() => jobs.push('from a thread'))).join()
 * jobs.pop() // => 'from a thread'
 * jobs.pop() // => undefined
 * ```
 *
 * Crossing a thread shares it. Nothing waits; to wait for the next one, use `mpmc.channel`. What one thread pushes is
 * popped in its order.
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
   * Puts `value` at the end and gives it away.
   *
   * Throws `NotSendError`, `HeapFullError`. What this thread did before is visible to the thread that pops `value`.
   */
  push(value: Send<T>): void {
    const answer = push(thingOf(this), value, IF_ROOM, INTO_QUEUE)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /** Takes the oldest value; `undefined` if there is none. */
  pop(): T | undefined {
    return popped(takeSharedMessage(thingOf(this)))
  }

  /** How many values there are: a snapshot. */
  get length(): number {
    return lengthOf(thingOf(this))
  }
  /** Whether there is none: a snapshot. */
  get isEmpty(): boolean {
    return this.length === 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * A queue with room for a number of values, which several threads push to and pop from.
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
 * Crossing a thread shares it. Nothing waits; to wait for room or for the next one, use `mpmc.channel`.
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
   * Puts `value` at the end and gives it away.
   *
   * Throws `FullError` with the value on it if there is no room, `NotSendError`, `HeapFullError`; nothing was pushed then.
   * What this thread did before is visible to the thread that pops `value`.
   */
  push(value: Send<T>): void {
    const answer = push(thingOf(this), value, IF_ROOM, INTO_QUEUE)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /** Puts `value` at the end, also without room: the oldest value goes then, and is returned. */
  forcePush(value: Send<T>): T | undefined {
    const queue = thingOf(this)
    const answer = push(queue, value, OVER, INTO_QUEUE)
    if (answer !== PUSHED) throw unsentError(answer)
    return popped(takenMessage(core.takeSurplus(self, queue)))
  }

  /** Takes the oldest value; `undefined` if there is none. */
  pop(): T | undefined {
    return popped(takeSharedMessage(thingOf(this)))
  }

  /** How many values there are: a snapshot. */
  get length(): number {
    const queue = thingOf(this)
    // While another thread forces a value in, there is one too many for a moment.
    return Math.min(lengthOf(queue), capacityOf(queue) ?? 0)
  }
  /** How many values have room. */
  get capacity(): number {
    return capacityOf(thingOf(this)) ?? 0
  }
  /** Whether there is none: a snapshot. */
  get isEmpty(): boolean {
    return this.length === 0
  }
  /** Whether there is no room: a snapshot. */
  get isFull(): boolean {
    return isFull(thingOf(this))
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
    `An ArrayQueue has room for a whole number of values from 1 to 2^30 - 1, not ${describe(capacity)}.`,
  )
}

function newQueue(kind: typeof SEG_QUEUE | typeof ARRAY_QUEUE, capacity: number): number {
  const queue = core.newQueue(self, capacity)
  if (queue === 0) throw heapFull(1536)
  i32[(queue + CHANNEL_SITE) >> 2] = siteOfCaller()
  try {
    return newRecord(kind, queue, true)
  } catch (error) {
    core.freeChannel(self, queue)
    throw error
  }
}

defineKind(SEG_QUEUE, SegQueue as { readonly prototype: Handle }, {
  name: 'SegQueue',
  share: (queue, record) => core.shareWeak(self, queue, record),
  drop: dropChannelHandle,
  countsRecords: true,
  revive: record => new SegQueue(record),
  measure: measureChannel,
  onlyMemory: true,
  inModules: 'shared',
  countOwners: queue => Atomics.load(i32, (queue + CHANNEL_HANDLES) >> 2),
})
defineKind(ARRAY_QUEUE, ArrayQueue as { readonly prototype: Handle }, {
  name: 'ArrayQueue',
  share: (queue, record) => core.shareWeak(self, queue, record),
  drop: dropChannelHandle,
  countsRecords: true,
  revive: record => new ArrayQueue(0, record),
  measure: measureChannel,
  onlyMemory: true,
  inModules: 'shared',
  countOwners: queue => Atomics.load(i32, (queue + CHANNEL_HANDLES) >> 2),
})
