/** The ends of a broadcast channel. */
import {
  BROADCAST_CAPACITY,
  BROADCAST_ENDED,
  BROADCAST_HANDLES,
  BROADCAST_PLACES,
  BROADCAST_RECEIVERS,
  BROADCAST_RECEIVING,
  BROADCAST_SENT,
  BROADCAST_SITE,
  PLACE_BYTES,
  PLACE_KIND,
  RECEIVER_AT,
  RECEIVER_BYTES,
  RECEIVER_CHANNEL,
  TAKEN_LAG,
} from '../core/broadcast.ts'
import { TAKEN_BLOCK, TAKEN_EMPTY } from '../core/channel.ts'
import { HANDLE_NOTE } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { SLOT_KIND, SLOT_LENGTH } from '../core/layout.ts'
import { ClosedError, DeadlockError, LaggedError } from '../errors.ts'
import {
  Handle,
  cloneHandle,
  defineKind,
  dropHandle,
  newRecord,
  thingOf,
  type Measured,
} from '../memory/handles/handle.ts'
import { allocate, blockBytes, i32, release } from '../memory/heap.ts'
import { BROADCAST_RECEIVER, BROADCAST_SENDER } from '../memory/handles/kinds.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { blockEndsUnseen } from './contents.ts'
import { endingMessages, readCopy } from './copied.ts'
import { placeMessage } from './meeting.ts'
import { END, blocking, thereNow, yielding, type Endable } from './recv.ts'
import { streamOf } from './stream.ts'

/** The sending end of a broadcast channel. Each thread has one of its own: clone it, and move the clones. */
export class BroadcastSender<T> extends Handle {
  declare readonly [crossing]: Crossing<'BroadcastSender', 'if Send', 'if Send', T>

  /**
   * Sends a copy of `value` to each receiver and answers how many there are; never waits. The value stays here, too.
   *
   * Throws `ClosedError` with the value on it if there is no receiver; one may subscribe later. Throws `NotSendError` for
   * what cannot be copied, as a `Receiver`, and `HeapFullError`; nothing was sent then. What this thread did before is
   * visible to the threads that receive `value`.
   */
  send(value: Send<T>): number {
    const channel = thingOf(this)
    let receivers = 0
    const place = (number: number, message: number): boolean =>
      (receivers = core.broadcast(self, channel, number, message)) !== 0
    endingMessages(() => placeMessage(value, 'copy', place))
    if (receivers === 0) {
      throw new ClosedError('This channel has no receiver now. The value that was not sent is in `value`.', value)
    }
    return receivers
  }

  /** A receiver of everything that is sent from now on. */
  subscribe(): BroadcastReceiver<T> {
    return subscribe(thingOf(this))
  }

  /** Another sender of the same channel; the channel ends when all of them are gone. */
  clone(): BroadcastSender<T> {
    return cloneHandle(this)
  }

  /** Whether both are ends of one channel. */
  sameChannel(other: BroadcastSender<T>): boolean {
    return thingOf(this) === thingOf(other)
  }

  /** How many receivers there are: a snapshot. */
  get receivers(): number {
    return Atomics.load(i32, (thingOf(this) + BROADCAST_RECEIVERS) >> 2)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * The receiving end of a broadcast channel: it gets a copy of every message that is sent after it was made.
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
  readonly #hear: Hear<T> = new Hear(this)

  /**
   * Waits for the next message.
   *
   * Throws `LaggedError` once when messages were missed, and goes on with the oldest that is still there. Throws
   * `ClosedError` once every sender is gone and nothing is left, for ever. What the sender did before it sent is visible
   * after. `try()` gives `undefined` if nothing is there yet.
   */
  recv(): Wait<T> {
    return this.#hear
  }

  /** Another receiver, of everything that is sent from now on. */
  resubscribe(): BroadcastReceiver<T> {
    return subscribe(channelOf(thingOf(this)))
  }

  /** Blocks for each message; ends when every sender is gone, and throws where messages were missed. */
  [Symbol.iterator](): IterableIterator<T> {
    return blocking(this.#hear)
  }

  /** Yields for each message; ends when every sender is gone, and throws where messages were missed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return yielding(this.#hear)
  }

  /** The messages that are there now, without waiting for more. */
  tryIter(): IterableIterator<T> {
    return thereNow(this.#hear)
  }

  /**
   * The messages as a `ReadableStream`, which takes each one when it is read. The stream has the receiver from now on:
   * cancelling it, and its end, drop it.
   */
  stream(): ReadableStream<T> {
    return streamOf(this)
  }

  /** Whether no sender can send any more: all are gone. What was sent before may still be received. */
  get isClosed(): boolean {
    return hasEnded(thingOf(this))
  }
  /** How many messages it has still to receive, those it has missed included: a snapshot. */
  get length(): number {
    return behind(thingOf(this))
  }
  /** How many messages the channel keeps. */
  get capacity(): number {
    return i32[(channelOf(thingOf(this)) + BROADCAST_CAPACITY) >> 2]
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
    release(receiver)
    throw error
  }
  core.subscribe(self, channel, receiver, record)
  return new BroadcastReceiver<T>(record)
}

const channelOf = (receiver: number): number => i32[(receiver + RECEIVER_CHANNEL) >> 2]

/** Both numbers wrap around; their difference stays small. */
function behind(receiver: number): number {
  return (Atomics.load(i32, (channelOf(receiver) + BROADCAST_SENT) >> 2) - i32[(receiver + RECEIVER_AT) >> 2]) | 0
}

function hasEnded(receiver: number): boolean {
  return Atomics.load(i32, (channelOf(receiver) + BROADCAST_ENDED) >> 2) !== 0
}

/** The wait for a message. A send wakes all receivers, so no wake has to be passed on. */
class Hear<T> extends PlainWait<T> implements Endable<T> {
  readonly #receiver: Handle

  constructor(receiver: Handle) {
    super()
    this.#receiver = receiver
  }

  pollToEnd(): T | typeof END | Pending {
    const receiver = thingOf(this.#receiver)
    const { record } = this.#receiver
    if (i32[(record + HANDLE_NOTE) >> 2] !== 0) {
      throw new DeadlockError(
        'This BroadcastReceiver is just reading a message. Do not receive from it in `read` of a registered class.',
      )
    }
    const ended = hasEnded(receiver)
    const number = core.hear(self, receiver, record)
    if (number === number) return number as T
    const kind = i32[(self + SLOT_KIND) >> 2]
    // ORDER: the last message was sent before the last sender went; `ended` was read before we looked.
    if (kind === TAKEN_EMPTY) return ended ? END : PENDING
    if (kind === TAKEN_LAG) throw lagged(i32[(self + SLOT_LENGTH) >> 2])
    return readCopy(number, () => core.passed(self, receiver, record)) as T
  }
  override poll(): T | Pending {
    const value = this.pollToEnd()
    if (value !== END) return value
    throw new ClosedError(
      'Every sender of this channel is gone and no message is left. A `for` loop over the receiver ends here by itself.',
    )
  }
  owners(): readonly Handle[] {
    return [this.#receiver]
  }
  override ready(): boolean {
    const receiver = thingOf(this.#receiver)
    return behind(receiver) !== 0 || hasEnded(receiver)
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, channelOf(thingOf(this.#receiver)) + BROADCAST_RECEIVING, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  wokenToEnd(): T | typeof END | Pending {
    return this.pollToEnd()
  }
}

function lagged(missed: number): LaggedError {
  return new LaggedError(
    `This receiver was too slow and has missed ${missed} messages. ` +
      'The next one is the oldest that is still there; receive faster, or give the channel a larger capacity.',
    missed,
  )
}

const handles = (channel: number): number => Atomics.load(i32, (channel + BROADCAST_HANDLES) >> 2)

/** Whether the messages that a receiver has still to receive end unseen. No sender is left, so they stay until it has. */
function messagesAreUnobserved(receiver: number): boolean {
  const channel = channelOf(receiver)
  const capacity = i32[(channel + BROADCAST_CAPACITY) >> 2]
  const sent = i32[(channel + BROADCAST_SENT) >> 2]
  for (let n = Math.min(behind(receiver), capacity); n > 0; n--) {
    const place = i32[(channel + BROADCAST_PLACES) >> 2] + ((sent - n) & (capacity - 1)) * PLACE_BYTES
    if (i32[(place + PLACE_KIND) >> 2] !== TAKEN_BLOCK) continue
    if (!blockEndsUnseen(i32[place >> 2])) return false
  }
  return true
}

/** Of more messages than this, a report estimates the bytes. */
const MOST_MEASURED = 1000

/** The messages that the channel keeps, seen or not by all. */
function measure(channel: number): Measured {
  const capacity = i32[(channel + BROADCAST_CAPACITY) >> 2]
  const places = i32[(channel + BROADCAST_PLACES) >> 2]
  const looks = Math.min(capacity, MOST_MEASURED)
  let [messages, bytes] = [0, 0]
  for (let n = 0; n < looks; n++) {
    const place = places + n * PLACE_BYTES
    const kind = i32[(place + PLACE_KIND) >> 2]
    if (kind !== TAKEN_EMPTY) messages++
    if (kind === TAKEN_BLOCK) bytes += blockBytes(i32[place >> 2])
  }
  const scale = looks > 0 ? capacity / looks : 0
  return {
    bytes: blockBytes(channel) + blockBytes(places) + Math.round(bytes * scale),
    messages: Math.round(messages * scale),
    site: i32[(channel + BROADCAST_SITE) >> 2],
  }
}

defineKind(BROADCAST_SENDER, BroadcastSender as { readonly prototype: Handle }, {
  name: 'BroadcastSender',
  share: (channel, record) => core.shareBroadcaster(self, channel, record),
  drop: (channel, record) => {
    core.endBroadcaster(self, channel, record)
    core.dropBroadcastHandle(self, channel)
  },
  countsRecords: true,
  revive: record => new BroadcastSender(record),
  holds: 'broadcast channel',
  measure,
  onlyMemory: false,
  // Another sender may make receivers at any time, which would observe the end of all senders.
  observed: { handles, isUnobservable: () => false },
  inModules: 'owned',
})
defineKind(BROADCAST_RECEIVER, BroadcastReceiver as { readonly prototype: Handle }, {
  name: 'BroadcastReceiver',
  drop: (receiver, record) => {
    const channel = channelOf(receiver)
    endingMessages(() => core.unsubscribe(self, receiver, record))
    release(receiver)
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
