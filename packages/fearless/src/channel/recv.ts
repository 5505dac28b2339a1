/** Receiving from a channel of any flavour: as one wait, as a wait for several messages, and as a loop. */
import { describe } from '../describe.ts'
import { CHANNEL_FLAVOUR, CHANNEL_PUSHED, CHANNEL_RECEIVING, RENDEZVOUS, MPSC } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { get, load, set } from '../core/memory.ts'
import { WAITER_TOKEN } from '../core/wait-queue.ts'
import { liveObjectOf, type Handle } from '../memory/handles/handle.ts'

import { PENDING, type Pending } from '../wait/operation.ts'
import { blockUntil, assertMayBlock } from '../wait/park.ts'
import { Cancellation } from '../wait/cancellation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import { StatelessWait } from '../wait/wait.ts'
import { yieldTurnIfDue, yieldUntilComplete } from '../wait/yield.ts'
import {
  EMPTY,
  closedAndEmptyError,
  isClosedByReceiver,
  isRendezvous,
  lengthOf,
  areSendersDropped,
  recvSingle,
  recvNumbers,
  recvShared,
} from './channel.ts'
import { dropMessage, decodeMessage } from './rendezvous-message.ts'

export const CLOSED_AND_EMPTY: unique symbol = Symbol('end')

/** A wait that can return the end of its channel as a value, for loops. */
export interface ClosableRecv<T> extends StatelessWait<T> {
  /** Receives a message. Returns CLOSED_AND_EMPTY if there will never be one, PENDING if there is none yet. */
  pollToEnd(): T | typeof CLOSED_AND_EMPTY | Pending
  wokenToEnd(waiter: number): T | typeof CLOSED_AND_EMPTY | Pending
  owners(): readonly Handle[]
  readonly isRendezvous?: boolean
  spin?(rounds: number): void
  hasHandover?(waiter: number): boolean
  discardWake?(waiter: number): void
}

/** The wait for a message. */
export class Recv<T> extends QueueWait<T> implements ClosableRecv<T> {
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

  pollToEnd(): T | typeof CLOSED_AND_EMPTY | Pending {
    const channel = liveObjectOf(this.#receiver)
    if (this.#unread !== undefined) this.#throwUnread(this.#unread.error)
    const flavour = get(channel + CHANNEL_FLAVOUR)
    if (flavour === RENDEZVOUS) return this.#meet(channel)
    const take = flavour === MPSC ? recvSingle : recvShared
    const value = take(channel)
    if (value !== EMPTY) return value as T
    if (!areSendersDropped(channel) && !isClosedByReceiver(channel)) return PENDING
    // ORDER: the last sender is dropped after its sends, so the stream must be read again once all senders were seen as
    // dropped.
    const last = take(channel)
    return last === EMPTY ? CLOSED_AND_EMPTY : (last as T)
  }

  /** Receives the messages behind a received one, as far as they are available. Returns `limit` messages at most. */
  takeAlong(first: T, limit: number): T[] {
    const taken = [first]
    try {
      while (taken.length < limit) {
        if (recvNumbers(liveObjectOf(this.#receiver), taken, limit) === 0) {
          const value = this.pollToEnd()
          if (value === PENDING || value === CLOSED_AND_EMPTY) break
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

  #meet(channel: number): T | typeof CLOSED_AND_EMPTY | Pending {
    const message = core.receiveFromWaiter(self, channel)
    if (message !== 0) return decodeMessage(message) as T
    return areSendersDropped(channel) || isClosedByReceiver(channel) ? CLOSED_AND_EMPTY : PENDING
  }

  override tryComplete(): T | Pending {
    const value = this.pollToEnd()
    if (value === CLOSED_AND_EMPTY) throw closedAndEmptyError()
    return value
  }
  owners(): readonly Handle[] {
    return [this.#receiver]
  }
  get isRendezvous(): boolean {
    return isRendezvous(liveObjectOf(this.#receiver))
  }
  override isReady(): boolean {
    const channel = liveObjectOf(this.#receiver)
    return (
      this.#unread !== undefined || hasMessage(channel) || areSendersDropped(channel) || isClosedByReceiver(channel)
    )
  }
  spin(rounds: number): void {
    const channel = liveObjectOf(this.#receiver)
    if (get(channel + CHANNEL_FLAVOUR) === MPSC) return core.spinForMessage(channel, rounds)
    // `isReady` acquires the receivers' latch; the spin only needs the count of messages.
    if (lengthOf(channel) > 0) return
    core.spinWhile(channel + CHANNEL_PUSHED, load(channel + CHANNEL_PUSHED), rounds)
  }
  override queue(): number {
    return liveObjectOf(this.#receiver) + CHANNEL_RECEIVING
  }
  override register(waiter: number): boolean {
    const channel = liveObjectOf(this.#receiver)
    if (isRendezvous(channel)) return core.registerRendezvous(self, channel, waiter, 0) !== 0
    return super.register(waiter)
  }
  override accept(waiter: number): T | Pending {
    const value = this.wokenToEnd(waiter)
    if (value === CLOSED_AND_EMPTY) throw closedAndEmptyError()
    return value
  }

  /** Accepts the message that a sender of a rendezvous left in our waiter, or else polls. */
  wokenToEnd(waiter: number): T | typeof CLOSED_AND_EMPTY | Pending {
    const message = takeToken(waiter)
    if (message !== 0) return decodeMessage(message) as T
    try {
      return this.pollToEnd()
    } catch (error) {
      // The message of this wake-up is still in the channel, so the next waiter is woken.
      core.wakeOne(self, this.#receiver.thing + CHANNEL_RECEIVING)
      throw error
    }
  }
  hasHandover(waiter: number): boolean {
    return get(waiter + WAITER_TOKEN) !== 0
  }
  discardWake(waiter: number): void {
    const message = get(waiter + WAITER_TOKEN)
    set(waiter + WAITER_TOKEN, 0)
    if (message !== 0) dropMessage(message)
  }
}

function hasMessage(channel: number): boolean {
  switch (get(channel + CHANNEL_FLAVOUR)) {
    case RENDEZVOUS:
      return false
    case MPSC:
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
  if (message !== 0) core.receiveToken(self, waiter)
  return message
}

/** The shared part of waits that build on a receive. */
abstract class ForwardingRecv<T, R extends ClosableRecv<T>, U> extends StatelessWait<U> {
  protected readonly recv: R

  constructor(recv: R) {
    super()
    this.recv = recv
  }
  owners(): readonly Handle[] {
    return this.recv.owners()
  }
  get isRendezvous(): boolean {
    return this.recv.isRendezvous === true
  }
  override isReady(): boolean {
    return this.recv.isReady()
  }
  spin(rounds: number): void {
    this.recv.spin?.(rounds)
  }
  override register(waiter: number): boolean {
    return this.recv.register(waiter)
  }
  override unregister(waiter: number): boolean {
    return this.recv.unregister(waiter)
  }
  hasHandover(waiter: number): boolean {
    return this.recv.hasHandover?.(waiter) === true
  }
  discardWake(waiter: number): void {
    this.recv.discardWake?.(waiter)
  }
}

/** The wait for a message in a loop: the end is a value. */
class RecvOrEnd<T> extends ForwardingRecv<T, ClosableRecv<T>, T | typeof CLOSED_AND_EMPTY> {
  override tryComplete(): T | typeof CLOSED_AND_EMPTY | Pending {
    return this.recv.pollToEnd()
  }
  override accept(waiter: number): T | typeof CLOSED_AND_EMPTY | Pending {
    return this.recv.wokenToEnd(waiter)
  }
}

/** The wait for a message together with the messages behind it. */
export class RecvMany<T> extends ForwardingRecv<T, Recv<T>, T[]> {
  readonly #limit: number

  constructor(recv: Recv<T>, limit: number) {
    super(recv)
    if (!(Number.isInteger(limit) && limit > 0)) {
      throw new RangeError(
        `The limit of \`recvMany\` must be a whole number of at least 1, got ${describe(limit)}. Pass such a number.`,
      )
    }
    this.#limit = limit
  }
  override tryComplete(): T[] | Pending {
    return this.#from(this.recv.tryComplete())
  }
  override accept(waiter: number): T[] | Pending {
    return this.#from(this.recv.accept(waiter))
  }
  #from(first: T | Pending): T[] | Pending {
    return first === PENDING ? PENDING : this.recv.takeAlong(first, this.#limit)
  }
}

/** Returns an iterator that blocks for each message and ends with the channel. */
export function blockingIterator<T>(recv: ClosableRecv<T>): IterableIterator<T> {
  const ending = new RecvOrEnd(recv)
  const iterator: IterableIterator<T> = {
    next() {
      assertMayBlock()
      // Polls first, because an available message needs no wait: 1.3x on numbers (mpsc.bench.ts).
      let value = recv.pollToEnd()
      if (value === PENDING) value = blockUntil(ending)
      return value === CLOSED_AND_EMPTY ? { value: undefined, done: true } : { value, done: false }
    },
    [Symbol.iterator]: () => iterator,
  }
  return iterator
}

/** Returns an iterator that yields for each message and ends with the channel. */
export function asyncIteratorOf<T>(recv: ClosableRecv<T>): AsyncIterableIterator<T> {
  const ending = new RecvOrEnd(recv)
  const iterator: AsyncIterableIterator<T> = {
    next() {
      const under = Cancellation.current
      const refusal = under?.refusal()
      if (refusal !== undefined) return yieldTurnIfDue(refusal)
      let value: T | typeof CLOSED_AND_EMPTY | Pending
      try {
        value = recv.pollToEnd()
      } catch (error) {
        return yieldTurnIfDue(Promise.reject(error))
      }
      // An available message needs one promise instead of two (mpsc.bench.ts).
      if (value !== PENDING) return yieldTurnIfDue(Promise.resolve(asResult(value)))
      return yieldUntilComplete(ending, under).then(asResult)
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}

function asResult<T>(value: T | typeof CLOSED_AND_EMPTY): IteratorResult<T, undefined> {
  return value === CLOSED_AND_EMPTY ? { value: undefined, done: true } : { value, done: false }
}

/** Iterates over the messages that are available now. */
export function* availableMessages<T>(recv: ClosableRecv<T>): IterableIterator<T> {
  for (;;) {
    const value = recv.pollToEnd()
    if (value === PENDING || value === CLOSED_AND_EMPTY) return
    yield value
  }
}
