/** Receiving: the wait for a message, as one wait and as a loop, whatever the channel's flavour. */
import { CHANNEL_FLAVOUR, CHANNEL_PUSHED, CHANNEL_RECEIVING, RENDEZVOUS, STREAM } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { WAITER_TOKEN } from '../core/wait-queue.ts'
import { thingOf, type Handle } from '../memory/handle.ts'
import { i32 } from '../memory/heap.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { block } from '../wait/park.ts'
import { PlainWait } from '../wait/wait.ts'
import { yieldUntil } from '../wait/yield.ts'
import {
  EMPTY,
  allSendersGone,
  closedByReceiver,
  isRendezvous,
  lengthOf,
  sendersGone,
  takeMessage,
  takeSharedMessage,
} from './channel.ts'
import { discardMessage, readMessage } from './meeting.ts'

export const END: unique symbol = Symbol('end')

/** A wait whose end may also be a value, for loops. */
export interface Endable<T> extends PlainWait<T> {
  /** A message, END if none will ever come, or PENDING. */
  pollToEnd(): T | typeof END | Pending
  wokenToEnd(waiter: number): T | typeof END | Pending
  owners(): readonly Handle[]
  readonly meets?: boolean
  spin?(rounds: number): void
  forgo?(waiter: number): void
}

/** The wait for a message. */
export class Recv<T> extends PlainWait<T> implements Endable<T> {
  readonly #receiver: Handle

  constructor(receiver: Handle) {
    super()
    this.#receiver = receiver
  }

  pollToEnd(): T | typeof END | Pending {
    const channel = thingOf(this.#receiver)
    const flavour = i32[(channel + CHANNEL_FLAVOUR) >> 2]
    if (flavour === RENDEZVOUS) return this.#meet(channel)
    const take = flavour === STREAM ? takeMessage : takeSharedMessage
    const value = take(channel)
    if (value !== EMPTY) return value as T
    if (!sendersGone(channel) && !closedByReceiver(channel)) return PENDING
    // ORDER: the last sender's messages were sent before it went; look once more after having seen it gone.
    const last = take(channel)
    return last === EMPTY ? END : (last as T)
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
    return hasMessage(channel) || sendersGone(channel) || closedByReceiver(channel)
  }
  spin(rounds: number): void {
    const channel = thingOf(this.#receiver)
    if (i32[(channel + CHANNEL_FLAVOUR) >> 2] === STREAM) return core.spinForMessage(channel, rounds)
    // `ready` takes a turn among the receivers; the count of messages is all that a spin needs.
    if (lengthOf(channel) > 0) return
    core.spinWhile(channel + CHANNEL_PUSHED, Atomics.load(i32, (channel + CHANNEL_PUSHED) >> 2), rounds)
  }
  override enter(waiter: number): boolean {
    const channel = thingOf(this.#receiver)
    if (isRendezvous(channel)) return core.enterRendezvous(self, channel, waiter, 0) !== 0
    core.enterQueue(self, channel + CHANNEL_RECEIVING, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  override woken(waiter: number): T | Pending {
    const value = this.wokenToEnd(waiter)
    if (value === END) throw allSendersGone()
    return value
  }

  /** Takes what a sender of a rendezvous left at our place in the line, or looks. */
  wokenToEnd(waiter: number): T | typeof END | Pending {
    const message = takeToken(waiter)
    if (message !== 0) return readMessage(message) as T
    try {
      return this.pollToEnd()
    } catch (error) {
      // The message we were woken for is still there: the next in line gets it.
      core.wakeOne(self, this.#receiver.thing + CHANNEL_RECEIVING)
      throw error
    }
  }
  forgo(waiter: number): void {
    const message = i32[(waiter + WAITER_TOKEN) >> 2]
    i32[(waiter + WAITER_TOKEN) >> 2] = 0
    if (message !== 0) discardMessage(message)
  }
}

function hasMessage(channel: number): boolean {
  switch (i32[(channel + CHANNEL_FLAVOUR) >> 2]) {
    case RENDEZVOUS:
      return false
    case STREAM:
      return core.hasMessage(channel) !== 0
    default:
      return core.hasSharedMessage(self, channel) !== 0
  }
}

/** The message at a place in the line of a rendezvous, into this thread's hands; 0 if there is none, as in a stream. */
function takeToken(waiter: number): number {
  const message = i32[(waiter + WAITER_TOKEN) >> 2]
  if (message !== 0) core.takeToken(self, waiter)
  return message
}

/** The same wait for a loop: the end is a value. */
class Ending<T> extends PlainWait<T | typeof END> {
  readonly #recv: Endable<T>

  constructor(recv: Endable<T>) {
    super()
    this.#recv = recv
  }
  override poll(): T | typeof END | Pending {
    return this.#recv.pollToEnd()
  }
  owners(): readonly Handle[] {
    return this.#recv.owners()
  }
  get meets(): boolean {
    return this.#recv.meets === true
  }
  override ready(): boolean {
    return this.#recv.ready()
  }
  spin(rounds: number): void {
    this.#recv.spin?.(rounds)
  }
  override enter(waiter: number): boolean {
    return this.#recv.enter(waiter)
  }
  override leave(waiter: number): boolean {
    return this.#recv.leave(waiter)
  }
  override woken(waiter: number): T | typeof END | Pending {
    return this.#recv.wokenToEnd(waiter)
  }
  forgo(waiter: number): void {
    this.#recv.forgo?.(waiter)
  }
}

/** Blocks for each message; ends with the channel. */
export function blocking<T>(recv: Endable<T>): IterableIterator<T> {
  const ending = new Ending(recv)
  const iterator: IterableIterator<T> = {
    next() {
      const value = block(ending)
      return value === END ? { value: undefined, done: true } : { value, done: false }
    },
    [Symbol.iterator]: () => iterator,
  }
  return iterator
}

/** Yields for each message; ends with the channel. */
export function yielding<T>(recv: Endable<T>): AsyncIterableIterator<T> {
  const ending = new Ending(recv)
  const iterator: AsyncIterableIterator<T> = {
    next: () => yieldUntil(ending).then(asResult),
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}

function asResult<T>(value: T | typeof END): IteratorResult<T, undefined> {
  return value === END ? { value: undefined, done: true } : { value, done: false }
}

/** The messages that are there now. */
export function* thereNow<T>(recv: Endable<T>): IterableIterator<T> {
  for (;;) {
    const value = recv.pollToEnd()
    if (value === PENDING || value === END) return
    yield value
  }
}
