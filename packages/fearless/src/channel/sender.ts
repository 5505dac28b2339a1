/**
 * The senders of mpsc and mpmc channels: of an unbounded channel, which never wait, and of a bounded one, which may
 * wait.
 */
import { CHANNEL_CLOSING, IF_ROOM, PUSHED } from '../core/channel.ts'
import { describe } from '../describe.ts'
import {
  Handle,
  cloneHandle,
  defineHandleClass,
  dropHandle,
  liveObjectOf,
  newRecord,
} from '../memory/handles/handle.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import {
  capacityOf,
  dropSender,
  isFull,
  lengthOf,
  areReceiversDropped,
  senderObservability,
  sendersOf,
  weakSendersOf,
  newChannel,
} from './channel.ts'
import { measureChannel } from './contents.ts'
import { DropWait } from './drop-wait.ts'
import { ReserveManyWait, ReserveWait, type SendPermit } from './permit.ts'
import { tryPush, sendWait, unsentError } from './push.ts'
import { sendAll, type SendSource } from './stream.ts'
import { downgrade, type WeakSender } from './weak-sender.ts'
import { core, self } from '../core/index.ts'
import { SENDER, SYNC_SENDER } from '../memory/handles/kinds.ts'

/** Creates a channel and its ends. Throws `HeapFullError` without an effect if the heap has no room for one of them. */
export function openChannel<T, R>(
  capacity: number | undefined,
  flavour: number,
  kind: number,
  receiver: (record: number) => R,
): [Sender<T> | SyncSender<T>, R] {
  const channel = newChannel(capacity, flavour)
  let receiving = 0
  try {
    receiving = newRecord(kind, channel, false)
    const sending = newRecord(capacity === undefined ? SENDER : SYNC_SENDER, channel, false)
    return [capacity === undefined ? new Sender<T>(sending) : new SyncSender<T>(sending), receiver(receiving)]
  } catch (error) {
    if (receiving !== 0) core.freeHandle(self, receiving)
    core.freeChannel(self, channel)
    throw error
  }
}

/**
 * The sending end of an unbounded channel. Clone it, and move one clone to each thread that sends.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * thread.spawn(move(() => tx.send('hi')))
 * await rx.recv() // => 'hi'
 * ```
 */
export class Sender<T> extends Handle {
  declare readonly [crossing]: Crossing<'Sender', 'if Send', 'if Send', T>

  /**
   * Sends `value` and moves it; never waits.
   *
   * Throws `ClosedError` with the value on it if no receiver is left, `NotSendError`, `HeapFullError`; nothing was sent
   * then. Everything that this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): void {
    const channel = liveObjectOf(this)
    const answer = tryPush(channel, value, IF_ROOM)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /**
   * Sends every value of an iterable, an async iterable or a `ReadableStream`, and resolves at its end.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * await tx.sendAll([1, 2, 3])
   * drop(tx)
   * ;[...rx] // => [1, 2, 3]
   * ```
   *
   * Yields between two values where the source does. Rejects with the error of `send` or of the source; after an error
   * of `send` the source is closed or cancelled.
   */
  sendAll(source: SendSource<Send<T>>): Promise<void> {
    return sendAll(source, value => this.send(value))
  }

  /** Creates another sender of the same channel. The channel is closed when all senders are dropped. */
  clone(): Sender<T> {
    return cloneHandle(this)
  }

  /** Creates a handle that does not keep the channel open, and that can create senders while the channel is open. */
  downgrade(): WeakSender<Sender<T>> {
    return downgrade(this)
  }

  /** Returns whether both are ends of one channel. */
  sameChannel(other: Sender<T>): boolean {
    return liveObjectOf(this) === liveObjectOf(other)
  }

  /**
   * Waits until no receiver is left, or the receiver was closed, so that work whose result is no longer needed can
   * stop.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * const worker = thread.spawn(move(() => { tx.closed().wait(); return 'nobody listens' }))
   * drop(rx)
   * await worker // => 'nobody listens'
   * ```
   */
  closed(): Wait<void> {
    return new DropWait(this, CHANNEL_CLOSING, areReceiversDropped)
  }

  /** Whether no receiver is left, or the receiver was closed, so that a send would throw `ClosedError`. */
  get isClosed(): boolean {
    return areReceiversDropped(liveObjectOf(this))
  }
  /** The number of senders and permits that keep the channel open: a snapshot. */
  get strongCount(): number {
    return sendersOf(liveObjectOf(this))
  }
  /** The number of `WeakSender`s: a snapshot, which may include an end whose drop is in progress. */
  get weakCount(): number {
    return weakSendersOf(liveObjectOf(this))
  }
  /** The number of messages in the channel: a snapshot. */
  get length(): number {
    return lengthOf(liveObjectOf(this))
  }
  /** Whether the channel is empty: a snapshot. */
  get isEmpty(): boolean {
    return this.length === 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * The sending end of a bounded channel: a send waits while the channel is full. With capacity 0 it waits until the
 * value is received.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>(1)
 * await tx.send(1)
 * tx.send(2).try() // => throws FullError
 * await rx.recv() // => 1
 * ```
 */
export class SyncSender<T> extends Handle {
  declare readonly [crossing]: Crossing<'SyncSender', 'if Send', 'if Send', T>

  /**
   * Waits for room, then sends `value` and moves it.
   *
   * Throws `ClosedError` if no receiver is left, `FullError` from `try()`, and `TimeoutError` when its limit is
   * reached, all with the value on them. Everything that this thread did before is visible to the thread that receives
   * `value`.
   */
  send(value: Send<T>): Wait<void> {
    return sendWait(this, value)
  }

  /**
   * Waits for room and reserves it: the permit sends one value later, and then never waits. Its drop returns the room.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<string>(1)
   * const permit = await tx.reserve()
   * tx.send('no room').try() // => throws FullError
   * permit.send('hi')
   * await rx.recv() // => 'hi'
   * ```
   *
   * `try()` returns `undefined` if there is no room. Throws `ClosedError` if no receiver is left, and `RangeError` for
   * a channel of capacity 0, which has no room to reserve.
   */
  reserve(): Wait<SendPermit<T>> {
    refuseRendezvous(this.capacity)
    return new ReserveWait<T>(this)
  }

  /**
   * Waits until there is room for `count` messages and reserves it: each of the permits sends one.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<string>(2)
   * const [first, second] = await tx.reserveMany(2)
   * tx.send('no room').try() // => throws FullError
   * first.send('a')
   * second.send('b')
   * ;[...rx.tryIter()] // => ['a', 'b']
   * ```
   *
   * Room that becomes free during the wait is reserved at once; a wait that times out or is cancelled returns it.
   * `try()` returns `undefined` if there is not enough room. Throws as `reserve` does, and `RangeError` for more than
   * the channel's capacity.
   */
  reserveMany(count: number): Wait<SendPermit<T>[]> {
    const { capacity } = this
    refuseRendezvous(capacity)
    if (!Number.isInteger(count) || count < 0 || count > capacity) {
      throw new RangeError(
        `The count of \`reserveMany\` must be a whole number from 0 to the channel's capacity of ${capacity}, ` +
          `got ${describe(count)}. Pass such a number.`,
      )
    }
    return new ReserveManyWait<T>(this, count)
  }

  /**
   * Sends every value of an iterable, an async iterable or a `ReadableStream`, and resolves at its end.
   *
   * Reads the next value only after the previous one was sent. Rejects with the error of `send` or of the source; after
   * an error of `send` the source is closed or cancelled.
   */
  sendAll(source: SendSource<Send<T>>): Promise<void> {
    return sendAll(source, value => this.send(value))
  }

  /** Creates another sender of the same channel. The channel is closed when all senders are dropped. */
  clone(): SyncSender<T> {
    return cloneHandle(this)
  }

  /** Creates a handle that does not keep the channel open, and that can create senders while the channel is open. */
  downgrade(): WeakSender<SyncSender<T>> {
    return downgrade(this)
  }

  /** Returns whether both are ends of one channel. */
  sameChannel(other: SyncSender<T>): boolean {
    return liveObjectOf(this) === liveObjectOf(other)
  }

  /**
   * Waits until no receiver is left, or the receiver was closed, so that work whose result is no longer needed can
   * stop.
   */
  closed(): Wait<void> {
    return new DropWait(this, CHANNEL_CLOSING, areReceiversDropped)
  }

  /** Whether no receiver is left, or the receiver was closed, so that a send would throw `ClosedError`. */
  get isClosed(): boolean {
    return areReceiversDropped(liveObjectOf(this))
  }
  /** The number of senders and permits that keep the channel open: a snapshot. */
  get strongCount(): number {
    return sendersOf(liveObjectOf(this))
  }
  /** The number of `WeakSender`s: a snapshot, which may include an end whose drop is in progress. */
  get weakCount(): number {
    return weakSendersOf(liveObjectOf(this))
  }
  /** The number of messages in the channel: a snapshot. */
  get length(): number {
    return lengthOf(liveObjectOf(this))
  }
  /** The maximal number of messages in the channel. */
  get capacity(): number {
    return capacityOf(liveObjectOf(this)) ?? 0
  }
  /** Whether the channel is empty: a snapshot, and always true with capacity 0. */
  get isEmpty(): boolean {
    return this.length === 0
  }
  /** Whether messages and permits occupy the whole capacity: a snapshot, and always true with capacity 0. */
  get isFull(): boolean {
    return isFull(liveObjectOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function refuseRendezvous(capacity: number): void {
  if (capacity > 0) return
  throw new RangeError('A channel of capacity 0 has no room to reserve. Give it a capacity, or call `send`.')
}

defineHandleClass(SENDER, Sender as { readonly prototype: Handle }, {
  name: 'Sender',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new Sender(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: senderObservability,
  inModules: 'owned',
})
defineHandleClass(SYNC_SENDER, SyncSender as { readonly prototype: Handle }, {
  name: 'SyncSender',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new SyncSender(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: senderObservability,
  inModules: 'owned',
})
