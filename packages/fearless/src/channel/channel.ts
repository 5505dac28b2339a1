/**
 * The operations that both ends of a channel share: creating it, receiving from it, dropping its handles. After
 * crossbeam's channel flavors: an unbounded or bounded stream with one receiver (MPSC) or many (MPMC), or a
 * rendezvous. The protocol is in core/channel.ts.
 */
import {
  CHANNEL_CAPACITY,
  CHANNEL_FLAVOUR,
  CHANNEL_CLOSED,
  CHANNEL_HANDLES,
  CHANNEL_PUSHED,
  CHANNEL_RECEIVERS,
  CHANNEL_RESERVED,
  CHANNEL_SENDERS,
  CHANNEL_SITE,
  CHANNEL_TAKEN,
  CONSUMER_AT,
  CONSUMER_LIMIT,
  RECEIVERS_CLOSED,
  RENDEZVOUS,
  SENDERS_CLOSED,
  MPMC,
  MPSC,
  TAG,
  TAG_MASK,
  TAKEN_BLOCK,
  TAKEN_BYTES,
  TAKEN_EMPTY,
  TAKEN_NUMBER,
} from '../core/channel.ts'
import { HANDLE_OWNER } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { SLOT_ADDRESS, SLOT_KIND, SLOT_LENGTH } from '../core/layout.ts'
import { get, getFloat, load, set, store } from '../core/memory.ts'
import { storeRelaxed } from '../core/memory.ts'
import { describe } from '../describe.ts'
import { ClosedError } from '../errors.ts'
import { decode, discardEncodedMessage, adoptHandles } from '../memory/codec/codec.ts'
import { heapFullError } from '../memory/heap.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import type { DropObservation } from '../memory/handles/unreachable.ts'
import { areMessageDropsUnobservable } from './contents.ts'
import { dropReceivedMessage, decodeMessage } from './rendezvous-message.ts'

/** Returned instead of a message if the channel is empty. */
export const EMPTY: unique symbol = Symbol('empty')

/**
 * Allocates a channel: a rendezvous with capacity 0, otherwise a stream of this flavour (MPSC or MPMC), unbounded
 * without a capacity. Throws `RangeError` for any other capacity.
 */
export function newChannel(capacity: number | undefined, flavour: number): number {
  if (capacity !== undefined && !(Number.isInteger(capacity) && capacity >= 0 && capacity < 0x4000_0000)) {
    throw new RangeError(
      `A channel's capacity must be a whole number from 0 to 2^30 - 1, got ${describe(capacity)}. Pass such a number.`,
    )
  }
  const channel = core.newChannel(self, capacity === 0 ? RENDEZVOUS : flavour, capacity ?? 0)
  if (channel === 0) throw heapFullError(1536)
  set(channel + CHANNEL_SITE, siteOfCaller())
  return channel
}

function flavourOf(channel: number): number {
  return get(channel + CHANNEL_FLAVOUR)
}

export function isRendezvous(channel: number): boolean {
  return flavourOf(channel) === RENDEZVOUS
}

export function capacityOf(channel: number): number | undefined {
  const capacity = get(channel + CHANNEL_CAPACITY)
  return capacity === 0 && !isRendezvous(channel) ? undefined : capacity
}

/** Returns the number of messages in the channel: a snapshot. */
export function lengthOf(channel: number): number {
  const taken = load(channel + CHANNEL_TAKEN)
  return Math.max(0, (load(channel + CHANNEL_PUSHED) - taken) | 0)
}

/** Returns whether messages and permits occupy the whole capacity. Always true for a rendezvous. */
export function isFull(channel: number): boolean {
  return capacityOf(channel) !== undefined && core.isFull(channel) !== 0
}

export function areSendersDropped(channel: number): boolean {
  return (load(channel + CHANNEL_CLOSED) & SENDERS_CLOSED) !== 0
}

/** Returns whether the receiver has closed the channel and no permit is left that could still send. */
export function isClosedByReceiver(channel: number): boolean {
  return areReceiversDropped(channel) && load(channel + CHANNEL_RESERVED) === 0
}

/** Returns whether no sender can send any more. A permit of a closed channel still can. */
export function isClosed(channel: number): boolean {
  return load(channel + CHANNEL_CLOSED) !== 0
}

export function areReceiversDropped(channel: number): boolean {
  return (load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) !== 0
}

/**
 * Receives the next message of a stream with one receiver. Returns EMPTY if there is none.
 *
 * The receiver owns every message that was published when it last checked, so an unbounded stream is read here without
 * a call into the core: 2.2x on numbers and 1.3x on strings (mpsc.bench.ts). The core handles bounded streams, because
 * a sender may wait for the room, and it checks for further messages.
 */
export function recvSingle(channel: number): unknown {
  const at = get(channel + CONSUMER_AT)
  if (at !== get(channel + CONSUMER_LIMIT) && get(channel + CHANNEL_CAPACITY) === 0) {
    const high = get(at + 4)
    if ((high & TAG_MASK) !== TAG) {
      const number = getFloat(at)
      advanceConsumer(channel, at + 8)
      return number
    }
    if (high === (TAG | TAKEN_BYTES)) return takeBytes(channel, at)
  }
  const number = core.takeMessage(self, channel)
  // Only a number that is not NaN equals itself. In all other cases the slot describes the message.
  return number === number ? number : takeOther(channel)
}

/**
 * Receives consecutive numbers from an unbounded stream with one receiver, until `into` has `limit` elements. Returns
 * their count.
 */
export function recvNumbers(channel: number, into: unknown[], limit: number): number {
  if (flavourOf(channel) !== MPSC || get(channel + CHANNEL_CAPACITY) !== 0) return 0
  const from = get(channel + CONSUMER_AT)
  const end = Math.min(get(channel + CONSUMER_LIMIT), from + (limit - into.length) * 8)
  let at = from
  for (; at !== end && (get(at + 4) & TAG_MASK) !== TAG; at += 8) into.push(getFloat(at))
  const count = (at - from) >> 3
  set(channel + CONSUMER_AT, at)
  storeRelaxed(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + count)
  return count
}

/**
 * Decodes a message in place. The channel owns the message until it is decoded, so if the thread dies the reaper drops
 * it with the channel.
 */
function takeBytes(channel: number, at: number): unknown {
  const length = get(at)
  try {
    return decode(at + 8, length)
  } finally {
    advanceConsumer(channel, at + 8 + length)
  }
}

/** Records that the receiver of an unbounded stream has read everything before `at`. */
function advanceConsumer(channel: number, at: number): void {
  set(channel + CONSUMER_AT, at)
  storeRelaxed(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)
}

function takeOther(channel: number): unknown {
  const kind = get(self + SLOT_KIND)
  if (kind !== TAKEN_BYTES) return decodeReceived(NaN)
  try {
    return decode(get(self + SLOT_ADDRESS), get(self + SLOT_LENGTH))
  } finally {
    core.releaseBytes(self, channel)
  }
}

/** Receives the next message of a stream with several receivers. Returns EMPTY if there is none. */
export function recvShared(channel: number): unknown {
  const number = core.takeShared(self, channel)
  return number === number ? number : decodeReceived(number)
}

/**
 * Returns the message that a receive of the core found, unless it is encoded inside the stream. Returns EMPTY if there
 * was none.
 */
export function decodeReceived(number: number): unknown {
  if (number === number) return number
  const kind = get(self + SLOT_KIND)
  if (kind === TAKEN_EMPTY) return EMPTY
  return kind === TAKEN_NUMBER ? NaN : decodeMessage(get(self + SLOT_ADDRESS))
}

/** Drops all messages in the stream, because no receiver is left. */
function discardMessages(channel: number): void {
  const shared = flavourOf(channel) === MPMC
  for (;;) {
    const number = shared ? core.takeShared(self, channel) : core.takeMessage(self, channel)
    if (number === number) continue
    const kind = get(self + SLOT_KIND)
    if (kind === TAKEN_EMPTY) return
    const at = get(self + SLOT_ADDRESS)
    if (kind === TAKEN_BLOCK) dropReceivedMessage(at)
    if (kind !== TAKEN_BYTES) continue
    const length = get(self + SLOT_LENGTH)
    adoptHandles(at, length)
    core.releaseBytes(self, channel)
    discardEncodedMessage(at, length)
  }
}

export function dropSender(channel: number, record: number): void {
  if (core.dropSender(self, channel, record) !== 0) endChannel(channel, record)
}

/**
 * Drops a receiver. The last receiver drops the messages in the channel at once; messages that are sent concurrently
 * are dropped with the last handle.
 */
export function dropReceiver(channel: number, record: number): void {
  if (core.dropReceiver(self, channel, record) !== 0) discardMessages(channel)
  dropWeakHandle(channel, record)
}

/** Drops a handle that is neither a sender nor a receiver. The last handle frees the channel. */
export function dropWeakHandle(channel: number, record: number): void {
  if (core.removeChannelHandle(channel, record) !== 0) endChannel(channel, record)
}

const handles = (channel: number): number => load(channel + CHANNEL_HANDLES)
const receivers = (channel: number): number => load(channel + CHANNEL_RECEIVERS)

/** Returns the number of senders and permits that keep the channel open: a snapshot. */
export const sendersOf = (channel: number): number => load(channel + CHANNEL_SENDERS)

/** Returns the number of weak senders: a snapshot, which may include a sender or receiver whose drop is in progress. */
export function weakSendersOf(channel: number): number {
  return Math.max(0, handles(channel) - sendersOf(channel) - receivers(channel))
}

/** A receiver observes the drop of all senders, and the use or drop of permits, whose room it may wait for. */
export const senderObservability: DropObservation = { handles, isUnobservable: areReceiversDropped }
export const permitObservability: DropObservation = { handles, isUnobservable: channel => receivers(channel) === 0 }
/**
 * A sender observes that all receivers are dropped: its sends fail. The last receiver drops the messages in the
 * channel.
 */
export const receiverObservability: DropObservation = {
  handles,
  isUnobservable: areSendersDropped,
  // RACE: another receiver may be dropped at the same time, so that this one is the last and drops messages which no
  // check has covered. That is allowed, because the program itself chose the time of that explicit drop.
  endsUnseen: channel => receivers(channel) > 1 || areMessageDropsUnobservable(channel),
}

function endChannel(channel: number, record: number): void {
  discardMessages(channel)
  // RACE: a thread that dies from here on leaves only memory behind. No wait depends on it, because this was the last
  // handle.
  store(record + HANDLE_OWNER, 0)
  core.freeChannel(self, channel)
}

export function closedAndEmptyError(): ClosedError<never> {
  return new ClosedError(
    'The channel is empty, and every Sender was dropped or the Receiver was closed. ' +
      'Use a `for` loop over the Receiver to stop here without an error.',
  )
}

export function receiverDroppedError<T>(value: T): ClosedError<T> {
  return new ClosedError(
    'The Receiver of this channel was dropped or closed. Take the unsent value from `value`.',
    value,
  )
}
