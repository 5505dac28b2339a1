/**
 * Takes messages out of a channel's stream: its only consumer, or many under a latch. The layout is drawn in
 * channel.ts.
 */
import { get, getFloat, load, set, store, storeRelaxed } from './memory.ts'
import { free } from './alloc.ts'
import {
  CHANNEL_CAPACITY,
  CHANNEL_FLAVOUR,
  CHANNEL_PUSHED,
  CHANNEL_SENDING,
  CHANNEL_TAKEN,
  CONSUMER_AT,
  CONSUMER_LATCH,
  CONSUMER_LIMIT,
  CONSUMER_SEGMENT,
  CONSUMER_SPENT,
  MESSAGE_NEXT,
  PRODUCER_SEGMENT,
  SEGMENT_DATA,
  SEGMENT_NEXT,
  SEGMENT_TAIL,
  MPMC,
  TAG,
  TAG_MASK,
  TAKEN_BLOCK,
  TAKEN_EMPTY,
  TAKEN_NUMBER,
} from './channel.ts'
import { latch, tryLatch, unlatch } from './latch.ts'
import { hasWaiters, announceWakeUp, endAnnouncement, wakeOne } from './wait-queue.ts'
import { SLOT_ADDRESS, SLOT_RECEIVED, SLOT_KIND, SLOT_LENGTH } from './layout.ts'

/**
 * Takes the next message and returns it if it is a number. NaN means that SLOT_KIND has the result: a number that is
 * NaN; an allocation in SLOT_ADDRESS; bytes at SLOT_ADDRESS, which `releaseBytes` gives back once they are decoded; or
 * no message.
 */
export function takeMessage(self: i32, channel: i32): f64 {
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
    // UNINTERRUPTED: no function entry or loop head between list and position, so a worker cannot be terminated between
    // them. Otherwise the message would have no owner, or two.
    pushReceived(self, block)
    set(channel + CONSUMER_AT, at + 8)
    countTaken(self, channel)
  } else {
    set(self + SLOT_ADDRESS, at + 8)
    set(self + SLOT_LENGTH, get(at))
  }
  return NaN
}

/**
 * Adds a message to this thread's list of received messages. If the thread dies before it decodes it, its reaper drops
 * it.
 */
export function pushReceived(self: i32, message: i32): void {
  set(message + MESSAGE_NEXT, get(self + SLOT_RECEIVED))
  set(self + SLOT_RECEIVED, message)
}

/** Does the same as `takeMessage` for one of many consumers. A message that is no number is an allocation. */
export function takeShared(self: i32, channel: i32): f64 {
  latch(self, channel + CONSUMER_LATCH)
  return endTurn(self, channel, takeTurn(self, channel))
}

/**
 * Takes the oldest message if the stream has more than its capacity: the message that a push beyond the capacity
 * evicts.
 */
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
  if (get(channel + CHANNEL_CAPACITY) != 0) announceWakeUp(self, channel + CHANNEL_SENDING)
  // UNINTERRUPTED: no function entry or loop head up to the position, so a worker cannot be terminated before it.
  // Otherwise the message would have no owner, or two. The count comes first, so at worst it is one too low.
  store(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)
  if (block != 0) {
    set(block + MESSAGE_NEXT, get(self + SLOT_RECEIVED))
    set(self + SLOT_RECEIVED, block)
  }
  set(channel + CONSUMER_AT, at + 8)
  return value
}

/** Completes a take after the latch: frees the segment that was left and wakes a sender for the room. */
function endTurn(self: i32, channel: i32, value: f64): f64 {
  const spent = get(channel + CONSUMER_SPENT)
  set(channel + CONSUMER_SPENT, 0)
  unlatch(self, channel + CONSUMER_LATCH)
  if (spent != 0) free(self, spent)
  if (get(channel + CHANNEL_CAPACITY) != 0 && get(self + SLOT_KIND) != TAKEN_EMPTY) {
    if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
    endAnnouncement(self)
  }
  return value
}

/** Returns whether one of many consumers may find a message. Also returns 1 while another consumer holds the latch. */
export function hasSharedMessage(self: i32, channel: i32): i32 {
  if (tryLatch(self, channel + CONSUMER_LATCH) == 0) return 1
  const has = hasMessage(channel)
  unlatch(self, channel + CONSUMER_LATCH)
  return has
}

/** Returns the position of the next published message, advancing to the next segment if needed; 0 if there is none. */
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
    // RACE: until the producers leave this segment, `next` holds no message although it is linked. So return 0.
    if (next == 0 || load(channel + PRODUCER_SEGMENT) == segment) break
    // ORDER: the last message here was published before the producers left this segment, so check the tail once more.
    if (load(segment + SEGMENT_TAIL) == at) {
      at = next + SEGMENT_DATA
      set(channel + CONSUMER_SEGMENT, next)
      set(channel + CONSUMER_AT, at)
      set(channel + CONSUMER_LIMIT, at)
      // One of many consumers holds a latch here and the allocator has its own, so it frees the segment afterwards.
      if (get(channel + CHANNEL_FLAVOUR) == MPMC) set(channel + CONSUMER_SPENT, segment)
      else free(self, segment)
    }
  }
  return 0
}

/** Returns whether the consumer would find a message. */
export function hasMessage(channel: i32): i32 {
  const at = get(channel + CONSUMER_AT)
  if (at != get(channel + CONSUMER_LIMIT)) return 1
  const segment = get(channel + CONSUMER_SEGMENT)
  if (load(segment + SEGMENT_TAIL) != at) return 1
  const next = load(segment + SEGMENT_NEXT)
  return next != 0 && load(channel + PRODUCER_SEGMENT) != segment ? 1 : 0
}

/** Polls for a limited time until the only consumer has a message. */
export function spinForMessage(channel: i32, rounds: i32): void {
  for (let i: i32 = 0; i < rounds; i++) if (hasMessage(channel) != 0) return
}

/** Gives back the bytes of the message that `takeMessage` found. */
export function releaseBytes(self: i32, channel: i32): void {
  const at = get(channel + CONSUMER_AT)
  set(channel + CONSUMER_AT, at + 8 + get(at))
  countTaken(self, channel)
}

function countTaken(self: i32, channel: i32): void {
  const count: i32 = get(channel + CHANNEL_TAKEN) + 1
  if (get(channel + CHANNEL_CAPACITY) == 0) {
    storeRelaxed(channel + CHANNEL_TAKEN, count)
    return
  }
  announceWakeUp(self, channel + CHANNEL_SENDING)
  store(channel + CHANNEL_TAKEN, count)
  if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
  endAnnouncement(self)
}
