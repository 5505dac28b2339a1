/**
 * A channel: counts of its two sides, two wait queues, and a stream of messages in linked segments.
 *
 *   +0    flavour: STREAM (capacity 0 = unbounded), SHARED (the same, with many receivers) or RENDEZVOUS
 *   +4    capacity in messages
 *   +8    senders, +12 receivers, +16 who is gone (SENDERS_GONE | RECEIVERS_GONE)
 *   +20   1 once a second sender may push at the same time
 *   +24   handles of either side that still exist: the last one frees the channel
 *   +28   wait queue of receivers, +40 wait queue of senders, +52 of those who wait for the receivers to go
 *   +64   the first permit of the one who collects several, 0 if none does; +68 wait queue of those who want to
 *   +112  the line that made it (memory/sites.ts)
 *   +128  the producer's line: latch, segment, messages pushed, room that permits hold
 *   +256  the consumer's line: latch, segment, position, limit, messages taken, segment to free
 *
 * A segment is  next, published tail, end  and words of 8 bytes. A number is its own word. Anything else is a
 * header word, a NaN no arithmetic makes, and its bytes:
 *
 *    63        48 47      32 31             0
 *   |   0xfff8   |   kind   |  bytes after   |
 *
 * A long message lies in a block of its own, and then the low word is that block's address:
 *
 *    +0 length in bytes, +4 the next message in the same thread's hands, +16 the bytes
 *
 * Bytes in [position, tail) belong to the consumer, all others to the producer: the store to the tail passes them on.
 * A producer that dies before that store has sent nothing. One producer needs no latch; from the first clone on
 * they take turns. Only the consumer frees segments, and only those the producer has left.
 *
 * A single consumer reads a message where it lies and gives the bytes back afterwards. Of many consumers (SHARED) each
 * takes its turn under a latch, and only long enough to take a number or a block: so there every message that is not a
 * number lies in a block, and the thread that took one has it in its hands (SLOT_HAND) until it is read.
 */
import { get, set } from './memory.ts'
import { allocate, release } from './alloc.ts'

export const CHANNEL_FLAVOUR: i32 = 0
export const CHANNEL_CAPACITY: i32 = 4
export const CHANNEL_SENDERS: i32 = 8
export const CHANNEL_RECEIVERS: i32 = 12
export const CHANNEL_GONE: i32 = 16
export const CHANNEL_SHARED: i32 = 20
export const CHANNEL_HANDLES: i32 = 24
export const CHANNEL_RECEIVING: i32 = 28
export const CHANNEL_SENDING: i32 = 40
export const CHANNEL_CLOSING: i32 = 52
export const CHANNEL_COLLECTOR: i32 = 64
export const CHANNEL_COLLECTING: i32 = 68
export const CHANNEL_SITE: i32 = 112
export const PRODUCER_LATCH: i32 = 128
export const PRODUCER_SEGMENT: i32 = 132
export const CHANNEL_PUSHED: i32 = 136
export const CHANNEL_RESERVED: i32 = 140
export const CONSUMER_LATCH: i32 = 256
export const CONSUMER_SEGMENT: i32 = 260
export const CONSUMER_AT: i32 = 264
export const CONSUMER_LIMIT: i32 = 268
export const CHANNEL_TAKEN: i32 = 272
export const CONSUMER_SPENT: i32 = 276
const CHANNEL_BYTES: i32 = 384

export const STREAM: i32 = 0
export const RENDEZVOUS: i32 = 1
export const SHARED: i32 = 2
export const SENDERS_GONE: i32 = 1
export const RECEIVERS_GONE: i32 = 2

/** In the word of a debt: not one line is owed a wake but all of the channel's. */
export const BOTH_LINES: i32 = 1

export const SEGMENT_NEXT: i32 = 0
export const SEGMENT_TAIL: i32 = 4
export const SEGMENT_END: i32 = 8
export const SEGMENT_DATA: i32 = 64
const FIRST_SEGMENT: i32 = 1024
export const SEGMENT_BYTES: i32 = 32768
export const LARGEST_INLINE: i32 = 8192

export const MESSAGE_LENGTH: i32 = 0
export const MESSAGE_NEXT: i32 = 4
export const MESSAGE_BYTES: i32 = 16

export const TAG: i32 = -524288 // 0xfff80000
export const TAG_MASK: i32 = -65536 // 0xffff0000
export const CANONICAL_NAN: i32 = 2146959360 // 0x7ff80000

// What a push answers.
export const PUSHED: i32 = 0
export const CLOSED: i32 = 1
export const FULL: i32 = 2
export const NO_ROOM: i32 = 3

// What `take` finds, in SLOT_KIND.
export const TAKEN_EMPTY: i32 = 0
export const TAKEN_NUMBER: i32 = 1
export const TAKEN_BYTES: i32 = 2 // in the stream: read them, then call `taken`
export const TAKEN_BLOCK: i32 = 3 // in a block of their own, which is in this thread's hands

/** How a push treats a full channel; anything else is the handle of the permit whose room it takes. */
export const IF_ROOM: i32 = 0
export const OVER: i32 = 1 // it goes in all the same

/** A new channel with one sender and one receiver; 0 if the heap is full. */
export function newChannel(self: i32, flavour: i32, capacity: i32): i32 {
  const channel = allocate(self, CHANNEL_BYTES)
  if (channel == 0) return 0
  const segment = newSegment(self, FIRST_SEGMENT)
  if (segment == 0) {
    release(self, channel)
    return 0
  }
  for (let at: i32 = 0; at < CHANNEL_BYTES; at += 4) set(channel + at, 0)
  set(channel + CHANNEL_FLAVOUR, flavour)
  set(channel + CHANNEL_CAPACITY, capacity)
  set(channel + CHANNEL_SENDERS, 1)
  set(channel + CHANNEL_RECEIVERS, 1)
  set(channel + CHANNEL_HANDLES, 2)
  set(channel + PRODUCER_SEGMENT, segment)
  set(channel + CONSUMER_SEGMENT, segment)
  set(channel + CONSUMER_AT, segment + SEGMENT_DATA)
  set(channel + CONSUMER_LIMIT, segment + SEGMENT_DATA)
  return channel
}

/** A stream without ends, for whoever has a handle; 0 if the heap is full. */
export function newQueue(self: i32, capacity: i32): i32 {
  const queue = newChannel(self, SHARED, capacity)
  if (queue == 0) return 0
  set(queue + CHANNEL_SHARED, 1)
  set(queue + CHANNEL_HANDLES, 1)
  return queue
}

/** An empty segment behind none; 0 if the heap is full. */
export function newSegment(self: i32, bytes: i32): i32 {
  const segment = allocate(self, bytes)
  if (segment == 0) return 0
  set(segment + SEGMENT_NEXT, 0)
  set(segment + SEGMENT_TAIL, segment + SEGMENT_DATA)
  set(segment + SEGMENT_END, segment + bytes)
  return segment
}

/** From now on several threads may push at a time. Written by the only one that may push, before it makes another. */
export function takeTurns(channel: i32): void {
  if (get(channel + CHANNEL_SHARED) == 0) set(channel + CHANNEL_SHARED, 1)
}

/** Frees a channel that has no handles and whose messages were discarded. */
export function freeChannel(self: i32, channel: i32): void {
  let segment = get(channel + CONSUMER_SEGMENT)
  while (segment != 0) {
    const next = get(segment + SEGMENT_NEXT)
    release(self, segment)
    segment = next
  }
  release(self, channel)
}
