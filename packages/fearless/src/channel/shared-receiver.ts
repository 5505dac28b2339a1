/** The receiving end of a channel with many receivers. */
import { core, self } from '../core/index.ts'
import { Handle, cloneHandle, defineKind, dropHandle, thingOf } from '../memory/handles/handle.ts'
import { SHARED_RECEIVER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import { capacityOf, dropReceiver, isClosed, isFull, lengthOf, receiverObserved } from './channel.ts'
import { measureChannel } from './contents.ts'
import { Recv, RecvMany, blocking, thereNow, yielding } from './recv.ts'
import { streamOf } from './stream.ts'

/**
 * One of the receiving ends of a channel: each message goes to exactly one of them. Clone it, and move the clones.
 *
 * ```ts
 * const [tx, rx] = mpmc.channel<number>()
 * const workers = [1, 2].map(() => {
 *   const mine = rx.clone()
 *   return thread.spawn(move(() => { let sum = 0; for (const n of mine) sum += n; return sum }))
 * })
 * for (let n = 1; n <= 10; n++) tx.send(n)
 * drop(tx)
 * await workers[0].join() + await workers[1].join() // => 55
 * ```
 *
 * Messages of one sender are taken in its order. When the last receiver is dropped, what was not received is dropped too.
 */
export class SharedReceiver<T> extends Handle {
  declare readonly [crossing]: Crossing<'SharedReceiver', 'if Send', 'if Send', T>
  readonly #recv: Recv<T> = new Recv(this)

  /**
   * Waits for a message that no other receiver has taken.
   *
   * Throws `ClosedError` once every sender is gone and nothing is left, for ever. What the sender did before it sent
   * is visible after. `try()` gives `undefined` if nothing is there yet.
   */
  recv(): Wait<T> {
    return this.#recv
  }

  /**
   * Waits for the next message, and takes along what else is there: an array of 1 to `limit` messages, in their order.
   *
   * ```ts
   * const [tx, rx] = mpmc.channel<number>()
   * await tx.sendAll([1, 2, 3])
   * await rx.recvMany(2) // => [1, 2]
   * await rx.recvMany(2) // => [3]
   * rx.recvMany(2).try() // => undefined
   * ```
   *
   * It waits for the first message only, and is the fastest way to drain a channel. Throws `ClosedError` where `recv` does,
   * and `RangeError` for a limit that is no whole number from 1 on. A wait that is given up has taken nothing.
   */
  recvMany(limit: number): Wait<T[]> {
    return new RecvMany(this.#recv, limit)
  }

  /** Another receiver of the same channel; senders are refused when all of them are gone. */
  clone(): SharedReceiver<T> {
    return cloneHandle(this)
  }

  /** Blocks for each message; ends when every sender is gone. Breaking off keeps what is left. */
  [Symbol.iterator](): IterableIterator<T> {
    return blocking(this.#recv)
  }

  /** Yields for each message; ends when every sender is gone. Breaking off keeps what is left. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return yielding(this.#recv)
  }

  /** The messages that are there now, without waiting for more. */
  tryIter(): IterableIterator<T> {
    return thereNow(this.#recv)
  }

  /**
   * The messages as a `ReadableStream`, which takes each one when it is read. The stream has the receiver from now on:
   * cancelling it, and its end, drop it.
   */
  stream(): ReadableStream<T> {
    return streamOf(this)
  }

  /** Whether both are ends of one channel. */
  sameChannel(other: SharedReceiver<T>): boolean {
    return thingOf(this) === thingOf(other)
  }

  /** Whether no sender can send any more: all are gone. What was sent before may still be received. */
  get isClosed(): boolean {
    return isClosed(thingOf(this))
  }
  /** How many messages wait to be received: a snapshot. */
  get length(): number {
    return lengthOf(thingOf(this))
  }
  /** How many messages have room; `undefined` if the channel is unbounded. */
  get capacity(): number | undefined {
    return capacityOf(thingOf(this))
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

defineKind(SHARED_RECEIVER, SharedReceiver as { readonly prototype: Handle }, {
  name: 'SharedReceiver',
  share: (channel, record) => core.shareReceiver(self, channel, record),
  drop: dropReceiver,
  countsRecords: true,
  revive: record => new SharedReceiver(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: receiverObserved,
  inModules: 'owned',
})
