/**
 * A channel: counts of its two sides, wait queues, and a stream of messages in linked segments, as crossbeam's list
 * channel. MPSC: it has one consumer. MPMC: it may have many.
 *
 *   +0    CHANNEL_FLAVOUR         MPSC (capacity 0 = unbounded), MPMC (the same) or RENDEZVOUS
 *   +4    CHANNEL_CAPACITY        capacity in messages
 *   +8    CHANNEL_SENDERS         number of senders
 *   +12   CHANNEL_RECEIVERS       number of receivers
 *   +16   CHANNEL_CLOSED          closed sides (SENDERS_CLOSED | RECEIVERS_CLOSED)
 *   +20   CHANNEL_MANY_PRODUCERS  1 once several senders may push at the same time
 *   +24   CHANNEL_HANDLES         live handles of both sides: the last drop frees the channel
 *   +28   CHANNEL_RECEIVING       wait queue of receivers
 *   +40   CHANNEL_SENDING         wait queue of senders
 *   +52   CHANNEL_CLOSING         wait queue of threads that wait for the receiving side to close
 *   +64   CHANNEL_COLLECTOR       the first permit of the thread that collects several, else 0
 *   +68   CHANNEL_COLLECTING      wait queue of threads that will collect
 *   +112  CHANNEL_SITE            source location that created it (memory/creation-sites.ts)
 *   +128  PRODUCER_LATCH          the producers' cache lines: latch
 *   +132  PRODUCER_SEGMENT        segment
 *   +136  CHANNEL_PUSHED          number of messages pushed
 *   +140  CHANNEL_RESERVED        room reserved by permits
 *   +256  CONSUMER_LATCH          the consumers' cache lines: latch
 *   +260  CONSUMER_SEGMENT        segment
 *   +264  CONSUMER_AT             position
 *   +268  CONSUMER_LIMIT          limit: the published tail when the consumer last read it
 *   +272  CHANNEL_TAKEN           number of messages taken
 *   +276  CONSUMER_SPENT          segment to free
 *   +384  CHANNEL_BYTES           end
 *
 * A segment:
 *
 *   +0    SEGMENT_NEXT            the next segment
 *   +4    SEGMENT_TAIL            published tail
 *   +8    SEGMENT_END             end of the segment
 *   +64   SEGMENT_DATA            end: words of 8 bytes follow
 *
 * A number is its own word. Any other message is a header word, a NaN that no arithmetic produces, and its bytes:
 *
 *    63        48 47      32 31             0
 *   |   0xfff8   |   kind   |  bytes after   |
 *
 * A long message is an allocation of its own, and the header's low word is its address:
 *
 *   +0    MESSAGE_LENGTH          length in bytes
 *   +4    MESSAGE_NEXT            next message in a thread's list of received messages
 *   +16   MESSAGE_BYTES           end: the bytes follow
 *
 * - The consumer owns the bytes in [position, tail), the producer all others. The store to the tail passes them on.
 * - One producer needs no latch. From the first clone on, producers push under the producer latch.
 * - Only the consumer frees segments, and only those that the producers have left.
 * - A single consumer reads a message in place and then gives its bytes back.
 * - Many consumers (MPMC) take messages under the consumer latch. To keep that short, every message except a number
 *   is an allocation there. It is in the SLOT_RECEIVED list of the thread that took it until it is decoded.
 *
 * A producer that dies before the store to the tail has sent no message. A message in the SLOT_RECEIVED list of a dead
 * thread is dropped by its reaper.
 */
import { get, set } from './memory.ts'
import { allocate, free } from './alloc.ts'

export const CHANNEL_FLAVOUR: i32 = 0
export const CHANNEL_CAPACITY: i32 = 4
export const CHANNEL_SENDERS: i32 = 8
export const CHANNEL_RECEIVERS: i32 = 12
export const CHANNEL_CLOSED: i32 = 16
export const CHANNEL_MANY_PRODUCERS: i32 = 20
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

export const MPSC: i32 = 0
export const RENDEZVOUS: i32 = 1
export const MPMC: i32 = 2
export const SENDERS_CLOSED: i32 = 1
export const RECEIVERS_CLOSED: i32 = 2

/** Flag in SLOT_PENDING: the pending wake-up is for all wait queues of the channel. */
export const ALL_QUEUES: i32 = 1

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

// Results of a push. NO_ROOM: the heap is full.
export const PUSHED: i32 = 0
export const CLOSED: i32 = 1
export const FULL: i32 = 2
export const NO_ROOM: i32 = 3

// Results of `takeMessage`, in SLOT_KIND.
export const TAKEN_EMPTY: i32 = 0
export const TAKEN_NUMBER: i32 = 1
export const TAKEN_BYTES: i32 = 2 // in the stream: decode them, then call `releaseBytes`
export const TAKEN_BLOCK: i32 = 3 // an allocation, which is in this thread's SLOT_RECEIVED list

/** How a push treats a full channel. Any other value is the handle record of the permit whose room the push uses. */
export const IF_ROOM: i32 = 0
export const OVER: i32 = 1 // push even if the channel is full

/** Allocates a channel with one sender and one receiver. Returns 0 if the heap is full. */
export function newChannel(self: i32, flavour: i32, capacity: i32): i32 {
  const channel = allocate(self, CHANNEL_BYTES)
  if (channel == 0) return 0
  const segment = newSegment(self, FIRST_SEGMENT)
  if (segment == 0) {
    free(self, channel)
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

/** Allocates a stream without sides, in which every handle may push and take. Returns 0 if the heap is full. */
export function newQueue(self: i32, capacity: i32): i32 {
  const queue = newChannel(self, MPMC, capacity)
  if (queue == 0) return 0
  set(queue + CHANNEL_MANY_PRODUCERS, 1)
  set(queue + CHANNEL_HANDLES, 1)
  return queue
}

/** Allocates an empty segment. Returns 0 if the heap is full. */
export function newSegment(self: i32, bytes: i32): i32 {
  const segment = allocate(self, bytes)
  if (segment == 0) return 0
  set(segment + SEGMENT_NEXT, 0)
  set(segment + SEGMENT_TAIL, segment + SEGMENT_DATA)
  set(segment + SEGMENT_END, segment + bytes)
  return segment
}

/** Makes producers use the latch. Called by the only thread that may push, before it creates another producer. */
export function allowManyProducers(channel: i32): void {
  if (get(channel + CHANNEL_MANY_PRODUCERS) == 0) set(channel + CHANNEL_MANY_PRODUCERS, 1)
}

/** Frees a channel without handles. The caller has discarded its messages. */
export function freeChannel(self: i32, channel: i32): void {
  let segment = get(channel + CONSUMER_SEGMENT)
  while (segment != 0) {
    const next = get(segment + SEGMENT_NEXT)
    free(self, segment)
    segment = next
  }
  free(self, channel)
}
