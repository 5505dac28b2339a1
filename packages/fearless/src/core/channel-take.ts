/** Taking out of the stream of a channel: by its only receiver, or by many in turns. What lies where is drawn in channel.ts. */
import { get, getFloat, load, set, store, storeRelaxed } from './memory.ts'
import { release } from './alloc.ts'
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
  SHARED,
  TAG,
  TAG_MASK,
  TAKEN_BLOCK,
  TAKEN_EMPTY,
  TAKEN_NUMBER,
} from './channel.ts'
import { latch, tryLatch, unlatch } from './latch.ts'
import { hasWaiters, owe, pay, wakeOne } from './wait-queue.ts'
import { SLOT_ADDRESS, SLOT_HAND, SLOT_KIND, SLOT_LENGTH } from './layout.ts'

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
  if (get(channel + CHANNEL_CAPACITY) != 0 && get(self + SLOT_KIND) != TAKEN_EMPTY) {
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
/** Gives back the bytes that `take` found. */
export function taken(self: i32, channel: i32): void {
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
  owe(self, channel + CHANNEL_SENDING)
  store(channel + CHANNEL_TAKEN, count)
  if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)
  pay(self)
}
