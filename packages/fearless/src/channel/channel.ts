/** What both ends of a channel share: making it, taking a message out of it, ending it. The protocol is in core/channel.ts. */
import {
  CHANNEL_CAPACITY,
  CHANNEL_FLAVOUR,
  CHANNEL_GONE,
  CHANNEL_HANDLES,
  CHANNEL_PUSHED,
  CHANNEL_RECEIVERS,
  CHANNEL_RESERVED,
  CHANNEL_SENDERS,
  CHANNEL_SITE,
  CHANNEL_TAKEN,
  CONSUMER_AT,
  CONSUMER_LIMIT,
  RECEIVERS_GONE,
  RENDEZVOUS,
  SENDERS_GONE,
  SHARED,
  STREAM,
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
import { storeRelaxed } from '../core/memory.ts'
import { describe } from '../describe.ts'
import { ClosedError } from '../errors.ts'
import { decode, discard, own } from '../memory/codec/codec.ts'
import { f64, heapFull, i32 } from '../memory/heap.ts'
import { siteOfCaller } from '../memory/sites.ts'
import type { Observed } from '../memory/handles/unreachable.ts'
import { messagesEndUnseen } from './contents.ts'
import { discardInHand, readMessage } from './meeting.ts'

/** Nothing is there now. */
export const EMPTY: unique symbol = Symbol('empty')

/** A new channel: unbounded without a capacity, a rendezvous with capacity 0; else a stream, STREAM or SHARED. */
export function newChannel(capacity: number | undefined, flavour: number): number {
  if (capacity !== undefined && !(Number.isInteger(capacity) && capacity >= 0 && capacity < 0x4000_0000)) {
    throw new RangeError(`A channel's capacity must be a whole number from 0 to 2^30 - 1, not ${describe(capacity)}.`)
  }
  const channel = core.newChannel(self, capacity === 0 ? RENDEZVOUS : flavour, capacity ?? 0)
  if (channel === 0) throw heapFull(1536)
  i32[(channel + CHANNEL_SITE) >> 2] = siteOfCaller()
  return channel
}

function flavourOf(channel: number): number {
  return i32[(channel + CHANNEL_FLAVOUR) >> 2]
}

export function isRendezvous(channel: number): boolean {
  return flavourOf(channel) === RENDEZVOUS
}

export function capacityOf(channel: number): number | undefined {
  const capacity = i32[(channel + CHANNEL_CAPACITY) >> 2]
  return capacity === 0 && !isRendezvous(channel) ? undefined : capacity
}

/** How many messages wait in the channel: a snapshot. */
export function lengthOf(channel: number): number {
  const taken = Atomics.load(i32, (channel + CHANNEL_TAKEN) >> 2)
  return Math.max(0, (Atomics.load(i32, (channel + CHANNEL_PUSHED) >> 2) - taken) | 0)
}

/** Whether messages and permits take all the room; a rendezvous never has any. */
export function isFull(channel: number): boolean {
  return capacityOf(channel) !== undefined && core.isFull(channel) !== 0
}

export function sendersGone(channel: number): boolean {
  return (Atomics.load(i32, (channel + CHANNEL_GONE) >> 2) & SENDERS_GONE) !== 0
}

/** Whether the receiver itself has closed the channel and no permit can send any more. */
export function closedByReceiver(channel: number): boolean {
  return receiversGone(channel) && Atomics.load(i32, (channel + CHANNEL_RESERVED) >> 2) === 0
}

/** Whether no sender can send any more; a permit of a closed receiver still can. */
export function isClosed(channel: number): boolean {
  return Atomics.load(i32, (channel + CHANNEL_GONE) >> 2) !== 0
}

export function receiversGone(channel: number): boolean {
  return (Atomics.load(i32, (channel + CHANNEL_GONE) >> 2) & RECEIVERS_GONE) !== 0
}

/**
 * The next message of a stream with one receiver, or EMPTY.
 *
 * What was published when the receiver last looked is its own to read, so an unbounded stream is read here, without a
 * call of the core: 2.2x on numbers and 1.3x on strings (mpsc.bench.ts). Whatever a sender may wait for, and looking for
 * more, is the core's.
 */
export function takeMessage(channel: number): unknown {
  const at = i32[(channel + CONSUMER_AT) >> 2]
  if (at !== i32[(channel + CONSUMER_LIMIT) >> 2] && i32[(channel + CHANNEL_CAPACITY) >> 2] === 0) {
    const high = i32[(at + 4) >> 2]
    if ((high & TAG_MASK) !== TAG) {
      const number = f64[at >> 3]
      passed(channel, at + 8)
      return number
    }
    if (high === (TAG | TAKEN_BYTES)) return takeBytes(channel, at)
  }
  const number = core.take(self, channel)
  // Only a number that is not NaN equals itself; for anything else the slot says what was found.
  return number === number ? number : takeOther(channel)
}

/** Takes numbers that lie one behind the other in an unbounded stream with one receiver, up to `limit` in `into`; how many. */
export function takeNumbers(channel: number, into: unknown[], limit: number): number {
  if (flavourOf(channel) !== STREAM || i32[(channel + CHANNEL_CAPACITY) >> 2] !== 0) return 0
  const from = i32[(channel + CONSUMER_AT) >> 2]
  const end = Math.min(i32[(channel + CONSUMER_LIMIT) >> 2], from + (limit - into.length) * 8)
  let at = from
  for (; at !== end && (i32[(at + 4) >> 2] & TAG_MASK) !== TAG; at += 8) into.push(f64[at >> 3])
  const count = (at - from) >> 3
  i32[(channel + CONSUMER_AT) >> 2] = at
  storeRelaxed(channel + CHANNEL_TAKEN, i32[(channel + CHANNEL_TAKEN) >> 2] + count)
  return count
}

/** Reads a message where it lies. Until then it is the channel's, also for the reaper of a thread that dies here. */
function takeBytes(channel: number, at: number): unknown {
  const length = i32[at >> 2]
  try {
    return decode(at + 8, length)
  } finally {
    passed(channel, at + 8 + length)
  }
}

/** The receiver of an unbounded stream has read everything before `at`. */
function passed(channel: number, at: number): void {
  i32[(channel + CONSUMER_AT) >> 2] = at
  storeRelaxed(channel + CHANNEL_TAKEN, i32[(channel + CHANNEL_TAKEN) >> 2] + 1)
}

function takeOther(channel: number): unknown {
  const kind = i32[(self + SLOT_KIND) >> 2]
  if (kind !== TAKEN_BYTES) return takenMessage(NaN)
  try {
    return decode(i32[(self + SLOT_ADDRESS) >> 2], i32[(self + SLOT_LENGTH) >> 2])
  } finally {
    core.taken(self, channel)
  }
}

/** The next message of a stream that many receive from, or EMPTY. */
export function takeSharedMessage(channel: number): unknown {
  const number = core.takeShared(self, channel)
  return number === number ? number : takenMessage(number)
}

/** What a take found that is no bytes in the stream, or EMPTY. */
export function takenMessage(number: number): unknown {
  if (number === number) return number
  const kind = i32[(self + SLOT_KIND) >> 2]
  if (kind === TAKEN_EMPTY) return EMPTY
  return kind === TAKEN_NUMBER ? NaN : readMessage(i32[(self + SLOT_ADDRESS) >> 2])
}

/** Drops what is in the stream: nobody will receive it. */
export function discardMessages(channel: number): void {
  const shared = flavourOf(channel) === SHARED
  for (;;) {
    const number = shared ? core.takeShared(self, channel) : core.take(self, channel)
    if (number === number) continue
    const kind = i32[(self + SLOT_KIND) >> 2]
    if (kind === TAKEN_EMPTY) return
    const at = i32[(self + SLOT_ADDRESS) >> 2]
    if (kind === TAKEN_BLOCK) discardInHand(at)
    if (kind !== TAKEN_BYTES) continue
    const length = i32[(self + SLOT_LENGTH) >> 2]
    own(at, length)
    core.taken(self, channel)
    discard(at, length)
  }
}

export function dropSender(channel: number, record: number): void {
  if (core.endSender(self, channel, record) !== 0) endChannel(channel, record)
}

/** The last receiver drops what was not received, at once; what is sent meanwhile, the last handle does. */
export function dropReceiver(channel: number, record: number): void {
  if (core.endReceiver(self, channel, record) !== 0) discardMessages(channel)
  dropChannelHandle(channel, record)
}

/** One handle less that is neither sender nor receiver; the last one frees the channel. */
export function dropChannelHandle(channel: number, record: number): void {
  if (core.leaveChannel(channel, record) !== 0) endChannel(channel, record)
}

const handles = (channel: number): number => Atomics.load(i32, (channel + CHANNEL_HANDLES) >> 2)
const receivers = (channel: number): number => Atomics.load(i32, (channel + CHANNEL_RECEIVERS) >> 2)

/** How many senders and permits keep the channel open: a snapshot. */
export const sendersOf = (channel: number): number => Atomics.load(i32, (channel + CHANNEL_SENDERS) >> 2)

/** How many weak senders there are: a snapshot, in which an end that is just being dropped may count as one. */
export function weakSendersOf(channel: number): number {
  return Math.max(0, handles(channel) - sendersOf(channel) - receivers(channel))
}

/** A receiver waits for the end of all senders, and for the room of permits to be used or given back. */
export const senderObserved: Observed = { handles, isUnobservable: receiversGone }
export const permitObserved: Observed = { handles, isUnobservable: channel => receivers(channel) === 0 }
/** A sender fails once all receivers are gone. The last receiver takes along what was not received. */
export const receiverObserved: Observed = {
  handles,
  isUnobservable: sendersGone,
  // RACE: another receiver may be gone when this one ends, and this one then takes along what nobody has looked through. The
  // program has dropped that receiver, so it has chosen the moment.
  endsUnseen: channel => receivers(channel) > 1 || messagesEndUnseen(channel),
}

function endChannel(channel: number, record: number): void {
  discardMessages(channel)
  // A thread that dies from here on leaves memory, and nothing that anybody waits for.
  Atomics.store(i32, (record + HANDLE_OWNER) >> 2, 0)
  core.freeChannel(self, channel)
}

export function allSendersGone(): ClosedError<never> {
  return new ClosedError(
    'This channel has ended and no message is left: every Sender is gone, or the Receiver was closed. ' +
      'A `for` loop over the Receiver ends here by itself.',
  )
}

export function receiverGone<T>(value: T): ClosedError<T> {
  return new ClosedError('The Receiver of this channel is gone. The value that was not sent is in `value`.', value)
}
