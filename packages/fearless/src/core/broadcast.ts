/**
 * A broadcast channel, as tokio's `broadcast`: every receiver gets every message sent after it subscribed. The messages
 * are in a ring.
 *
 *   +0   LATCH                latch of the following words
 *   +4   BROADCAST_CAPACITY   capacity, a power of two
 *   +8   BROADCAST_SENDERS    number of senders
 *   +12  BROADCAST_RECEIVERS  number of receivers
 *   +16  BROADCAST_ENDED      1 once all senders are dropped
 *   +20  BROADCAST_HANDLES    handles: the last drop frees the channel
 *   +24  BROADCAST_RECEIVING  wait queue of receivers
 *   +36  BROADCAST_SENT       number of messages ever sent
 *   +40  BROADCAST_RING       the ring
 *   +44  BROADCAST_SITE       source location that created it (memory/creation-sites.ts)
 *   +48  BROADCAST_BYTES      end
 *
 * A place of the ring:
 *
 *   +0   -                    f64: a number, or (low word) a message
 *   +8   RING_ENTRY_KIND      kind: TAKEN_EMPTY, TAKEN_NUMBER or TAKEN_BLOCK
 *   +12  PLACE_UNSEEN         number of receivers that have not seen it
 *   +16  RING_ENTRY_BYTES     end
 *
 * A receiver:
 *
 *   +0   RECEIVER_CHANNEL     the channel
 *   +4   RECEIVER_AT          the number of its next message
 *   +16  RECEIVER_BYTES       end
 *
 * - Message n is in place n & (capacity - 1) until every receiver has seen it, or message n + capacity overwrites it.
 * - A receiver whose next message was overwritten has lagged. It gets the number of missed messages once, and continues
 *   with the oldest message in the ring. Senders never wait for a receiver.
 * - A message is pinned while a receiver reads it (pin.ts).
 */
import { add, get, getFloat, load, set, setFloat, store } from './memory.ts'
import { allocate, free } from './alloc.ts'
import { TAKEN_BLOCK, TAKEN_EMPTY, TAKEN_NUMBER } from './channel.ts'
import { HANDLE_STATE, HANDLE_OWNER, packHandle, endPacking } from './handles.ts'
import { latch, unlatch } from './latch.ts'
import { SLOT_ADDRESS, SLOT_ID, SLOT_KIND, SLOT_LENGTH, SLOT_PACKING } from './layout.ts'
import { detachMessage, pin, unpin } from './pin.ts'
import { announceWakeUp, endAnnouncement, wakeAll } from './wait-queue.ts'

const LATCH: i32 = 0
export const BROADCAST_CAPACITY: i32 = 4
export const BROADCAST_SENDERS: i32 = 8
export const BROADCAST_RECEIVERS: i32 = 12
export const BROADCAST_ENDED: i32 = 16
export const BROADCAST_HANDLES: i32 = 20
export const BROADCAST_RECEIVING: i32 = 24
export const BROADCAST_SENT: i32 = 36
export const BROADCAST_RING: i32 = 40
export const BROADCAST_SITE: i32 = 44
const BROADCAST_BYTES: i32 = 48

export const RING_ENTRY_KIND: i32 = 8
const PLACE_UNSEEN: i32 = 12
export const RING_ENTRY_BYTES: i32 = 16

export const RECEIVER_CHANNEL: i32 = 0
export const RECEIVER_AT: i32 = 4
export const RECEIVER_BYTES: i32 = 16

/** A further result in SLOT_KIND: the receiver missed SLOT_LENGTH messages. */
export const TAKEN_LAG: i32 = 4

/** Allocates a channel with one sender and no receiver. Returns 0 if the heap is full. */
export function newBroadcast(self: i32, capacity: i32): i32 {
  const channel = allocate(self, BROADCAST_BYTES)
  if (channel == 0) return 0
  const places = allocate(self, capacity * RING_ENTRY_BYTES)
  if (places == 0) {
    free(self, channel)
    return 0
  }
  for (let at: i32 = 0; at < BROADCAST_BYTES; at += 4) set(channel + at, 0)
  for (let i: i32 = 0; i < capacity; i++) set(places + i * RING_ENTRY_BYTES + RING_ENTRY_KIND, TAKEN_EMPTY)
  set(channel + BROADCAST_CAPACITY, capacity)
  set(channel + BROADCAST_SENDERS, 1)
  set(channel + BROADCAST_HANDLES, 1)
  set(channel + BROADCAST_RING, places)
  return channel
}

function placeOf(channel: i32, number: i32): i32 {
  return get(channel + BROADCAST_RING) + (number & (get(channel + BROADCAST_CAPACITY) - 1)) * RING_ENTRY_BYTES
}

/**
 * Sends a number, or a message if that is not 0. Returns the number of receivers; without receivers it sends nothing.
 * An overwritten message is then in this thread's list of received messages, unless a receiver still reads it.
 */
export function sendBroadcast(self: i32, channel: i32, value: f64, message: i32): i32 {
  latch(self, channel + LATCH)
  const receivers = get(channel + BROADCAST_RECEIVERS)
  if (receivers != 0) {
    const sent = get(channel + BROADCAST_SENT)
    const place = placeOf(channel, sent)
    if (get(place + RING_ENTRY_KIND) == TAKEN_BLOCK) detachMessage(self, get(place))
    if (message != 0) set(place, message)
    else setFloat(place, value)
    set(place + RING_ENTRY_KIND, message != 0 ? TAKEN_BLOCK : TAKEN_NUMBER)
    set(place + PLACE_UNSEEN, receivers)
    announceWakeUp(self, channel + BROADCAST_RECEIVING)
    endPacking(self)
    // Receivers compare this word with their next message's number before they acquire the latch.
    store(channel + BROADCAST_SENT, sent + 1)
  }
  unlatch(self, channel + LATCH)
  if (receivers != 0) wakeAll(self, channel + BROADCAST_RECEIVING)
  endAnnouncement(self)
  return receivers
}

/**
 * Receives the next message as `takeMessage` of a channel does, or TAKEN_LAG. A message that is no number is pinned:
 * the caller decodes it in place, then calls `unpinBroadcast`.
 */
export function recvBroadcast(self: i32, receiver: i32, handle: i32): f64 {
  const channel = get(receiver + RECEIVER_CHANNEL)
  const next = get(receiver + RECEIVER_AT)
  let kind = TAKEN_EMPTY
  let value: f64 = NaN
  if (load(channel + BROADCAST_SENT) != next) {
    latch(self, channel + LATCH)
    const capacity = get(channel + BROADCAST_CAPACITY)
    // Both numbers wrap around, but their difference stays below 2^31.
    const behind: i32 = get(channel + BROADCAST_SENT) - next
    if (((behind - capacity) | 0) > 0) {
      kind = TAKEN_LAG
      set(self + SLOT_LENGTH, (behind - capacity) | 0)
      set(receiver + RECEIVER_AT, next + behind - capacity)
    } else {
      const place = placeOf(channel, next)
      kind = get(place + RING_ENTRY_KIND)
      set(receiver + RECEIVER_AT, next + 1)
      if (kind == TAKEN_NUMBER) {
        value = getFloat(place)
        seen(self, place)
      } else {
        set(self + SLOT_ADDRESS, get(place))
        pin(get(place), handle)
      }
    }
    unlatch(self, channel + LATCH)
  }
  set(self + SLOT_KIND, kind)
  return value
}

/**
 * Discounts a receiver that has not seen a place. After the last one the message is detached, and this thread may have
 * to drop it.
 */
function seen(self: i32, place: i32): void {
  const unseen: i32 = get(place + PLACE_UNSEEN) - 1
  set(place + PLACE_UNSEEN, unseen)
  if (unseen != 0) return
  const isMessage: i32 = get(place + RING_ENTRY_KIND) == TAKEN_BLOCK ? 1 : 0
  set(place + RING_ENTRY_KIND, TAKEN_EMPTY)
  if (isMessage != 0) detachMessage(self, get(place))
}

/**
 * Unpins the message that `recvBroadcast` found, and counts it as seen. If it was its last reader, this thread must
 * drop the message.
 */
export function unpinBroadcast(self: i32, receiver: i32, handle: i32): void {
  const channel = get(receiver + RECEIVER_CHANNEL)
  latch(self, channel + LATCH)
  const message = get(handle + HANDLE_STATE)
  unpin(self, handle)
  const place = placeOf(channel, get(receiver + RECEIVER_AT) - 1)
  // A later message may have overwritten the place. No other message can have this address while this one is pinned.
  if (message != 0 && get(place + RING_ENTRY_KIND) == TAKEN_BLOCK && get(place) == message) seen(self, place)
  unlatch(self, channel + LATCH)
}

/** Makes `receiver` a receiver of the messages sent after this call. This thread packs its handle. */
export function subscribe(self: i32, channel: i32, receiver: i32, handle: i32): void {
  set(receiver + RECEIVER_CHANNEL, channel)
  latch(self, channel + LATCH)
  set(receiver + RECEIVER_AT, get(channel + BROADCAST_SENT))
  // UNINTERRUPTED: no function entry or loop head up to the counts, so a worker cannot be terminated before them.
  // Otherwise a reaper would drop a receiver that was not counted.
  set(self + SLOT_PACKING, 1)
  store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) + 1)
  add(channel + BROADCAST_HANDLES, 1)
  unlatch(self, channel + LATCH)
}

/**
 * Drops a receiver. This thread must then drop the messages that no receiver will read, in its list of received
 * messages.
 */
export function unsubscribe(self: i32, receiver: i32, handle: i32): void {
  unpinBroadcast(self, receiver, handle)
  const channel = get(receiver + RECEIVER_CHANNEL)
  latch(self, channel + LATCH)
  const sent = get(channel + BROADCAST_SENT)
  const capacity = get(channel + BROADCAST_CAPACITY)
  const missed: i32 = ((sent - get(receiver + RECEIVER_AT) - capacity) | 0) > 0 ? 1 : 0
  // A worker can be terminated at the head of this loop. Its reaper then continues at RECEIVER_AT.
  for (let at: i32 = missed != 0 ? (sent - capacity) | 0 : get(receiver + RECEIVER_AT); at != sent; at = (at + 1) | 0) {
    seen(self, placeOf(channel, at))
    set(receiver + RECEIVER_AT, (at + 1) | 0)
  }
  // UNINTERRUPTED: no function entry or loop head between record and count, so a worker cannot be terminated between
  // them. Otherwise a reaper would drop the receiver again, or never.
  store(handle + HANDLE_OWNER, 0)
  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) - 1)
  unlatch(self, channel + LATCH)
}

/** Adds a sender, whose handle this thread packs. */
export function shareBroadcaster(self: i32, channel: i32, handle: i32): void {
  packHandle(self, handle)
  add(channel + BROADCAST_SENDERS, 1)
  add(channel + BROADCAST_HANDLES, 1)
}

/** Drops a sender. The last one closes the channel and wakes the receivers. */
export function dropBroadcaster(self: i32, channel: i32, handle: i32): void {
  announceWakeUp(self, channel + BROADCAST_RECEIVING)
  store(handle + HANDLE_OWNER, 0)
  if (add(channel + BROADCAST_SENDERS, -1) == 1) {
    store(channel + BROADCAST_ENDED, 1)
    wakeAll(self, channel + BROADCAST_RECEIVING)
  }
  endAnnouncement(self)
}

/** Drops a handle. The last one frees the channel, which then holds no message. */
export function dropBroadcastHandle(self: i32, channel: i32): void {
  if (add(channel + BROADCAST_HANDLES, -1) != 1) return
  free(self, get(channel + BROADCAST_RING))
  free(self, channel)
}
