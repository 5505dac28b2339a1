/** Pushing into the stream of a channel, and the room that permits keep. What lies where is drawn in channel.ts. */
import { add, copy, get, load, set, setFloat, store, storeRelaxed } from './memory.ts'
import { allocate, release } from './alloc.ts'
import {
  BOTH_LINES,
  CANONICAL_NAN,
  CHANNEL_CAPACITY,
  CHANNEL_COLLECTING,
  CHANNEL_COLLECTOR,
  CHANNEL_FLAVOUR,
  CHANNEL_GONE,
  CHANNEL_HANDLES,
  CHANNEL_PUSHED,
  CHANNEL_RECEIVERS,
  CHANNEL_RECEIVING,
  CHANNEL_RESERVED,
  CHANNEL_SENDERS,
  CHANNEL_SENDING,
  CHANNEL_SHARED,
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
  RECEIVERS_GONE,
  SEGMENT_BYTES,
  SEGMENT_DATA,
  SEGMENT_END,
  SEGMENT_NEXT,
  SEGMENT_TAIL,
  SHARED,
  TAG,
  TAKEN_BLOCK,
  TAKEN_BYTES,
  newSegment,
  takeTurns,
} from './channel.ts'
import { HANDLE_NOTE, HANDLE_OWNER, handOver } from './handles.ts'
import { latch, unlatch } from './latch.ts'
import { hasWaiters, owe, pay, wakeAll, wakeOne } from './wait-queue.ts'
import { SLOT_ID, SLOT_PACKING } from './layout.ts'

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
  // The counts wrap around; their difference stays small. How many were pushed may be an old count for who is not in the
  // producers' turn: it then finds room that is not there, and looks again in its turn.
  const there: i32 = load(channel + CHANNEL_PUSHED) + load(channel + CHANNEL_RESERVED) - load(channel + CHANNEL_TAKEN)
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
  const count: i32 = get(channel + CHANNEL_PUSHED) + 1
  if (how > OVER) {
    // RACE: the message may be taken by now, and the sender that was woken for its room looks: it must not find the room
    // taken by the message and kept by the permit, because nobody wakes it again.
    freeRoom(channel, how)
    store(channel + CHANNEL_PUSHED, count)
  } else {
    storeRelaxed(channel + CHANNEL_PUSHED, count)
  }
}

/** The room of a permit is taken, or free again: once only, also if its thread dies here. The producers' turn. */
function freeRoom(channel: i32, permit: i32): void {
  set(permit + HANDLE_NOTE, 0)
  store(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) - 1)
}

/** After a push, outside the latch: wakes a receiver if one waits. */
function pushed(self: i32, channel: i32, at: i32): i32 {
  if (at <= NO_ROOM) return at
  if (hasWaiters(channel + CHANNEL_RECEIVING) != 0) wakeOne(self, channel + CHANNEL_RECEIVING)
  pay(self)
  return PUSHED
}

// In the note of a permit.
/** Its room is neither used nor given back. */
const KEEPS_ROOM: i32 = 1
/** It is the first of several: no other thread collects permits until its owner has all, or gives up. */
const COLLECTS: i32 = 2

/**
 * Reserves room for one message: PUSHED, and this thread packs the permit's handle; or FULL, or CLOSED. The first of several
 * permits (`collects`) is also refused while others are collected: two that collect at a time would each keep the room that the
 * other waits for.
 */
export function reserve(self: i32, channel: i32, handle: i32, collects: i32): i32 {
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) return CLOSED
  // The permit sends at the same time as this sender.
  takeTurns(channel)
  latch(self, channel + PRODUCER_LATCH)
  const full: i32 = isFull(channel) != 0 || (collects != 0 && get(channel + CHANNEL_COLLECTOR) != 0) ? 1 : 0
  if (full == 0) {
    // A permit keeps the channel open as a sender does. No thread dies between these.
    set(self + SLOT_PACKING, 1)
    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
    set(handle + HANDLE_NOTE, collects != 0 ? KEEPS_ROOM | COLLECTS : KEEPS_ROOM)
    if (collects != 0) store(channel + CHANNEL_COLLECTOR, handle)
    store(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) + 1)
    add(channel + CHANNEL_SENDERS, 1)
    add(channel + CHANNEL_HANDLES, 1)
  }
  unlatch(self, channel + PRODUCER_LATCH)
  return full == 0 ? PUSHED : FULL
}

/** All permits are there: another thread may collect. */
export function endCollecting(self: i32, channel: i32, permit: i32): void {
  owe(self, channel + CHANNEL_COLLECTING)
  // UNINTERRUPTED: a reaper would let others collect twice, or never.
  set(permit + HANDLE_NOTE, KEEPS_ROOM)
  store(channel + CHANNEL_COLLECTOR, 0)
  wakeAll(self, channel + CHANNEL_COLLECTING)
  pay(self)
}

/** Gives the room of a permit back, if it was not used, and wakes a sender. */
export function unreserve(self: i32, channel: i32, permit: i32): void {
  const note = get(permit + HANDLE_NOTE)
  if ((note & KEEPS_ROOM) == 0) return
  latch(self, channel + PRODUCER_LATCH)
  owe(self, channel | BOTH_LINES)
  // UNINTERRUPTED up to the room: a reaper would give it back twice, or never.
  if ((note & COLLECTS) != 0) store(channel + CHANNEL_COLLECTOR, 0)
  freeRoom(channel, permit)
  unlatch(self, channel + PRODUCER_LATCH)
  if ((note & COLLECTS) != 0) wakeAll(self, channel + CHANNEL_COLLECTING)
  if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
  // A receiver that has closed the channel waits for what permits may still send.
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) wakeAll(self, channel + CHANNEL_RECEIVING)
  pay(self)
}

/** Watches for a while whether there is room, or nobody left to receive. */
export function spinForRoom(channel: i32, rounds: i32): void {
  for (let i: i32 = 0; i < rounds; i++) {
    if (isFull(channel) == 0 || (load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) return
  }
}
