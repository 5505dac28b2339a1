/**
 * A channel: counts of its two sides, two wait queues, and a stream of messages in linked segments.
 *
 *   +0    flavour: STREAM (capacity 0 = unbounded), SHARED (the same, with many receivers) or RENDEZVOUS
 *   +4    capacity in messages
 *   +8    senders, +12 receivers, +16 who is gone (SENDERS_GONE | RECEIVERS_GONE)
 *   +20   1 once a second sender may push at the same time
 *   +24   handles of either side that still exist: the last one frees the channel
 *   +28   wait queue of receivers, +40 wait queue of senders
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
import { add, cas, copy, get, getFloat, load, set, setFloat, store } from './memory.ts'
import { allocate, release } from './alloc.ts'
import { HANDLE_NOTE, HANDLE_OWNER, IN_TRANSIT, giveHandle, handOver } from './handles.ts'
import { latch, tryLatch, unlatch } from './latch.ts'
import { hasWaiters, owe, pay, wakeAll, wakeOne } from './wait-queue.ts'
import { SLOT_ADDRESS, SLOT_HAND, SLOT_ID, SLOT_KIND, SLOT_LENGTH, SLOT_PACKING } from './layout.ts'

export const CHANNEL_FLAVOUR: i32 = 0
export const CHANNEL_CAPACITY: i32 = 4
export const CHANNEL_SENDERS: i32 = 8
export const CHANNEL_RECEIVERS: i32 = 12
export const CHANNEL_GONE: i32 = 16
export const CHANNEL_SHARED: i32 = 20
export const CHANNEL_HANDLES: i32 = 24
export const CHANNEL_RECEIVING: i32 = 28
export const CHANNEL_SENDING: i32 = 40
const PRODUCER_LATCH: i32 = 128
const PRODUCER_SEGMENT: i32 = 132
export const CHANNEL_PUSHED: i32 = 136
export const CHANNEL_RESERVED: i32 = 140
const CONSUMER_LATCH: i32 = 256
const CONSUMER_SEGMENT: i32 = 260
const CONSUMER_AT: i32 = 264
const CONSUMER_LIMIT: i32 = 268
export const CHANNEL_TAKEN: i32 = 272
const CONSUMER_SPENT: i32 = 276
const CHANNEL_BYTES: i32 = 384

export const STREAM: i32 = 0
export const RENDEZVOUS: i32 = 1
export const SHARED: i32 = 2
export const SENDERS_GONE: i32 = 1
export const RECEIVERS_GONE: i32 = 2

/** In the word of a debt: not one line is owed a wake but all of the channel's. */
export const BOTH_LINES: i32 = 1

const SEGMENT_NEXT: i32 = 0
const SEGMENT_TAIL: i32 = 4
const SEGMENT_END: i32 = 8
const SEGMENT_DATA: i32 = 64
const FIRST_SEGMENT: i32 = 1024
const SEGMENT_BYTES: i32 = 32768
const LARGEST_INLINE: i32 = 8192

export const MESSAGE_LENGTH: i32 = 0
export const MESSAGE_NEXT: i32 = 4
export const MESSAGE_BYTES: i32 = 16

const TAG: i32 = -524288 // 0xfff80000
const TAG_MASK: i32 = -65536 // 0xffff0000
const CANONICAL_NAN: i32 = 2146959360 // 0x7ff80000

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

function newSegment(self: i32, bytes: i32): i32 {
  const segment = allocate(self, bytes)
  if (segment == 0) return 0
  set(segment + SEGMENT_NEXT, 0)
  set(segment + SEGMENT_TAIL, segment + SEGMENT_DATA)
  set(segment + SEGMENT_END, segment + bytes)
  return segment
}

export function pushNumber(self: i32, channel: i32, value: f64, how: i32): i32 {
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0 && isClosed(channel, how) != 0) return CLOSED
  const shared = get(channel + CHANNEL_SHARED)
  if (shared != 0) latch(self, channel + PRODUCER_LATCH)
  const at = room(self, channel, 8, shared, how)
  if (at > NO_ROOM) {
    if (value == value) {
      setFloat(at, value)
    } else {
      set(at, 0)
      set(at + 4, CANONICAL_NAN)
    }
    publish(self, channel, at + 8, how)
  }
  if (shared != 0) unlatch(self, channel + PRODUCER_LATCH)
  return pushed(self, channel, at)
}

/** A channel that its receiver has only closed still takes what permits send. */
function isClosed(channel: i32, how: i32): i32 {
  return how <= OVER || load(channel + CHANNEL_RECEIVERS) == 0 ? 1 : 0
}

/** Pushes a message of encoded bytes, a multiple of 8; a long one goes to a block of its own. */
export function pushBytes(self: i32, channel: i32, from: i32, length: i32, how: i32): i32 {
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0 && isClosed(channel, how) != 0) return CLOSED
  let block: i32 = 0
  if (length > LARGEST_INLINE || get(channel + CHANNEL_FLAVOUR) == SHARED) {
    block = allocate(self, MESSAGE_BYTES + length)
    if (block == 0) return NO_ROOM
    set(block + MESSAGE_LENGTH, length)
    copy(block + MESSAGE_BYTES, from, length)
  }
  const answer = pushMessage(self, channel, from, length, block, how)
  if (block != 0 && answer != PUSHED) release(self, block)
  return answer
}

function pushMessage(self: i32, channel: i32, from: i32, length: i32, block: i32, how: i32): i32 {
  const inStream: i32 = block == 0 ? length : 0
  const shared = get(channel + CHANNEL_SHARED)
  if (shared != 0) latch(self, channel + PRODUCER_LATCH)
  const at = room(self, channel, 8 + inStream, shared, how)
  if (at > NO_ROOM) {
    if (block == 0) {
      set(at, length)
      set(at + 4, TAG | TAKEN_BYTES)
      copy(at + 8, from, length)
    } else {
      set(at, block)
      set(at + 4, TAG | TAKEN_BLOCK)
    }
    publish(self, channel, at + 8 + inStream, how)
  }
  if (shared != 0) unlatch(self, channel + PRODUCER_LATCH)
  return pushed(self, channel, at)
}

/** Where the next `bytes` go, or FULL, or NO_ROOM. The producer's turn. */
function room(self: i32, channel: i32, bytes: i32, shared: i32, how: i32): i32 {
  const bounded: i32 = how == IF_ROOM ? get(channel + CHANNEL_CAPACITY) : 0
  do {
    if (bounded != 0 && isFull(channel) != 0) return FULL
    const segment = get(channel + PRODUCER_SEGMENT)
    const at = get(segment + SEGMENT_TAIL)
    if (at + bytes <= get(segment + SEGMENT_END)) return at
    const next = load(segment + SEGMENT_NEXT)
    if (next != 0) {
      // From here on the consumer may free the old segment.
      store(channel + PRODUCER_SEGMENT, next)
      return next + SEGMENT_DATA
    }
  } while (linkSegment(self, channel, shared) != 0)
  return NO_ROOM
}

/** Whether messages and permits take all the room of a bounded channel. */
export function isFull(channel: i32): i32 {
  // The counts wrap around; their difference stays small.
  const there: i32 = get(channel + CHANNEL_PUSHED) + get(channel + CHANNEL_RESERVED) - load(channel + CHANNEL_TAKEN)
  return (there | 0) >= get(channel + CHANNEL_CAPACITY) ? 1 : 0
}

/**
 * Links one more segment behind the last; 0 if the heap is full. The allocator has latches of its own and a thread
 * holds one at a time, so the producers' latch is left meanwhile. Others may then have linked segments too: all are
 * used in turn, as is one whose producer died before it went there.
 */
function linkSegment(self: i32, channel: i32, shared: i32): i32 {
  if (shared != 0) unlatch(self, channel + PRODUCER_LATCH)
  const added = newSegment(self, SEGMENT_BYTES)
  if (shared != 0) latch(self, channel + PRODUCER_LATCH)
  if (added == 0) return 0
  let last = get(channel + PRODUCER_SEGMENT)
  for (let next = load(last + SEGMENT_NEXT); next != 0; next = load(last + SEGMENT_NEXT)) last = next
  store(last + SEGMENT_NEXT, added)
  return 1
}

function publish(self: i32, channel: i32, tail: i32, how: i32): void {
  owe(self, channel + CHANNEL_RECEIVING)
  handOver(self)
  // Passes the message to the consumer: it must come after every write of the message.
  store(get(channel + PRODUCER_SEGMENT) + SEGMENT_TAIL, tail)
  set(channel + CHANNEL_PUSHED, get(channel + CHANNEL_PUSHED) + 1)
  if (how > OVER) freeRoom(channel, how)
}

/** The room of a permit is taken, or free again: once only, also if its thread dies here. The producers' turn. */
function freeRoom(channel: i32, permit: i32): void {
  set(permit + HANDLE_NOTE, 0)
  set(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) - 1)
}

/** After a push, outside the latch: wakes a receiver if one waits. */
function pushed(self: i32, channel: i32, at: i32): i32 {
  if (at <= NO_ROOM) return at
  if (hasWaiters(channel + CHANNEL_RECEIVING) != 0) wakeOne(self, channel + CHANNEL_RECEIVING)
  pay(self)
  return PUSHED
}

/**
 * Takes the next message. A number is the answer itself. NaN says: look into SLOT_KIND, it may be a number that is
 * NaN, bytes at SLOT_ADDRESS that `taken` gives back once they are read, or nothing.
 */
export function take(self: i32, channel: i32): f64 {
  let at = get(channel + CONSUMER_AT)
  if (at == get(channel + CONSUMER_LIMIT)) {
    at = advance(self, channel, at)
    if (at == 0) {
      set(self + SLOT_KIND, TAKEN_EMPTY)
      return NaN
    }
  }
  const high = get(at + 4)
  if ((high & TAG_MASK) == TAG) return found(self, channel, at, high & 65535)
  const value = getFloat(at)
  set(channel + CONSUMER_AT, at + 8)
  countTaken(self, channel)
  if (value != value) set(self + SLOT_KIND, TAKEN_NUMBER)
  return value
}

function found(self: i32, channel: i32, at: i32, kind: i32): f64 {
  set(self + SLOT_KIND, kind)
  if (kind == TAKEN_BLOCK) {
    const block = get(at)
    set(self + SLOT_ADDRESS, block)
    // No thread dies between the two: the message would be in nobody's hands, or in two.
    putInHand(self, block)
    set(channel + CONSUMER_AT, at + 8)
    countTaken(self, channel)
  } else {
    set(self + SLOT_ADDRESS, at + 8)
    set(self + SLOT_LENGTH, get(at))
  }
  return NaN
}

/** From now on a message that was in a channel is in this thread's hands: its reaper ends it if it does not. */
export function putInHand(self: i32, message: i32): void {
  set(message + MESSAGE_NEXT, get(self + SLOT_HAND))
  set(self + SLOT_HAND, message)
}

/** The same as `take` for one of many consumers; a message it finds is in a block. */
export function takeShared(self: i32, channel: i32): f64 {
  latch(self, channel + CONSUMER_LATCH)
  return endTurn(self, channel, takeTurn(self, channel))
}

/** Takes the oldest message if there are more than the channel has room for: what a push over the room has to evict. */
export function takeSurplus(self: i32, channel: i32): f64 {
  latch(self, channel + CONSUMER_LATCH)
  const length: i32 = load(channel + CHANNEL_PUSHED) - get(channel + CHANNEL_TAKEN)
  if ((length | 0) > get(channel + CHANNEL_CAPACITY)) return endTurn(self, channel, takeTurn(self, channel))
  unlatch(self, channel + CONSUMER_LATCH)
  set(self + SLOT_KIND, TAKEN_EMPTY)
  return NaN
}

function takeTurn(self: i32, channel: i32): f64 {
  let at = get(channel + CONSUMER_AT)
  if (at == get(channel + CONSUMER_LIMIT)) {
    at = advance(self, channel, at)
    if (at == 0) {
      set(self + SLOT_KIND, TAKEN_EMPTY)
      return NaN
    }
  }
  let value: f64 = NaN
  const isBlock: i32 = (get(at + 4) & TAG_MASK) == TAG ? 1 : 0
  if (isBlock == 0) value = getFloat(at)
  const block: i32 = isBlock != 0 ? get(at) : 0
  set(self + SLOT_KIND, isBlock != 0 ? TAKEN_BLOCK : TAKEN_NUMBER)
  set(self + SLOT_ADDRESS, block)
  if (get(channel + CHANNEL_CAPACITY) != 0) owe(self, channel + CHANNEL_SENDING)
  // No thread dies from here to the position: the message would be in nobody's hands, or in two. Counted first, it
  // could only be one too few that the channel holds.
  store(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)
  if (block != 0) {
    set(block + MESSAGE_NEXT, get(self + SLOT_HAND))
    set(self + SLOT_HAND, block)
  }
  set(channel + CONSUMER_AT, at + 8)
  return value
}

/** After the latch: the segment that was left is freed, and a sender gets the room. */
function endTurn(self: i32, channel: i32, value: f64): f64 {
  const spent = get(channel + CONSUMER_SPENT)
  set(channel + CONSUMER_SPENT, 0)
  unlatch(self, channel + CONSUMER_LATCH)
  if (spent != 0) release(self, spent)
  if (get(channel + CHANNEL_CAPACITY) != 0) {
    if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
    pay(self)
  }
  return value
}

/** Whether one of many consumers may find a message; 1 also while another takes its turn: look again. */
export function hasSharedMessage(self: i32, channel: i32): i32 {
  if (tryLatch(self, channel + CONSUMER_LATCH) == 0) return 1
  const has = hasMessage(channel)
  unlatch(self, channel + CONSUMER_LATCH)
  return has
}

/** The position of the next message once the known ones are taken, moving to the next segment; 0 if there is none. */
function advance(self: i32, channel: i32, from: i32): i32 {
  let at = from
  for (;;) {
    const segment = get(channel + CONSUMER_SEGMENT)
    const limit = load(segment + SEGMENT_TAIL)
    if (limit != at) {
      set(channel + CONSUMER_LIMIT, limit)
      return at
    }
    const next = load(segment + SEGMENT_NEXT)
    // RACE: while the producers have linked `next` but not left this segment, nothing is in `next`; empty is right.
    if (next == 0 || load(channel + PRODUCER_SEGMENT) == segment) break
    // ORDER: the last message here was published before the producers left this segment; look once more.
    if (load(segment + SEGMENT_TAIL) == at) {
      at = next + SEGMENT_DATA
      set(channel + CONSUMER_SEGMENT, next)
      set(channel + CONSUMER_AT, at)
      set(channel + CONSUMER_LIMIT, at)
      // Of many consumers one holds a latch here, and the allocator has its own: it frees the segment afterwards.
      if (get(channel + CHANNEL_FLAVOUR) == SHARED) set(channel + CONSUMER_SPENT, segment)
      else release(self, segment)
    }
  }
  return 0
}

/** Whether the consumer would find a message. */
export function hasMessage(channel: i32): i32 {
  const at = get(channel + CONSUMER_AT)
  if (at != get(channel + CONSUMER_LIMIT)) return 1
  const segment = get(channel + CONSUMER_SEGMENT)
  if (load(segment + SEGMENT_TAIL) != at) return 1
  const next = load(segment + SEGMENT_NEXT)
  return next != 0 && load(channel + PRODUCER_SEGMENT) != segment ? 1 : 0
}

/** Watches for a while whether a message comes to the only consumer. */
export function spinForMessage(channel: i32, rounds: i32): void {
  for (let i: i32 = 0; i < rounds; i++) if (hasMessage(channel) != 0) return
}

/** Watches for a while whether there is room, or nobody left to receive. */
export function spinForRoom(channel: i32, rounds: i32): void {
  for (let i: i32 = 0; i < rounds; i++) {
    if (isFull(channel) == 0 || (load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) return
  }
}

/** Gives back the bytes that `take` found. */
export function taken(self: i32, channel: i32): void {
  const at = get(channel + CONSUMER_AT)
  set(channel + CONSUMER_AT, at + 8 + get(at))
  countTaken(self, channel)
}

function countTaken(self: i32, channel: i32): void {
  const count: i32 = get(channel + CHANNEL_TAKEN) + 1
  if (get(channel + CHANNEL_CAPACITY) == 0) {
    set(channel + CHANNEL_TAKEN, count)
    return
  }
  owe(self, channel + CHANNEL_SENDING)
  store(channel + CHANNEL_TAKEN, count)
  if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
  pay(self)
}

/** One more sender, whose handle this thread packs. No thread dies between the two: nothing here is a place to stop at. */
export function shareSender(self: i32, channel: i32, handle: i32): void {
  set(channel + CHANNEL_SHARED, 1)
  giveHandle(self, handle)
  add(channel + CHANNEL_SENDERS, 1)
  add(channel + CHANNEL_HANDLES, 1)
}

/** One more receiver, in the same way. */
export function shareReceiver(self: i32, channel: i32, handle: i32): void {
  giveHandle(self, handle)
  add(channel + CHANNEL_RECEIVERS, 1)
  add(channel + CHANNEL_HANDLES, 1)
}

/** One more handle that keeps the channel's memory and nothing else, made by a sender's owner or from another such. */
export function shareWeak(channel: i32): void {
  // Whoever upgrades it sends at the same time as we.
  set(channel + CHANNEL_SHARED, 1)
  add(channel + CHANNEL_HANDLES, 1)
}

/** One more sender if there is still one: 1, and this thread packs its handle; 0 if all are gone, for ever. */
export function upgradeSender(self: i32, channel: i32, handle: i32): i32 {
  while (true) {
    const senders = load(channel + CHANNEL_SENDERS)
    if (senders == 0) return 0
    // No thread dies from here to the count: a reaper would drop a sender that was not counted.
    set(self + SLOT_PACKING, 1)
    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
    if (cas(channel + CHANNEL_SENDERS, senders, senders + 1) == senders) {
      add(channel + CHANNEL_HANDLES, 1)
      return 1
    }
    store(handle + HANDLE_OWNER, IN_TRANSIT)
  }
}

/** Reserves room for one message: PUSHED, and this thread packs the permit's handle; or FULL, or CLOSED. */
export function reserve(self: i32, channel: i32, handle: i32): i32 {
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) return CLOSED
  // The permit sends at the same time as this sender.
  set(channel + CHANNEL_SHARED, 1)
  latch(self, channel + PRODUCER_LATCH)
  const full = isFull(channel)
  if (full == 0) {
    // A permit keeps the channel open as a sender does. No thread dies between these.
    set(self + SLOT_PACKING, 1)
    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
    set(handle + HANDLE_NOTE, 1)
    set(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) + 1)
    add(channel + CHANNEL_SENDERS, 1)
    add(channel + CHANNEL_HANDLES, 1)
  }
  unlatch(self, channel + PRODUCER_LATCH)
  return full == 0 ? PUSHED : FULL
}

/** Gives the room of a permit back, if it was not used, and wakes a sender. */
export function unreserve(self: i32, channel: i32, permit: i32): void {
  if (get(permit + HANDLE_NOTE) == 0) return
  latch(self, channel + PRODUCER_LATCH)
  owe(self, channel | BOTH_LINES)
  freeRoom(channel, permit)
  unlatch(self, channel + PRODUCER_LATCH)
  if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
  // A receiver that has closed the channel waits for what permits may still send.
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) wakeAll(self, channel + CHANNEL_RECEIVING)
  pay(self)
}

/**
 * One sender less, and its handle is nobody's; the last one lets the receivers see the end. 1 if this was the channel's
 * last handle. No thread dies between the first two steps: a reaper would drop the sender again, or never.
 */
export function endSender(self: i32, channel: i32, handle: i32): i32 {
  store(handle + HANDLE_OWNER, 0)
  if (add(channel + CHANNEL_SENDERS, -1) == 1) {
    owe(self, channel + CHANNEL_RECEIVING)
    add(channel + CHANNEL_GONE, SENDERS_GONE)
    wakeAll(self, channel + CHANNEL_RECEIVING)
    pay(self)
  }
  return add(channel + CHANNEL_HANDLES, -1) == 1 ? 1 : 0
}

/**
 * One receiver less, and its handle is nobody's: 1 if it was the last, which closes the receiving side. The caller then
 * takes and discards what is in the stream.
 */
export function endReceiver(self: i32, channel: i32, handle: i32): i32 {
  store(handle + HANDLE_OWNER, 0)
  if (add(channel + CHANNEL_RECEIVERS, -1) != 1) return 0
  closeReceiving(self, channel)
  return 1
}

/** No more messages come in; those that are there may still be taken. Closing twice is no error. */
export function closeReceiving(self: i32, channel: i32): void {
  for (;;) {
    const gone = load(channel + CHANNEL_GONE)
    if ((gone & RECEIVERS_GONE) != 0) return
    owe(self, channel | BOTH_LINES)
    if (cas(channel + CHANNEL_GONE, gone, gone | RECEIVERS_GONE) == gone) break
  }
  wakeLines(self, channel)
  pay(self)
}

/** Wakes whoever waits for anything here: a rendezvous's senders stand in the receivers' line, and these see the end. */
export function wakeLines(self: i32, channel: i32): void {
  wakeAll(self, channel + CHANNEL_SENDING)
  wakeAll(self, channel + CHANNEL_RECEIVING)
}

/** One handle less that is no sender: 1 if this was the channel's last handle. */
export function dropChannelHandle(channel: i32): i32 {
  return add(channel + CHANNEL_HANDLES, -1) == 1 ? 1 : 0
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
