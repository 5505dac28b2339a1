/** The receiving end of a channel. */
import { core, self } from '../core/index.ts'
import { WAITER_TOKEN } from '../core/wait-queue.ts'
import { Handle, defineKind, dropHandle, thingOf } from '../memory/handle.ts'
import { i32 } from '../memory/heap.ts'
import { RECEIVER } from '../memory/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { yieldUntil } from '../wait/yield.ts'
import { block } from '../wait/park.ts'
import {
  EMPTY,
  allSendersGone,
  capacityOf,
  dropReceiver,
  isRendezvous,
  lengthOf,
  sendersGone,
  takeMessage,
} from './channel.ts'
import { discardMessage, readMessage, receivingOf } from './meeting.ts'

const END: unique symbol = Symbol('end')

/**
 * The receiving end of a channel: one thread at a time has it. Dropping it drops what was not received.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>()
 * thread.spawn(move(() => { for (let i = 0; i < 3; i++) tx.send(i) }))
 * for await (const value of rx) console.log(value) // 0, 1, 2; ends when every sender is gone
 * ```
 *
 * Messages of one sender arrive in its order.
 */
export class Receiver<T> extends Handle {
  declare readonly [crossing]: Crossing<
    'Receiver',
    'if Send',
    'never: it has one owner, so move it or put it in a Mutex',
    T
  >
  readonly #recv: Recv<T> = new Recv(this)

  /**
   * Waits for the next message.
   *
   * Throws `ClosedError` once every sender is gone and nothing is left, for ever. What the sender did before it sent
   * is visible after. `try()` gives `undefined` if nothing is there yet.
   */
  recv(): Wait<T> {
    return this.#recv
  }

  /** Blocks for each message; ends when every sender is gone. Breaking off keeps what is left. */
  [Symbol.iterator](): IterableIterator<T> {
    const ending = new Ending(this.#recv)
    const iterator: IterableIterator<T> = {
      next() {
        const value = block(ending)
        return value === END ? { value: undefined, done: true } : { value, done: false }
      },
      [Symbol.iterator]: () => iterator,
    }
    return iterator
  }

  /** Yields for each message; ends when every sender is gone. Breaking off keeps what is left. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const ending = new Ending(this.#recv)
    const iterator: AsyncIterableIterator<T> = {
      next: () => yieldUntil(ending).then(asResult),
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  /** The messages that are there now, without waiting for more. */
  *tryIter(): IterableIterator<T> {
    for (;;) {
      const value = this.#recv.pollToEnd()
      if (value === PENDING || value === END) return
      yield value
    }
  }

  /** How many messages wait to be received: a snapshot. */
  get length(): number {
    return lengthOf(thingOf(this))
  }
  /** How many messages have room; `undefined` if the channel is unbounded. */
  get capacity(): number | undefined {
    return capacityOf(thingOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function asResult<T>(value: T | typeof END): IteratorResult<T, undefined> {
  return value === END ? { value: undefined, done: true } : { value, done: false }
}

/** The wait for a message. */
class Recv<T> extends PlainWait<T> {
  readonly #receiver: Receiver<T>

  constructor(receiver: Receiver<T>) {
    super()
    this.#receiver = receiver
  }

  /** A message, END if none will ever come, or PENDING. */
  pollToEnd(): T | typeof END | Pending {
    const channel = thingOf(this.#receiver)
    if (isRendezvous(channel)) return this.#meet(channel)
    const value = takeMessage(channel)
    if (value !== EMPTY) return value as T
    if (!sendersGone(channel)) return PENDING
    // ORDER: the last sender's messages were sent before it went; look once more after having seen it gone.
    const last = takeMessage(channel)
    return last === EMPTY ? END : (last as T)
  }

  #meet(channel: number): T | typeof END | Pending {
    const message = core.meetSender(self, channel)
    if (message !== 0) return readMessage(message) as T
    return sendersGone(channel) ? END : PENDING
  }

  override poll(): T | Pending {
    const value = this.pollToEnd()
    if (value === END) throw allSendersGone()
    return value
  }
  owners(): readonly Handle[] {
    return [this.#receiver]
  }
  override ready(): boolean {
    const channel = thingOf(this.#receiver)
    return (!isRendezvous(channel) && core.hasMessage(channel) !== 0) || sendersGone(channel)
  }
  override enter(waiter: number): boolean {
    const channel = thingOf(this.#receiver)
    if (isRendezvous(channel)) return core.enterRendezvous(self, channel, waiter, 0) !== 0
    core.enterQueue(self, receivingOf(channel), waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  override woken(waiter: number): T | Pending {
    const value = this.handedOver(waiter)
    return value === EMPTY ? this.poll() : value
  }

  /** What a sender of a rendezvous left at our place in the line, or EMPTY. */
  handedOver(waiter: number): T | typeof EMPTY {
    const message = takeToken(waiter)
    return message === 0 ? EMPTY : (readMessage(message) as T)
  }
  forgo(waiter: number): void {
    const message = takeToken(waiter)
    if (message !== 0) discardMessage(message)
  }
}

/** The message at a place in the line of a rendezvous; 0 if there is none, as always in a stream. */
function takeToken(waiter: number): number {
  const message = i32[(waiter + WAITER_TOKEN) >> 2]
  i32[(waiter + WAITER_TOKEN) >> 2] = 0
  return message
}

/** The same wait for a loop: the end is a value. */
class Ending<T> extends PlainWait<T | typeof END> {
  readonly #recv: Recv<T>

  constructor(recv: Recv<T>) {
    super()
    this.#recv = recv
  }
  override poll(): T | typeof END | Pending {
    return this.#recv.pollToEnd()
  }
  owners(): readonly Handle[] {
    return this.#recv.owners()
  }
  override ready(): boolean {
    return this.#recv.ready()
  }
  override enter(waiter: number): boolean {
    return this.#recv.enter(waiter)
  }
  override leave(waiter: number): boolean {
    return this.#recv.leave(waiter)
  }
  override woken(waiter: number): T | typeof END | Pending {
    const value = this.#recv.handedOver(waiter)
    return value === EMPTY ? this.poll() : value
  }
  forgo(waiter: number): void {
    this.#recv.forgo(waiter)
  }
}

defineKind(RECEIVER, Receiver as { readonly prototype: Handle }, {
  name: 'Receiver',
  drop: dropReceiver,
  revive: record => new Receiver(record),
  onlyMemory: false,
})
