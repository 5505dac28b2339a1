/** Sending: one push, and the waits of a sender for room or for a receiver. */
import { CHANNEL_SENDING, CLOSED, FULL, IF_ROOM, NO_ROOM, PUSHED } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { get, set } from '../core/memory.ts'
import { WAITER_TOKEN } from '../core/wait-queue.ts'
import { FullError } from '../errors.ts'
import { abandonMessage, commitMessage, encode, scratchAddress } from '../memory/codec/codec.ts'
import { liveObjectOf, type Handle } from '../memory/handles/handle.ts'
import { heapFullError, garbageReclaimer } from '../memory/heap.ts'
import { INTO_CHANNEL } from '../memory/codec/moved.ts'
import { PENDING, type Operation, type Pending } from '../wait/operation.ts'
import { Wait } from '../wait/wait.ts'
import { isFull, isRendezvous, receiverDroppedError, areReceiversDropped } from './channel.ts'
import { offerMessage, withdrawOffer, type RendezvousOffer } from './rendezvous-message.ts'

/** The value that the last push did not send. */
let unsent: unknown

/**
 * Sends a value if there is room. Moves the objects in it only if it was sent; otherwise stores the value in `unsent`.
 * `how` is IF_ROOM, OVER, or the record of a permit; `to` is the destination that a MovedError names. Returns PUSHED,
 * FULL, CLOSED, or NO_ROOM if the heap is full.
 */
export function tryPush(channel: number, value: unknown, how: number, to = INTO_CHANNEL): number {
  let answer: number
  if (typeof value === 'number') {
    answer = core.pushNumber(self, channel, value, how)
    if (answer !== PUSHED) unsent = value
    return answer
  }
  const length = encode(value, 'move')
  answer = core.pushBytes(self, channel, scratchAddress(), length, how)
  if (answer === NO_ROOM && garbageReclaimer.endGarbage())
    answer = core.pushBytes(self, channel, scratchAddress(), length, how)
  if (answer === PUSHED) {
    commitMessage(to)
  } else {
    abandonMessage()
    unsent = value
  }
  return answer
}

/** Returns the error of a failed push, with the unsent value on it. */
export function unsentError(answer: number): Error {
  const value = unsent
  unsent = undefined
  if (answer === CLOSED) return receiverDroppedError(value)
  return answer === FULL ? fullError(value) : Object.assign(heapFullError(64), { value })
}

function fullError(value: unknown): FullError {
  return new FullError('The channel or queue was full. Take the unsent value from `value`, and try again later.', value)
}

/** Returns the wait of a send into a bounded channel or a rendezvous. */
export function sendWait(sender: Handle, value: unknown): Wait<void> {
  return isRendezvous(liveObjectOf(sender)) ? new RendezvousWait(sender, value) : new RoomWait(sender, value)
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
  abstract override begin(): Operation<void> & { readonly value: unknown }

  override try(): void {
    const attempt = this.begin()
    try {
      if (attempt.tryComplete() === PENDING) throw fullError(attempt.value)
    } finally {
      attempt.finish?.()
    }
  }
}

/** The wait of a send into a bounded channel. */
class RoomWait extends SendWait implements Operation<void> {
  readonly deadline = Infinity

  override begin(): this {
    return this
  }
  tryComplete(): void | Pending {
    const channel = liveObjectOf(this.sender)
    if (isFull(channel) && !areReceiversDropped(channel)) return PENDING
    const answer = tryPush(channel, this.value, IF_ROOM)
    if (answer === PUSHED) return
    this.value = unsent
    if (answer === FULL) return PENDING
    throw unsentError(answer)
  }
  owners(): readonly Handle[] {
    return [this.sender]
  }
  isReady(): boolean {
    const channel = liveObjectOf(this.sender)
    return !isFull(channel) || areReceiversDropped(channel)
  }
  spin(rounds: number): void {
    core.spinForRoom(liveObjectOf(this.sender), rounds)
  }
  register(waiter: number): boolean {
    core.registerWaiter(self, liveObjectOf(this.sender) + CHANNEL_SENDING, waiter)
    return true
  }
  unregister(waiter: number): boolean {
    return core.unregisterWaiter(self, waiter) !== 0
  }
  accept(): void | Pending {
    try {
      return this.tryComplete()
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
class RendezvousSend implements Operation<void> {
  readonly deadline = Infinity
  readonly isRendezvous = true
  readonly value: unknown
  readonly #sender: Handle
  #offer: RendezvousOffer | undefined

  constructor(sender: Handle, value: unknown) {
    this.#sender = sender
    this.value = value
  }
  tryComplete(): void | Pending {
    const channel = liveObjectOf(this.#sender)
    if (areReceiversDropped(channel)) throw receiverDroppedError(this.value)
    if (core.hasWaitingReceiver(self, channel) === 0) return PENDING
    let answer = FULL
    this.#offer = offerMessage(this.value, message => (answer = core.sendToWaiter(self, channel, message)) === PUSHED)
    if (answer === CLOSED) throw receiverDroppedError(this.value)
    if (answer === FULL) return PENDING
    this.#completeOffer()
  }
  owners(): readonly Handle[] {
    return [this.#sender]
  }
  isReady(): boolean {
    return areReceiversDropped(liveObjectOf(this.#sender))
  }
  register(waiter: number): boolean {
    const channel = liveObjectOf(this.#sender)
    this.#offer = offerMessage(this.value, message => core.registerRendezvous(self, channel, waiter, message) !== 0)
    return this.#offer !== undefined
  }
  unregister(waiter: number): boolean {
    if (core.unregisterWaiter(self, waiter) === 0) return false
    this.#withdrawOffer(waiter)
    return true
  }
  accept(waiter: number): void | Pending {
    if (this.discardWake(waiter)) return this.tryComplete()
  }
  /** Returns whether a receiver took the message. */
  hasHandover(waiter: number): boolean {
    return get(waiter + WAITER_TOKEN) === 0
  }
  /** Returns true if the sender still owns the message. */
  discardWake(waiter: number): boolean {
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
    if (this.#offer !== undefined) withdrawOffer(this.#offer)
    this.#offer = undefined
  }
}
