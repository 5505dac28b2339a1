/** The receiver of an mpsc channel. */
import { core, self } from '../core/index.ts'
import { Handle, defineHandleClass, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { RECEIVER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import { capacityOf, dropReceiver, isClosed, isFull, lengthOf, receiverObservability } from './channel.ts'
import { measureChannel } from './contents.ts'
import { Recv, RecvMany, blockingIterator, availableMessages, asyncIteratorOf } from './recv.ts'
import { streamOfReceiver } from './stream.ts'

/**
 * The receiving end of a channel, owned by one thread at a time. Its drop also drops the messages that were not
 * received.
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
   * const [tx, rx] = mpsc.channel<number>()
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
   * Returns the messages as a `ReadableStream`, which receives each message when it is read.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<string>()
   * tx.send('a line')
   * drop(tx)
   * for await (const line of rx.stream()) console.log(line) // a line
   * ```
   *
   * The stream owns the receiver from then on: it drops the receiver when it is cancelled or ends.
   */
  stream(): ReadableStream<T> {
    return streamOfReceiver(this)
  }

  /**
   * Refuses all later sends. Messages in the channel, and those that permits send, can still be received. A second call
   * has no effect.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * tx.send(1)
   * rx.close()
   * ;[...rx] // => [1]
   * tx.send(2) // => throws ClosedError
   * ```
   */
  close(): void {
    core.closeReceiving(self, liveObjectOf(this))
  }

  /**
   * Whether no sender can send any more, because all are dropped or this receiver was closed. Messages sent before, and
   * those that permits send, can still be received.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * tx.send(1)
   * rx.isClosed // => false
   * drop(tx)
   * rx.isClosed // => true
   * await rx.recv() // => 1
   * ```
   */
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

defineHandleClass(RECEIVER, Receiver as { readonly prototype: Handle }, {
  name: 'Receiver',
  drop: dropReceiver,
  countsRecords: true,
  revive: record => new Receiver(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: receiverObservability,
  inModules: 'owned',
})
