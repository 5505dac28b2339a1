/** What both ends of a channel share: making it, taking a message out of it, ending it. The protocol is in core/channel.ts. */
import {
  CHANNEL_CAPACITY,
  CHANNEL_FLAVOUR,
  CHANNEL_GONE,
  CHANNEL_PUSHED,
  CHANNEL_TAKEN,
  RECEIVERS_GONE,
  RENDEZVOUS,
  SENDERS_GONE,
  STREAM,
  TAKEN_BLOCK,
  TAKEN_EMPTY,
  TAKEN_NUMBER,
} from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { SLOT_ADDRESS, SLOT_KIND, SLOT_LENGTH } from '../core/layout.ts'
import { ClosedError } from '../errors.ts'
import { decode, discard } from '../memory/codec.ts'
import { heapFull, i32, release } from '../memory/heap.ts'

/** Nothing is there now. */
export const EMPTY: unique symbol = Symbol('empty')

/** A new channel: unbounded without a capacity, a rendezvous with capacity 0. */
export function newChannel(capacity: number | undefined): number {
  if (capacity !== undefined && !(Number.isInteger(capacity) && capacity >= 0 && capacity < 0x4000_0000)) {
    throw new RangeError(`A channel's capacity must be a whole number from 0 to 2^30, not ${capacity}.`)
  }
  const channel = core.newChannel(self, capacity === 0 ? RENDEZVOUS : STREAM, capacity ?? 0)
  if (channel === 0) throw heapFull(1536)
  return channel
}

export function isRendezvous(channel: number): boolean {
  return i32[(channel + CHANNEL_FLAVOUR) >> 2] === RENDEZVOUS
}

export function capacityOf(channel: number): number | undefined {
  const capacity = i32[(channel + CHANNEL_CAPACITY) >> 2]
  return capacity === 0 && !isRendezvous(channel) ? undefined : capacity
}

/** How many messages wait in the channel: a snapshot. */
export function lengthOf(channel: number): number {
  return Math.max(0, (i32[(channel + CHANNEL_PUSHED) >> 2] - i32[(channel + CHANNEL_TAKEN) >> 2]) | 0)
}

export function isFull(channel: number): boolean {
  // Both counts wrap around; their difference stays small.
  const length = (i32[(channel + CHANNEL_PUSHED) >> 2] - Atomics.load(i32, (channel + CHANNEL_TAKEN) >> 2)) | 0
  return length >= i32[(channel + CHANNEL_CAPACITY) >> 2]
}

export function sendersGone(channel: number): boolean {
  return (Atomics.load(i32, (channel + CHANNEL_GONE) >> 2) & SENDERS_GONE) !== 0
}

export function receiversGone(channel: number): boolean {
  return (Atomics.load(i32, (channel + CHANNEL_GONE) >> 2) & RECEIVERS_GONE) !== 0
}

/** The next message of a stream, or EMPTY. */
export function takeMessage(channel: number): unknown {
  const number = core.take(self, channel)
  // Only a number that is not NaN equals itself; for anything else the slot says what was found.
  return number === number ? number : takeOther(channel)
}

function takeOther(channel: number): unknown {
  const kind = i32[(self + SLOT_KIND) >> 2]
  if (kind === TAKEN_EMPTY) return EMPTY
  if (kind === TAKEN_NUMBER) return NaN
  const at = i32[(self + SLOT_ADDRESS) >> 2]
  const length = i32[(self + SLOT_LENGTH) >> 2]
  try {
    return decode(at, length)
  } finally {
    if (kind === TAKEN_BLOCK) release(at)
    core.taken(self, channel)
  }
}

/** Drops what is in the stream: nobody will receive it. */
function discardMessages(channel: number): void {
  for (;;) {
    const number = core.take(self, channel)
    if (number === number) continue
    const kind = i32[(self + SLOT_KIND) >> 2]
    if (kind === TAKEN_EMPTY) return
    if (kind === TAKEN_NUMBER) continue
    const at = i32[(self + SLOT_ADDRESS) >> 2]
    const length = i32[(self + SLOT_LENGTH) >> 2]
    core.taken(self, channel)
    discard(at, length)
    if (kind === TAKEN_BLOCK) release(at)
  }
}

export function dropSender(channel: number, record: number): void {
  if (core.endSender(self, channel, record) !== 0) endChannel(channel)
}

/** The last receiver drops what was not received, at once; what is sent meanwhile, the last handle does. */
export function dropReceiver(channel: number): void {
  core.dropReceiver(self, channel)
  discardMessages(channel)
  if (core.dropReceiverHandle(channel) !== 0) endChannel(channel)
}

function endChannel(channel: number): void {
  discardMessages(channel)
  core.freeChannel(self, channel)
}

export function allSendersGone(): ClosedError<never> {
  return new ClosedError(
    'Every Sender of this channel is gone and no message is left. A `for` loop over the Receiver ends here by itself.',
  )
}

export function receiverGone<T>(value: T): ClosedError<T> {
  return new ClosedError('The Receiver of this channel is gone. The value that was not sent is in `value`.', value)
}
