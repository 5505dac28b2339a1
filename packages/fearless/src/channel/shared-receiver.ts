/** The receiver of an mpmc channel. */
import { core, self } from '../core/index.ts'
import { Handle, cloneHandle, defineHandleClass, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { SHARED_RECEIVER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import { capacityOf, dropReceiver, isClosed, isFull, lengthOf, receiverObservability } from './channel.ts'
import { measureChannel } from './contents.ts'
import { Recv, RecvMany, blockingIterator, availableMessages, asyncIteratorOf } from './recv.ts'
import { streamOfReceiver } from './stream.ts'

/**
 * One of the receiving ends of a channel: each message is received by exactly one of them. Clone it, and move the
 * clones.
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
 * Messages of one sender are received in its order. The drop of the last receiver also drops the messages that were not
 * received.
 */
export class SharedReceiver<T> extends Handle {
  declare readonly [crossing]: Crossing<'SharedReceiver', 'if Send', 'if Send', T>
  readonly #recv: Recv<T> = new Recv(this)

  /**
   * Waits for a message that no other receiver has received.
   *
   * Throws `ClosedError` once every sender is dropped and all messages are received; every later call throws it again.
   * Everything that the sender did before the send is visible afterwards. `try()` returns `undefined` if there is no
   * message yet.
   */
  recv(): Wait<T> {
    return this.#recv
  }

  /**
   * Waits for the next message, and receives the messages behind it as well: an array of 1 to `limit` messages, in
   * their order.
   *
   * ```ts
   * const [tx, rx] = mpmc.channel<number>()
   * await tx.sendAll([1, 2, 3])
   * await rx.recvMany(2) // => [1, 2]
   * await rx.recvMany(2) // => [3]
   * rx.recvMany(2).try() // => undefined
   * ```
   *
   * It waits for the first message only, and is the fastest way to drain a channel. Throws `ClosedError` where `recv`
   * does, and `RangeError` unless the limit is a whole number of at least 1. A wait that times out or is cancelled has
   * received nothing.
   */
  recvMany(limit: number): Wait<T[]> {
    return new RecvMany(this.#recv, limit)
  }

  /** Creates another receiver of the same channel. Sends are refused when all receivers are dropped. */
  clone(): SharedReceiver<T> {
    return cloneHandle(this)
  }

  /**
   * Blocks for each message; ends when every sender is dropped. Leaving the loop early keeps the remaining messages.
   */
  [Symbol.iterator](): IterableIterator<T> {
    return blockingIterator(this.#recv)
  }

  /**
   * Yields for each message; ends when every sender is dropped. Leaving the loop early keeps the remaining messages.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return asyncIteratorOf(this.#recv)
  }

  /** Iterates over the messages that are available now, without waiting for more. */
  tryIter(): IterableIterator<T> {
    return availableMessages(this.#recv)
  }

  /**
   * Returns the messages as a `ReadableStream`, which receives each message when it is read. The stream owns the
   * receiver from then on: it drops the receiver when it is cancelled or ends.
   */
  stream(): ReadableStream<T> {
    return streamOfReceiver(this)
  }

  /** Returns whether both are ends of one channel. */
  sameChannel(other: SharedReceiver<T>): boolean {
    return liveObjectOf(this) === liveObjectOf(other)
  }

  /** Whether every sender is dropped. Messages sent before can still be received. */
  get isClosed(): boolean {
    return isClosed(liveObjectOf(this))
  }
  /** The number of messages in the channel: a snapshot. */
  get length(): number {
    return lengthOf(liveObjectOf(this))
  }
  /** The maximal number of messages in the channel; `undefined` if it is unbounded. */
  get capacity(): number | undefined {
    return capacityOf(liveObjectOf(this))
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

defineHandleClass(SHARED_RECEIVER, SharedReceiver as { readonly prototype: Handle }, {
  name: 'SharedReceiver',
  share: (channel, record) => core.shareReceiver(self, channel, record),
  drop: dropReceiver,
  countsRecords: true,
  revive: record => new SharedReceiver(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: receiverObservability,
  inModules: 'owned',
})
