/** Sending: one push, and the waits of a sender for room or for a receiver. */
import { CHANNEL_SENDING, CLOSED, FULL, IF_ROOM, NO_ROOM, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { get, set } from '../core/memory.ts'
import { WAITER_TOKEN } from '../core/wait-queue.ts'
import { FullError } from '../errors.ts'
import { abandon, commit, encode, scratchAddress } from '../memory/codec/codec.ts'
import { thingOf, type Handle } from '../memory/handles/handle.ts'
import { heapFull, reclaim } from '../memory/heap.ts'
import { INTO_CHANNEL } from '../memory/codec/moved.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { Wait } from '../wait/wait.ts'
import { isFull, isRendezvous, receiverGone, receiversGone } from './channel.ts'
import { offer, takeBack, type Offer } from './meeting.ts'

/** The value that the last push did not send. */
let unsent: unknown

/**
 * Sends a value if there is room. Moves the objects in it only if it was sent; otherwise stores the value in `unsent`.
 * `how` is IF_ROOM, OVER, or the record of a permit; `to` is the destination that a MovedError names. Returns PUSHED,
 * FULL, CLOSED, or NO_ROOM if the heap is full.
 */
export function push(channel: number, value: unknown, how: number, to = INTO_CHANNEL): number {
  let answer: number
  if (typeof value === 'number') {
    answer = core.pushNumber(self, channel, value, how)
    if (answer !== PUSHED) unsent = value
    return answer
  }
  const length = encode(value, 'move')
  answer = core.pushBytes(self, channel, scratchAddress(), length, how)
  if (answer === NO_ROOM && reclaim.endGarbage()) answer = core.pushBytes(self, channel, scratchAddress(), length, how)
  if (answer === PUSHED) {
    commit(to)
  } else {
    abandon()
    unsent = value
  }
  return answer
}

/** Returns the error of a failed push, with the unsent value on it. */
export function unsentError(answer: number): Error {
  const value = unsent
  unsent = undefined
  if (answer === CLOSED) return receiverGone(value)
  return answer === FULL ? noRoom(value) : Object.assign(heapFull(64), { value })
}

export function noRoom(value: unknown): FullError {
  return new FullError('The channel or queue was full. Take the unsent value from `value`, and try again later.', value)
}

/** Returns the wait of a send into a bounded channel or a rendezvous. */
export function sendWait(sender: Handle, value: unknown): Wait<void> {
  return isRendezvous(thingOf(sender)) ? new RendezvousWait(sender, value) : new RoomWait(sender, value)
}

/** A send whose `try()` throws if there is no room, because `undefined` is also the result of a successful send. */
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
      if (attempt.poll() === PENDING) throw noRoom(attempt.value)
    } finally {
      attempt.end?.()
    }
  }
}

/** The wait of a send into a bounded channel. */
class RoomWait extends SendWait implements Attempt<void> {
  readonly deadline = Infinity

  override begin(): this {
    return this
  }
  poll(): void | Pending {
    const channel = thingOf(this.sender)
    if (isFull(channel) && !receiversGone(channel)) return PENDING
    const answer = push(channel, this.value, IF_ROOM)
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
  spin(rounds: number): void {
    core.spinForRoom(thingOf(this.sender), rounds)
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
      // The room stays free, so the next waiter is woken. The channel exists until this wait has ended, even if it is
      // closed.
      core.wakeOne(self, this.sender.thing + CHANNEL_SENDING)
      throw error
    }
  }
}

class RendezvousWait extends SendWait {
  override begin(): RendezvousSend {
    return new RendezvousSend(this.sender, this.value)
  }
}

/**
 * One run of a send through a rendezvous. While its waiter is registered a receiver may take the message, so the value
 * is lent.
 */
class RendezvousSend implements Attempt<void> {
  readonly deadline = Infinity
  readonly meets = true
  readonly value: unknown
  readonly #sender: Handle
  #offer: Offer | undefined

  constructor(sender: Handle, value: unknown) {
    this.#sender = sender
    this.value = value
  }
  poll(): void | Pending {
    const channel = thingOf(this.#sender)
    if (receiversGone(channel)) throw receiverGone(this.value)
    if (core.awaitsSender(self, channel) === 0) return PENDING
    let answer = FULL
    this.#offer = offer(this.value, message => (answer = core.meetReceiver(self, channel, message)) === PUSHED)
    if (answer === CLOSED) throw receiverGone(this.value)
    if (answer === FULL) return PENDING
    this.#completeOffer()
  }
  owners(): readonly Handle[] {
    return [this.#sender]
  }
  ready(): boolean {
    return receiversGone(thingOf(this.#sender))
  }
  enter(waiter: number): boolean {
    const channel = thingOf(this.#sender)
    this.#offer = offer(this.value, message => core.enterRendezvous(self, channel, waiter, message) !== 0)
    return this.#offer !== undefined
  }
  leave(waiter: number): boolean {
    if (core.leaveQueue(self, waiter) === 0) return false
    this.#withdrawOffer(waiter)
    return true
  }
  woken(waiter: number): void | Pending {
    if (this.forgo(waiter)) return this.poll()
  }
  /** Returns whether a receiver took the message. */
  handed(waiter: number): boolean {
    return get(waiter + WAITER_TOKEN) === 0
  }
  /** Returns true if the sender still owns the message. */
  forgo(waiter: number): boolean {
    const untaken = get(waiter + WAITER_TOKEN) !== 0
    if (untaken) this.#withdrawOffer(waiter)
    else this.#completeOffer()
    return untaken
  }
  #completeOffer(): void {
    this.#offer?.loan.settle()
    this.#offer = undefined
  }
  #withdrawOffer(waiter: number): void {
    set(waiter + WAITER_TOKEN, 0)
    if (this.#offer !== undefined) takeBack(this.#offer)
    this.#offer = undefined
  }
}
