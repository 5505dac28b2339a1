/** The sender and the receiver of a broadcast channel. After tokio's `sync::broadcast`. */
import { get, load } from '../core/memory.ts'
import {
  BROADCAST_CAPACITY,
  BROADCAST_ENDED,
  BROADCAST_HANDLES,
  BROADCAST_RING,
  BROADCAST_RECEIVERS,
  BROADCAST_RECEIVING,
  BROADCAST_SENT,
  BROADCAST_SITE,
  RING_ENTRY_BYTES,
  RING_ENTRY_KIND,
  RECEIVER_AT,
  RECEIVER_BYTES,
  RECEIVER_CHANNEL,
  TAKEN_LAG,
} from '../core/broadcast.ts'
import { TAKEN_BLOCK, TAKEN_EMPTY } from '../core/channel.ts'
import { HANDLE_STATE } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { SLOT_KIND, SLOT_LENGTH } from '../core/layout.ts'
import { ClosedError, DeadlockError, LaggedError } from '../errors.ts'
import {
  Handle,
  cloneHandle,
  defineHandleClass,
  dropHandle,
  newRecord,
  liveObjectOf,
  type MemoryUsage,
} from '../memory/handles/handle.ts'
import { allocate, allocationBytes, free } from '../memory/heap.ts'
import { BROADCAST_RECEIVER, BROADCAST_SENDER } from '../memory/handles/kinds.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import type { Wait } from '../wait/wait.ts'
import { isMessageDropUnobservable } from './contents.ts'
import { withReceivedMessagesDropped, decodePinned } from './read-pinned.ts'
import { encodeAndPlace } from './rendezvous-message.ts'
import { CLOSED_AND_EMPTY, blockingIterator, availableMessages, asyncIteratorOf, type ClosableRecv } from './recv.ts'
import { streamOfReceiver } from './stream.ts'

/** The sending end of a broadcast channel. Clone it, and move one clone to each thread that sends. */
export class BroadcastSender<T> extends Handle {
  declare readonly [crossing]: Crossing<'BroadcastSender', 'if Send', 'if Send', T>

  /**
   * Sends a copy of `value` to each receiver; never waits. Returns the number of receivers. The sender keeps its value,
   * too.
   *
   * Throws `ClosedError` with the value on it if there is no receiver; one may subscribe later. Throws `NotSendError`
   * for a value that cannot be copied, such as a `Receiver`, and `HeapFullError`; nothing was sent then. Everything
   * that this thread did before is visible to the threads that receive `value`.
   */
  send(value: Send<T>): number {
    const channel = liveObjectOf(this)
    let receivers = 0
    const place = (number: number, message: number): boolean =>
      (receivers = core.sendBroadcast(self, channel, number, message)) !== 0
    withReceivedMessagesDropped(() => encodeAndPlace(value, 'copy', place))
    if (receivers === 0) {
      throw new ClosedError(
        'The channel had no receiver. Call `subscribe()` first; the unsent value is in `value`.',
        value,
      )
    }
    return receivers
  }

  /** Creates a receiver of the messages that are sent after this call. */
  subscribe(): BroadcastReceiver<T> {
    return subscribe(liveObjectOf(this))
  }

  /** Creates another sender of the same channel. The channel is closed when all senders are dropped. */
  clone(): BroadcastSender<T> {
    return cloneHandle(this)
  }

  /** Returns whether both are ends of one channel. */
  sameChannel(other: BroadcastSender<T>): boolean {
    return liveObjectOf(this) === liveObjectOf(other)
  }

  /** The number of receivers: a snapshot. */
  get receivers(): number {
    return load(liveObjectOf(this) + BROADCAST_RECEIVERS)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * The receiving end of a broadcast channel. It receives a copy of every message that is sent after its creation.
 *
 * ```ts
 * const [tx, rx] = broadcast.channel<number>(2)
 * for (let n = 1; n <= 5; n++) tx.send(n)
 * rx.recv().try() // => throws LaggedError, missed: 3
 * rx.recv().try() // => 4
 * ```
 */
export class BroadcastReceiver<T> extends Handle {
  declare readonly [crossing]: Crossing<
    'BroadcastReceiver',
    'if Send',
    'never: it has one owner, so move it, or subscribe another',
    T
  >
  readonly #recv: BroadcastRecv<T> = new BroadcastRecv(this)

  /**
   * Waits for the next message.
   *
   * Throws `LaggedError` once if messages were missed, and continues with the oldest message that is still kept. Throws
   * `ClosedError` once every sender is dropped and all messages are received; every later call throws it again.
   * Everything that the sender did before the send is visible afterwards. `try()` returns `undefined` if there is no
   * message yet.
   */
  recv(): Wait<T> {
    return this.#recv
  }

  /** Creates another receiver of the messages that are sent after this call. */
  resubscribe(): BroadcastReceiver<T> {
    return subscribe(channelOf(liveObjectOf(this)))
  }

  /** Blocks for each message. Ends when every sender is dropped; throws where messages were missed. */
  [Symbol.iterator](): IterableIterator<T> {
    return blockingIterator(this.#recv)
  }

  /** Yields for each message. Ends when every sender is dropped; throws where messages were missed. */
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

  /** Whether every sender is dropped. Messages sent before can still be received. */
  get isClosed(): boolean {
    return hasEnded(liveObjectOf(this))
  }
  /** The number of messages that are left to receive, missed ones included: a snapshot. */
  get length(): number {
    return behind(liveObjectOf(this))
  }
  /** The number of messages that the channel keeps. */
  get capacity(): number {
    return get(channelOf(liveObjectOf(this)) + BROADCAST_CAPACITY)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function subscribe<T>(channel: number): BroadcastReceiver<T> {
  const receiver = allocate(RECEIVER_BYTES)
  let record = 0
  try {
    record = newRecord(BROADCAST_RECEIVER, receiver, false)
  } catch (error) {
    free(receiver)
    throw error
  }
  core.subscribe(self, channel, receiver, record)
  return new BroadcastReceiver<T>(record)
}

const channelOf = (receiver: number): number => get(receiver + RECEIVER_CHANNEL)

/** Both numbers wrap around, but their difference stays small. */
function behind(receiver: number): number {
  return (load(channelOf(receiver) + BROADCAST_SENT) - get(receiver + RECEIVER_AT)) | 0
}

function hasEnded(receiver: number): boolean {
  return load(channelOf(receiver) + BROADCAST_ENDED) !== 0
}

/** The wait for a message. A send wakes all receivers, so a woken receiver never has to pass the wake-up on. */
class BroadcastRecv<T> extends QueueWait<T> implements ClosableRecv<T> {
  readonly #receiver: Handle

  constructor(receiver: Handle) {
    super()
    this.#receiver = receiver
  }

  pollToEnd(): T | typeof CLOSED_AND_EMPTY | Pending {
    const receiver = liveObjectOf(this.#receiver)
    const { record } = this.#receiver
    if (get(record + HANDLE_STATE) !== 0) {
      throw new DeadlockError(
        'This BroadcastReceiver was used while it decoded a message. ' +
          'Do not receive from it in `read` of a registered class.',
      )
    }
    const ended = hasEnded(receiver)
    const number = core.recvBroadcast(self, receiver, record)
    if (number === number) return number as T
    const kind = get(self + SLOT_KIND)
    // ORDER: the last message was sent before the last sender was dropped. `ended` was read before the message, so no
    // message is left.
    if (kind === TAKEN_EMPTY) return ended ? CLOSED_AND_EMPTY : PENDING
    if (kind === TAKEN_LAG) throw lagged(get(self + SLOT_LENGTH))
    return decodePinned(number, () => core.unpinBroadcast(self, receiver, record)) as T
  }
  override tryComplete(): T | Pending {
    const value = this.pollToEnd()
    if (value !== CLOSED_AND_EMPTY) return value
    throw new ClosedError(
      'The channel is empty and every sender was dropped. ' +
        'Use a `for` loop over the receiver to stop here without an error.',
    )
  }
  owners(): readonly Handle[] {
    return [this.#receiver]
  }
  override isReady(): boolean {
    const receiver = liveObjectOf(this.#receiver)
    return behind(receiver) !== 0 || hasEnded(receiver)
  }
  override queue(): number {
    return channelOf(liveObjectOf(this.#receiver)) + BROADCAST_RECEIVING
  }
  wokenToEnd(): T | typeof CLOSED_AND_EMPTY | Pending {
    return this.pollToEnd()
  }
}

function lagged(missed: number): LaggedError {
  return new LaggedError(
    `This receiver was too slow and missed ${missed} messages; it continues with the oldest message that is kept. ` +
      'Receive faster, or give `broadcast.channel` a larger capacity.',
    missed,
  )
}

const handles = (channel: number): number => load(channel + BROADCAST_HANDLES)

/**
 * Returns whether no program can observe the drop of the messages that this receiver has not received. Called when no
 * sender is left, so the messages do not change.
 */
function messagesAreUnobserved(receiver: number): boolean {
  const channel = channelOf(receiver)
  const capacity = get(channel + BROADCAST_CAPACITY)
  const sent = get(channel + BROADCAST_SENT)
  for (let n = Math.min(behind(receiver), capacity); n > 0; n--) {
    const place = get(channel + BROADCAST_RING) + ((sent - n) & (capacity - 1)) * RING_ENTRY_BYTES
    if (get(place + RING_ENTRY_KIND) !== TAKEN_BLOCK) continue
    if (!isMessageDropUnobservable(get(place))) return false
  }
  return true
}

/** The most messages whose bytes a report measures; it estimates the rest. */
const MOST_MEASURED = 1000

/** Measures all messages that the channel keeps, whether or not all receivers have received them. */
function measure(channel: number): MemoryUsage {
  const capacity = get(channel + BROADCAST_CAPACITY)
  const places = get(channel + BROADCAST_RING)
  const looks = Math.min(capacity, MOST_MEASURED)
  let [messages, bytes] = [0, 0]
  for (let n = 0; n < looks; n++) {
    const place = places + n * RING_ENTRY_BYTES
    const kind = get(place + RING_ENTRY_KIND)
    if (kind !== TAKEN_EMPTY) messages++
    if (kind === TAKEN_BLOCK) bytes += allocationBytes(get(place))
  }
  const scale = looks > 0 ? capacity / looks : 0
  return {
    bytes: allocationBytes(channel) + allocationBytes(places) + Math.round(bytes * scale),
    messages: Math.round(messages * scale),
    site: get(channel + BROADCAST_SITE),
  }
}

defineHandleClass(BROADCAST_SENDER, BroadcastSender as { readonly prototype: Handle }, {
  name: 'BroadcastSender',
  share: (channel, record) => core.shareBroadcaster(self, channel, record),
  drop: (channel, record) => {
    core.dropBroadcaster(self, channel, record)
    core.dropBroadcastHandle(self, channel)
  },
  countsRecords: true,
  revive: record => new BroadcastSender(record),
  holds: 'broadcast channel',
  measure,
  onlyMemory: false,
  // Another sender may create receivers at any time, and they would observe the drop of all senders.
  observed: { handles, isUnobservable: () => false },
  inModules: 'owned',
})
defineHandleClass(BROADCAST_RECEIVER, BroadcastReceiver as { readonly prototype: Handle }, {
  name: 'BroadcastReceiver',
  drop: (receiver, record) => {
    const channel = channelOf(receiver)
    withReceivedMessagesDropped(() => core.unsubscribe(self, receiver, record))
    free(receiver)
    core.dropBroadcastHandle(self, channel)
  },
  countsRecords: true,
  revive: record => new BroadcastReceiver(record),
  holds: 'broadcast channel',
  measure,
  onlyMemory: false,
  subject: channelOf,
  observed: { handles, isUnobservable: hasEnded, endsUnseen: messagesAreUnobserved },
  inModules: 'owned',
})
