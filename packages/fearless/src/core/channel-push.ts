/** Pushes messages into a channel's stream, and reserves room for permits. The layout is drawn in channel.ts. */
import { add, copy, get, load, set, setFloat, store, storeRelaxed } from './memory.ts'
import { allocate, free } from './alloc.ts'
import {
  ALL_QUEUES,
  CANONICAL_NAN,
  CHANNEL_CAPACITY,
  CHANNEL_COLLECTING,
  CHANNEL_COLLECTOR,
  CHANNEL_FLAVOUR,
  CHANNEL_CLOSED,
  CHANNEL_HANDLES,
  CHANNEL_PUSHED,
  CHANNEL_RECEIVERS,
  CHANNEL_RECEIVING,
  CHANNEL_RESERVED,
  CHANNEL_SENDERS,
  CHANNEL_SENDING,
  CHANNEL_MANY_PRODUCERS,
  CHANNEL_TAKEN,
  CLOSED,
  FULL,
  IF_ROOM,
  LARGEST_INLINE,
  MESSAGE_BYTES,
  MESSAGE_LENGTH,
  NO_ROOM,
  OVER,
  PRODUCER_LATCH,
  PRODUCER_SEGMENT,
  PUSHED,
  RECEIVERS_CLOSED,
  SEGMENT_BYTES,
  SEGMENT_DATA,
  SEGMENT_END,
  SEGMENT_NEXT,
  SEGMENT_TAIL,
  MPMC,
  TAG,
  TAKEN_BLOCK,
  TAKEN_BYTES,
  newSegment,
  allowManyProducers,
} from './channel.ts'
import { HANDLE_STATE, HANDLE_OWNER, endPacking } from './handles.ts'
import { latch, unlatch } from './latch.ts'
import { hasWaiters, announceWakeUp, endAnnouncement, wakeAll, wakeOne } from './wait-queue.ts'
import { SLOT_ID, SLOT_PACKING } from './layout.ts'

/** Pushes a number. Returns PUSHED, CLOSED, FULL or NO_ROOM. */
export function pushNumber(self: i32, channel: i32, value: f64, how: i32): i32 {
  if ((load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0 && isClosed(channel, how) != 0) return CLOSED
  const shared = get(channel + CHANNEL_MANY_PRODUCERS)
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

/**
 * Returns whether a channel without a receiving side refuses this push. Permits may still send after a mere `close`.
 */
function isClosed(channel: i32, how: i32): i32 {
  return how <= OVER || load(channel + CHANNEL_RECEIVERS) == 0 ? 1 : 0
}

/** Pushes an encoded message, whose length is a multiple of 8. Returns PUSHED, CLOSED, FULL or NO_ROOM. */
export function pushBytes(self: i32, channel: i32, from: i32, length: i32, how: i32): i32 {
  if ((load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0 && isClosed(channel, how) != 0) return CLOSED
  let block: i32 = 0
  if (length > LARGEST_INLINE || get(channel + CHANNEL_FLAVOUR) == MPMC) {
    block = allocate(self, MESSAGE_BYTES + length)
    if (block == 0) return NO_ROOM
    set(block + MESSAGE_LENGTH, length)
    copy(block + MESSAGE_BYTES, from, length)
  }
  const answer = pushMessage(self, channel, from, length, block, how)
  if (block != 0 && answer != PUSHED) free(self, block)
  return answer
}

function pushMessage(self: i32, channel: i32, from: i32, length: i32, block: i32, how: i32): i32 {
  const inStream: i32 = block == 0 ? length : 0
  const shared = get(channel + CHANNEL_MANY_PRODUCERS)
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

/**
 * Returns the address for the next `bytes` of the stream, FULL or NO_ROOM. Requires the producer latch if the channel
 * is shared.
 */
function room(self: i32, channel: i32, bytes: i32, shared: i32, how: i32): i32 {
  const bounded: i32 = how == IF_ROOM ? get(channel + CHANNEL_CAPACITY) : 0
  do {
    if (bounded != 0 && isFull(channel) != 0) return FULL
    const segment = get(channel + PRODUCER_SEGMENT)
    const at = get(segment + SEGMENT_TAIL)
    if (at + bytes <= get(segment + SEGMENT_END)) return at
    const next = load(segment + SEGMENT_NEXT)
    if (next != 0) {
      // After this store the consumer may free the old segment.
      store(channel + PRODUCER_SEGMENT, next)
      return next + SEGMENT_DATA
    }
  } while (linkSegment(self, channel, shared) != 0)
  return NO_ROOM
}

/** Returns whether messages and permits fill a bounded channel. */
export function isFull(channel: i32): i32 {
  // The counts wrap around, but their difference stays small. Without the producer latch PUSHED may be stale, and a
  // full channel may look non-full. Callers check again under the latch.
  const there: i32 = load(channel + CHANNEL_PUSHED) + load(channel + CHANNEL_RESERVED) - load(channel + CHANNEL_TAKEN)
  return (there | 0) >= get(channel + CHANNEL_CAPACITY) ? 1 : 0
}

/**
 * Links another segment behind the last. Returns 1, or 0 if the heap is full.
 *
 * The allocator has latches of its own and a thread holds one at a time, so this releases the producer latch for the
 * allocation. Other producers may then have linked segments too. All segments are used in order, also one whose
 * producer died before it used it.
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
  announceWakeUp(self, channel + CHANNEL_RECEIVING)
  endPacking(self)
  // Passes the message to the consumer. Must come after all stores to the message.
  store(get(channel + PRODUCER_SEGMENT) + SEGMENT_TAIL, tail)
  const count: i32 = get(channel + CHANNEL_PUSHED) + 1
  if (how > OVER) {
    // RACE: the message may be taken already, and a sender woken for its room checks again. The sender must not see
    // the room used by the message and also reserved by the permit, because no later notifier would wake it.
    freeRoom(channel, how)
    store(channel + CHANNEL_PUSHED, count)
  } else {
    storeRelaxed(channel + CHANNEL_PUSHED, count)
  }
}

/**
 * Ends the reservation of a permit. A reaper can tell that it is done from the cleared note. Requires the producer
 * latch.
 */
function freeRoom(channel: i32, permit: i32): void {
  set(permit + HANDLE_STATE, 0)
  store(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) - 1)
}

/** Completes a push after the latch: wakes a receiver if one waits. Returns the result of the push. */
function pushed(self: i32, channel: i32, at: i32): i32 {
  if (at <= NO_ROOM) return at
  if (hasWaiters(channel + CHANNEL_RECEIVING) != 0) wakeOne(self, channel + CHANNEL_RECEIVING)
  endAnnouncement(self)
  return PUSHED
}

// Bits in HANDLE_STATE of a permit.
/** The permit's room is reserved. */
const KEEPS_ROOM: i32 = 1
/** The first of several permits: no other thread may collect permits until its owner has all, or gives up. */
const COLLECTS: i32 = 2

/**
 * Reserves room for one message. Returns PUSHED, after which this thread packs the permit's handle; FULL; or CLOSED.
 *
 * The first of several permits (`collects`) also gets FULL while another thread collects. Two collecting threads could
 * each hold the room that the other one waits for.
 */
export function reserve(self: i32, channel: i32, handle: i32, collects: i32): i32 {
  if ((load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0) return CLOSED
  // The permit may push at the same time as this sender.
  allowManyProducers(channel)
  latch(self, channel + PRODUCER_LATCH)
  const full: i32 = isFull(channel) != 0 || (collects != 0 && get(channel + CHANNEL_COLLECTOR) != 0) ? 1 : 0
  if (full == 0) {
    // A permit keeps the channel open as a sender does. UNINTERRUPTED: no function entry or loop head up to the counts,
    // so a worker cannot be terminated between them. Otherwise a reaper would drop a permit that was not counted.
    set(self + SLOT_PACKING, 1)
    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
    set(handle + HANDLE_STATE, collects != 0 ? KEEPS_ROOM | COLLECTS : KEEPS_ROOM)
    if (collects != 0) store(channel + CHANNEL_COLLECTOR, handle)
    store(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) + 1)
    add(channel + CHANNEL_SENDERS, 1)
    add(channel + CHANNEL_HANDLES, 1)
  }
  unlatch(self, channel + PRODUCER_LATCH)
  return full == 0 ? PUSHED : FULL
}

/** Ends the collection of permits, so that another thread may collect. */
export function endCollecting(self: i32, channel: i32, permit: i32): void {
  announceWakeUp(self, channel + CHANNEL_COLLECTING)
  // UNINTERRUPTED: no function entry or loop head between note and collector, so a worker cannot be terminated between
  // them. Otherwise a reaper would end the collection twice, or never.
  set(permit + HANDLE_STATE, KEEPS_ROOM)
  store(channel + CHANNEL_COLLECTOR, 0)
  wakeAll(self, channel + CHANNEL_COLLECTING)
  endAnnouncement(self)
}

/** Returns the unused room of a permit and wakes a sender. */
export function unreserve(self: i32, channel: i32, permit: i32): void {
  const note = get(permit + HANDLE_STATE)
  if ((note & KEEPS_ROOM) == 0) return
  latch(self, channel + PRODUCER_LATCH)
  announceWakeUp(self, channel | ALL_QUEUES)
  // UNINTERRUPTED: no function entry or loop head from the collector to the room, so a worker cannot be terminated
  // between them. Otherwise a reaper would return the room twice, or never.
  if ((note & COLLECTS) != 0) store(channel + CHANNEL_COLLECTOR, 0)
  freeRoom(channel, permit)
  unlatch(self, channel + PRODUCER_LATCH)
  if ((note & COLLECTS) != 0) wakeAll(self, channel + CHANNEL_COLLECTING)
  if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
  // A receiver that has closed the channel waits for the messages of the remaining permits.
  if ((load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0) wakeAll(self, channel + CHANNEL_RECEIVING)
  endAnnouncement(self)
}

/** Polls for a limited time until the channel has room or its receiving side is closed. */
export function spinForRoom(channel: i32, rounds: i32): void {
  for (let i: i32 = 0; i < rounds; i++) {
    if (isFull(channel) == 0 || (load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0) return
  }
}
