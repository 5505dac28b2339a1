/** The sending ends: of an unbounded channel, which never waits, and of a bounded one, which may. */
import { CHANNEL_CLOSING, IF_ROOM, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { describe } from '../describe.ts'
import { Handle, cloneHandle, defineKind, dropHandle, thingOf } from '../memory/handles/handle.ts'
import { SENDER, SYNC_SENDER } from '../memory/handles/kinds.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import {
  capacityOf,
  dropSender,
  isFull,
  lengthOf,
  receiversGone,
  senderObserved,
  sendersOf,
  weakSendersOf,
} from './channel.ts'
import { measureChannel } from './contents.ts'
import { EndWait } from './end-wait.ts'
import { ReserveManyWait, ReserveWait, type SendPermit } from './permit.ts'
import { push, sendWait, unsentError } from './send.ts'
import { sendAll, type Source } from './stream.ts'
import { downgrade, type WeakSender } from './weak-sender.ts'

/**
 * The sending end of an unbounded channel. Each thread has one of its own: clone it, and move the clones.
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
   * Sends `value` and gives it away; never waits.
   *
   * Throws `ClosedError` with the value on it if no receiver is left, `NotSendError`, `HeapFullError`; nothing was
   * sent then. What this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): void {
    const channel = thingOf(this)
    const answer = push(channel, value, IF_ROOM)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /**
   * Sends everything that comes out of an iterable, an async iterable or a `ReadableStream`, and resolves at its end.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * await tx.sendAll([1, 2, 3])
   * drop(tx)
   * ;[...rx] // => [1, 2, 3]
   * ```
   *
   * Yields between two values where the source does. Rejects with what `send` throws or the source ends with; the source
   * is told then that nobody wants the rest.
   */
  sendAll(source: Source<Send<T>>): Promise<void> {
    return sendAll(source, value => this.send(value))
  }

  /** Another sender of the same channel; the channel ends when all of them are gone. */
  clone(): Sender<T> {
    return cloneHandle(this)
  }

  /** A handle that does not keep the channel open, but makes senders while others do. */
  downgrade(): WeakSender<Sender<T>> {
    return downgrade(this)
  }

  /** Whether both are ends of one channel. */
  sameChannel(other: Sender<T>): boolean {
    return thingOf(this) === thingOf(other)
  }

  /**
   * Waits until no receiver is left, or the receiver was closed, so that work nobody wants any more can end.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * const worker = thread.spawn(move(() => { tx.closed().wait(); return 'nobody listens' }))
   * drop(rx)
   * await worker // => 'nobody listens'
   * ```
   */
  closed(): Wait<void> {
    return new EndWait(this, CHANNEL_CLOSING, receiversGone)
  }

  /** Whether no receiver is left, or the receiver was closed: a send would throw `ClosedError`. */
  get isClosed(): boolean {
    return receiversGone(thingOf(this))
  }
  /** How many senders and permits keep the channel open: a snapshot. */
  get strongCount(): number {
    return sendersOf(thingOf(this))
  }
  /** How many `WeakSender`s there are: a snapshot, in which an end that is just being dropped may count as one. */
  get weakCount(): number {
    return weakSendersOf(thingOf(this))
  }
  /** How many messages wait to be received: a snapshot. */
  get length(): number {
    return lengthOf(thingOf(this))
  }
  /** Whether no message waits to be received: a snapshot. */
  get isEmpty(): boolean {
    return this.length === 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * The sending end of a bounded channel: a send waits while the channel is full. With capacity 0 it waits until the
 * value was received.
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
   * Waits for room and sends `value`, giving it away.
   *
   * Throws `ClosedError` if no receiver is left, `FullError` from `try()`, `TimeoutError` when limited, all with the
   * value on them. What this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): Wait<void> {
    return sendWait(this, value)
  }

  /**
   * Waits for room and keeps it: the permit sends one value later, and then never waits. Dropping it gives the room back.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<string>(1)
   * const permit = await tx.reserve()
   * tx.send('no room').try() // => throws FullError
   * permit.send('hi')
   * await rx.recv() // => 'hi'
   * ```
   *
   * `try()` gives `undefined` if there is no room. Throws `ClosedError` if no receiver is left, and `RangeError` for a
   * channel of capacity 0, which has no room to keep.
   */
  reserve(): Wait<SendPermit<T>> {
    refuseRendezvous(this.capacity)
    return new ReserveWait<T>(this)
  }

  /**
   * Waits until there is room for `count` messages and keeps it: each of the permits sends one.
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
   * Room that becomes free meanwhile is kept; a wait that is given up gives it back. `try()` gives `undefined` if there is not
   * enough. Throws what `reserve` throws, and `RangeError` for more than the channel's capacity.
   */
  reserveMany(count: number): Wait<SendPermit<T>[]> {
    const { capacity } = this
    refuseRendezvous(capacity)
    if (!Number.isInteger(count) || count < 0 || count > capacity) {
      throw new RangeError(
        `reserveMany takes a whole number of messages from 0 to the channel's capacity of ${capacity}, not ${describe(count)}.`,
      )
    }
    return new ReserveManyWait<T>(this, count)
  }

  /**
   * Sends everything that comes out of an iterable, an async iterable or a `ReadableStream`, and resolves at its end.
   *
   * Takes the next value only when the one before has found room. Rejects with what `send` throws or the source ends with;
   * the source is told then that nobody wants the rest.
   */
  sendAll(source: Source<Send<T>>): Promise<void> {
    return sendAll(source, value => this.send(value))
  }

  /** Another sender of the same channel; the channel ends when all of them are gone. */
  clone(): SyncSender<T> {
    return cloneHandle(this)
  }

  /** A handle that does not keep the channel open, but makes senders while others do. */
  downgrade(): WeakSender<SyncSender<T>> {
    return downgrade(this)
  }

  /** Whether both are ends of one channel. */
  sameChannel(other: SyncSender<T>): boolean {
    return thingOf(this) === thingOf(other)
  }

  /** Waits until no receiver is left, or the receiver was closed, so that work nobody wants any more can end. */
  closed(): Wait<void> {
    return new EndWait(this, CHANNEL_CLOSING, receiversGone)
  }

  /** Whether no receiver is left, or the receiver was closed: a send would throw `ClosedError`. */
  get isClosed(): boolean {
    return receiversGone(thingOf(this))
  }
  /** How many senders and permits keep the channel open: a snapshot. */
  get strongCount(): number {
    return sendersOf(thingOf(this))
  }
  /** How many `WeakSender`s there are: a snapshot, in which an end that is just being dropped may count as one. */
  get weakCount(): number {
    return weakSendersOf(thingOf(this))
  }
  /** How many messages wait to be received: a snapshot. */
  get length(): number {
    return lengthOf(thingOf(this))
  }
  /** How many messages have room. */
  get capacity(): number {
    return capacityOf(thingOf(this)) ?? 0
  }
  /** Whether no message waits to be received: a snapshot, and always true with capacity 0. */
  get isEmpty(): boolean {
    return this.length === 0
  }
  /** Whether messages and permits take all the room: a snapshot, and always true with capacity 0. */
  get isFull(): boolean {
    return isFull(thingOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function refuseRendezvous(capacity: number): void {
  if (capacity > 0) return
  throw new RangeError('A channel of capacity 0 has no room to reserve. Give it a capacity, or send at once.')
}

defineKind(SENDER, Sender as { readonly prototype: Handle }, {
  name: 'Sender',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new Sender(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: senderObserved,
  inModules: 'owned',
})
defineKind(SYNC_SENDER, SyncSender as { readonly prototype: Handle }, {
  name: 'SyncSender',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new SyncSender(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: senderObserved,
  inModules: 'owned',
})
