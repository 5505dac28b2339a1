/** Receiving from a channel of any flavour: as one wait, as a wait for several messages, and as a loop. */
import { describe } from '../describe.ts'
import { CHANNEL_FLAVOUR, CHANNEL_PUSHED, CHANNEL_RECEIVING, RENDEZVOUS, STREAM } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { get, load, set } from '../core/memory.ts'
import { WAITER_TOKEN } from '../core/wait-queue.ts'
import { thingOf, type Handle } from '../memory/handles/handle.ts'

import { PENDING, type Pending } from '../wait/attempt.ts'
import { block, refuseToBlock } from '../wait/park.ts'
import { Cancellation } from '../wait/cancellation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import { PlainWait } from '../wait/wait.ts'
import { afterTurnIfDue, yieldUntil } from '../wait/yield.ts'
import {
  EMPTY,
  allSendersGone,
  closedByReceiver,
  isRendezvous,
  lengthOf,
  sendersGone,
  takeMessage,
  takeNumbers,
  takeSharedMessage,
} from './channel.ts'
import { discardMessage, readMessage } from './meeting.ts'

export const END: unique symbol = Symbol('end')

/** A wait that can return the end of its channel as a value, for loops. */
export interface Endable<T> extends PlainWait<T> {
  /** Receives a message. Returns END if there will never be one, PENDING if there is none yet. */
  pollToEnd(): T | typeof END | Pending
  wokenToEnd(waiter: number): T | typeof END | Pending
  owners(): readonly Handle[]
  readonly meets?: boolean
  spin?(rounds: number): void
  handed?(waiter: number): boolean
  forgo?(waiter: number): void
}

/** The wait for a message. */
export class Recv<T> extends QueueWait<T> implements Endable<T> {
  readonly #receiver: Handle
  /**
   * The error of a message that could not be decoded, if messages before it were received together. The next receive
   * throws it.
   */
  #unread: { readonly error: unknown } | undefined

  constructor(receiver: Handle) {
    super()
    this.#receiver = receiver
  }

  pollToEnd(): T | typeof END | Pending {
    const channel = thingOf(this.#receiver)
    if (this.#unread !== undefined) this.#throwUnread(this.#unread.error)
    const flavour = get(channel + CHANNEL_FLAVOUR)
    if (flavour === RENDEZVOUS) return this.#meet(channel)
    const take = flavour === STREAM ? takeMessage : takeSharedMessage
    const value = take(channel)
    if (value !== EMPTY) return value as T
    if (!sendersGone(channel) && !closedByReceiver(channel)) return PENDING
    // ORDER: the last sender is dropped after its sends, so the stream must be read again once all senders were seen as
    // dropped.
    const last = take(channel)
    return last === EMPTY ? END : (last as T)
  }

  /** Receives the messages behind a received one, as far as they are available. Returns `limit` messages at most. */
  takeAlong(first: T, limit: number): T[] {
    const taken = [first]
    try {
      while (taken.length < limit) {
        if (takeNumbers(thingOf(this.#receiver), taken, limit) === 0) {
          const value = this.pollToEnd()
          if (value === PENDING || value === END) break
          taken.push(value)
        }
      }
    } catch (error) {
      this.#unread = { error }
    }
    return taken
  }

  #throwUnread(error: unknown): never {
    this.#unread = undefined
    throw error
  }

  #meet(channel: number): T | typeof END | Pending {
    const message = core.meetSender(self, channel)
    if (message !== 0) return readMessage(message) as T
    return sendersGone(channel) || closedByReceiver(channel) ? END : PENDING
  }

  override poll(): T | Pending {
    const value = this.pollToEnd()
    if (value === END) throw allSendersGone()
    return value
  }
  owners(): readonly Handle[] {
    return [this.#receiver]
  }
  get meets(): boolean {
    return isRendezvous(thingOf(this.#receiver))
  }
  override ready(): boolean {
    const channel = thingOf(this.#receiver)
    return this.#unread !== undefined || hasMessage(channel) || sendersGone(channel) || closedByReceiver(channel)
  }
  spin(rounds: number): void {
    const channel = thingOf(this.#receiver)
    if (get(channel + CHANNEL_FLAVOUR) === STREAM) return core.spinForMessage(channel, rounds)
    // `ready` acquires the receivers' latch; the spin only needs the count of messages.
    if (lengthOf(channel) > 0) return
    core.spinWhile(channel + CHANNEL_PUSHED, load(channel + CHANNEL_PUSHED), rounds)
  }
  override queue(): number {
    return thingOf(this.#receiver) + CHANNEL_RECEIVING
  }
  override enter(waiter: number): boolean {
    const channel = thingOf(this.#receiver)
    if (isRendezvous(channel)) return core.enterRendezvous(self, channel, waiter, 0) !== 0
    return super.enter(waiter)
  }
  override woken(waiter: number): T | Pending {
    const value = this.wokenToEnd(waiter)
    if (value === END) throw allSendersGone()
    return value
  }

  /** Accepts the message that a sender of a rendezvous left in our waiter, or else polls. */
  wokenToEnd(waiter: number): T | typeof END | Pending {
    const message = takeToken(waiter)
    if (message !== 0) return readMessage(message) as T
    try {
      return this.pollToEnd()
    } catch (error) {
      // The message of this wake-up is still in the channel, so the next waiter is woken.
      core.wakeOne(self, this.#receiver.thing + CHANNEL_RECEIVING)
      throw error
    }
  }
  handed(waiter: number): boolean {
    return get(waiter + WAITER_TOKEN) !== 0
  }
  forgo(waiter: number): void {
    const message = get(waiter + WAITER_TOKEN)
    set(waiter + WAITER_TOKEN, 0)
    if (message !== 0) discardMessage(message)
  }
}

function hasMessage(channel: number): boolean {
  switch (get(channel + CHANNEL_FLAVOUR)) {
    case RENDEZVOUS:
      return false
    case STREAM:
      return core.hasMessage(channel) !== 0
    default:
      return core.hasSharedMessage(self, channel) !== 0
  }
}

/**
 * Moves the message of a rendezvous waiter to this thread's received list. Returns 0 if there is none, as in a stream.
 */
function takeToken(waiter: number): number {
  const message = get(waiter + WAITER_TOKEN)
  if (message !== 0) core.takeToken(self, waiter)
  return message
}

/** The shared part of waits that build on a receive. */
abstract class ForwardingRecv<T, R extends Endable<T>, U> extends PlainWait<U> {
  protected readonly recv: R

  constructor(recv: R) {
    super()
    this.recv = recv
  }
  owners(): readonly Handle[] {
    return this.recv.owners()
  }
  get meets(): boolean {
    return this.recv.meets === true
  }
  override ready(): boolean {
    return this.recv.ready()
  }
  spin(rounds: number): void {
    this.recv.spin?.(rounds)
  }
  override enter(waiter: number): boolean {
    return this.recv.enter(waiter)
  }
  override leave(waiter: number): boolean {
    return this.recv.leave(waiter)
  }
  handed(waiter: number): boolean {
    return this.recv.handed?.(waiter) === true
  }
  forgo(waiter: number): void {
    this.recv.forgo?.(waiter)
  }
}

/** The wait for a message in a loop: the end is a value. */
class RecvOrEnd<T> extends ForwardingRecv<T, Endable<T>, T | typeof END> {
  override poll(): T | typeof END | Pending {
    return this.recv.pollToEnd()
  }
  override woken(waiter: number): T | typeof END | Pending {
    return this.recv.wokenToEnd(waiter)
  }
}

/** The wait for a message together with the messages behind it. */
export class RecvMany<T> extends ForwardingRecv<T, Recv<T>, T[]> {
  readonly #limit: number

  constructor(recv: Recv<T>, limit: number) {
    super(recv)
    if (!(Number.isInteger(limit) && limit > 0)) {
      throw new RangeError(`The limit of \`recvMany\` must be a whole number of at least 1, got ${describe(limit)}.`)
    }
    this.#limit = limit
  }
  override poll(): T[] | Pending {
    return this.#from(this.recv.poll())
  }
  override woken(waiter: number): T[] | Pending {
    return this.#from(this.recv.woken(waiter))
  }
  #from(first: T | Pending): T[] | Pending {
    return first === PENDING ? PENDING : this.recv.takeAlong(first, this.#limit)
  }
}

/** Returns an iterator that blocks for each message and ends with the channel. */
export function blocking<T>(recv: Endable<T>): IterableIterator<T> {
  const ending = new RecvOrEnd(recv)
  const iterator: IterableIterator<T> = {
    next() {
      refuseToBlock()
      // Polls first, because an available message needs no wait: 1.3x on numbers (mpsc.bench.ts).
      let value = recv.pollToEnd()
      if (value === PENDING) value = block(ending)
      return value === END ? { value: undefined, done: true } : { value, done: false }
    },
    [Symbol.iterator]: () => iterator,
  }
  return iterator
}

/** Returns an iterator that yields for each message and ends with the channel. */
export function yielding<T>(recv: Endable<T>): AsyncIterableIterator<T> {
  const ending = new RecvOrEnd(recv)
  const iterator: AsyncIterableIterator<T> = {
    next() {
      const under = Cancellation.current
      const refusal = under?.refusal()
      if (refusal !== undefined) return afterTurnIfDue(refusal)
      let value: T | typeof END | Pending
      try {
        value = recv.pollToEnd()
      } catch (error) {
        return afterTurnIfDue(Promise.reject(error))
      }
      // An available message needs one promise instead of two (mpsc.bench.ts).
      if (value !== PENDING) return afterTurnIfDue(Promise.resolve(asResult(value)))
      return yieldUntil(ending, under).then(asResult)
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}

function asResult<T>(value: T | typeof END): IteratorResult<T, undefined> {
  return value === END ? { value: undefined, done: true } : { value, done: false }
}

/** Iterates over the messages that are available now. */
export function* thereNow<T>(recv: Endable<T>): IterableIterator<T> {
  for (;;) {
    const value = recv.pollToEnd()
    if (value === PENDING || value === END) return
    yield value
  }
}
