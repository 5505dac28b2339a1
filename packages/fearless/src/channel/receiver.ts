/** The receiving end of a channel with one receiver. */
import { core, self } from '../core/index.ts'
import { Handle, defineKind, dropHandle, thingOf } from '../memory/handles/handle.ts'
import { RECEIVER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import type { Wait } from '../wait/wait.ts'
import { capacityOf, dropReceiver, isClosed, isFull, lengthOf, receiverObserved } from './channel.ts'
import { measureChannel } from './contents.ts'
import { Recv, RecvMany, blocking, thereNow, yielding } from './recv.ts'
import { streamOf } from './stream.ts'

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

  /**
   * Waits for the next message, and takes along what else is there: an array of 1 to `limit` messages, in their order.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
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
   * The messages as a `ReadableStream`, which takes each one when it is read.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<string>()
   * tx.send('a line')
   * drop(tx)
   * for await (const line of rx.stream()) console.log(line) // a line
   * ```
   *
   * The stream has the receiver from now on: cancelling it, and its end, drop it.
   */
  stream(): ReadableStream<T> {
    return streamOf(this)
  }

  /**
   * Refuses every send from now on; what is there may still be received, and what permits send. Closing twice is no error.
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
    core.closeReceiving(self, thingOf(this))
  }

  /**
   * Whether no sender can send any more: all are gone, or this receiver was closed. What was sent before, and what permits
   * send, may still be received.
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

defineKind(RECEIVER, Receiver as { readonly prototype: Handle }, {
  name: 'Receiver',
  drop: dropReceiver,
  countsRecords: true,
  revive: record => new Receiver(record),
  onlyMemory: false,
  holds: 'channel',
  measure: measureChannel,
  observed: receiverObserved,
  inModules: 'owned',
})
