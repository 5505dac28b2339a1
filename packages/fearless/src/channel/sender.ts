/** The sending ends: of an unbounded channel, which never waits, and of a bounded one, which may. */
import { CHANNEL_SENDING, CLOSED, FULL, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { WAITER_TOKEN } from '../core/wait-queue.ts'
import { FullError } from '../errors.ts'
import { abandon, commit, encode, scratchAddress } from '../memory/codec.ts'
import { Handle, cloneHandle, defineKind, dropHandle, thingOf } from '../memory/handle.ts'
import { heapFull, i32 } from '../memory/heap.ts'
import { SENDER, SYNC_SENDER } from '../memory/kinds.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { Wait } from '../wait/wait.ts'
import { capacityOf, dropSender, isFull, isRendezvous, lengthOf, receiverGone, receiversGone } from './channel.ts'
import { discardMessage, readMessage, writeMessage } from './meeting.ts'

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
   * Throws `ClosedError` with the value on it if the receiver is gone, `NotSendError`, `HeapFullError`; nothing was
   * sent then. What this thread did before is visible to the thread that receives `value`.
   */
  send(value: Send<T>): void {
    const channel = thingOf(this)
    const answer = push(channel, value)
    if (answer !== PUSHED) throw unsentError(answer)
  }

  /** Another sender of the same channel; the channel ends when all of them are gone. */
  clone(): Sender<T> {
    return cloneHandle(this)
  }

  /** How many messages wait to be received: a snapshot. */
  get length(): number {
    return lengthOf(thingOf(this))
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
   * Throws `ClosedError` if the receiver is gone, `FullError` from `try()`, `TimeoutError` when limited, all with the
   * value on them.
   */
  send(value: Send<T>): Wait<void> {
    const channel = thingOf(this)
    return isRendezvous(channel) ? new MeetingWait(this, value) : new RoomWait(this, value)
  }

  /** Another sender of the same channel; the channel ends when all of them are gone. */
  clone(): SyncSender<T> {
    return cloneHandle(this)
  }

  /** How many messages wait to be received: a snapshot. */
  get length(): number {
    return lengthOf(thingOf(this))
  }
  /** How many messages have room. */
  get capacity(): number {
    return capacityOf(thingOf(this)) ?? 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** What the last push did not send. */
let unsent: unknown

/** Sends if there is room, moving what is in `value` only if it was sent; else the value is in `unsent`. */
function push(channel: number, value: unknown): number {
  let answer: number
  if (typeof value === 'number') {
    answer = core.pushNumber(self, channel, value)
    if (answer !== PUSHED) unsent = value
    return answer
  }
  const length = encode(value, 'move')
  answer = core.pushBytes(self, channel, scratchAddress(), length)
  if (answer === PUSHED) {
    commit()
  } else {
    abandon()
    unsent = value
  }
  return answer
}

function unsentError(answer: number): Error {
  const value = unsent
  unsent = undefined
  return answer === CLOSED ? receiverGone(value) : Object.assign(heapFull(64), { value })
}

/** A `try()` that finds no room is an error, so that nobody takes `undefined` for "sent". */
abstract class SendWait extends Wait<void> {
  /** @internal */
  readonly sender: Handle
  /** @internal */
  value: unknown

  constructor(sender: Handle, value: unknown) {
    super()
    this.sender = sender
    this.value = value
  }
  /** @internal */
  abstract override begin(): Attempt<void> & { readonly value: unknown }

  override try(): void {
    const attempt = this.begin()
    try {
      if (attempt.poll() === PENDING) {
        throw new FullError('This channel has no room now. The value that was not sent is in `value`.', attempt.value)
      }
    } finally {
      attempt.end?.()
    }
  }
}

class RoomWait extends SendWait implements Attempt<void> {
  readonly deadline = Infinity

  override begin(): this {
    return this
  }
  poll(): void | Pending {
    const channel = thingOf(this.sender)
    if (isFull(channel) && !receiversGone(channel)) return PENDING
    const answer = push(channel, this.value)
    if (answer === PUSHED) return
    this.value = unsent
    if (answer === FULL) return PENDING
    throw unsentError(answer)
  }
  owners(): readonly Handle[] {
    return [this.sender]
  }
  ready(): boolean {
    const channel = thingOf(this.sender)
    return !isFull(channel) || receiversGone(channel)
  }
  enter(waiter: number): boolean {
    core.enterQueue(self, thingOf(this.sender) + CHANNEL_SENDING, waiter)
    return true
  }
  leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  woken(): void | Pending {
    try {
      return this.poll()
    } catch (error) {
      // The room we were woken for stays free, so the next in line gets it. The channel is there until our wait has ended.
      core.wakeOne(self, this.sender.thing + CHANNEL_SENDING)
      throw error
    }
  }
}

class MeetingWait extends SendWait {
  override begin(): Meeting {
    return new Meeting(this.sender, this.value)
  }
}

/** A send through a rendezvous. From the moment it stands in line, the value lies in a message: it was given away. */
class Meeting implements Attempt<void> {
  readonly deadline = Infinity
  readonly #sender: Handle
  #value: unknown
  /** The message; 0 while the value is still the sender's. */
  #message = 0

  constructor(sender: Handle, value: unknown) {
    this.#sender = sender
    this.#value = value
  }
  /** The value, or after it was given away, another one like it. */
  get value(): unknown {
    if (this.#message !== 0) {
      this.#value = readMessage(this.#message)
      this.#message = 0
    }
    return this.#value
  }
  poll(): void | Pending {
    const channel = thingOf(this.#sender)
    if (receiversGone(channel)) throw receiverGone(this.value)
    if (core.awaitsSender(channel) === 0) return PENDING
    this.#give()
    const answer = core.meetReceiver(self, channel, this.#message)
    if (answer === CLOSED) throw receiverGone(this.value)
    if (answer === FULL) return PENDING
    this.#message = 0
  }
  owners(): readonly Handle[] {
    return [this.#sender]
  }
  ready(): boolean {
    return receiversGone(thingOf(this.#sender))
  }
  enter(waiter: number): boolean {
    this.#give()
    return core.enterRendezvous(self, thingOf(this.#sender), waiter, this.#message) !== 0
  }
  leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  woken(waiter: number): void | Pending {
    if (i32[(waiter + WAITER_TOKEN) >> 2] !== 0) return this.poll()
    this.#message = 0
  }
  end(): void {
    // Given up while it lay in the block: it ends here, unless an error took it back.
    if (this.#message !== 0) discardMessage(this.#message)
    this.#message = 0
  }
  #give(): void {
    if (this.#message === 0) this.#message = writeMessage(this.#value)
  }
}

defineKind(SENDER, Sender as { readonly prototype: Handle }, {
  name: 'Sender',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new Sender(record),
  onlyMemory: false,
})
defineKind(SYNC_SENDER, SyncSender as { readonly prototype: Handle }, {
  name: 'SyncSender',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new SyncSender(record),
  onlyMemory: false,
})
