/**
 * A channel of which every receiver gets every message that is sent while it is there.
 *
 *   +0   latch of all that follows, +4 capacity, a power of two
 *   +8   senders, +12 receivers, +16 1 once all senders are gone, +20 handles: the last one frees the channel
 *   +24  wait queue of receivers
 *   +36  how many messages were ever sent, +40 the places, +44 the line that made it (memory/sites.ts)
 *
 * A place is  a number or (low word) a message, kind, how many receivers have not seen it. The message number n lies in
 * place n & (capacity - 1) until every receiver has seen it, or the one a whole capacity later takes its place.
 * A receiver is  the channel, the number of its next message.
 *
 * A receiver that finds its next message gone has lagged: it hears once how many it missed, and goes on with the oldest
 * that is there. Nobody waits for it.
 */
import { add, get, getFloat, load, set, setFloat, store } from './memory.ts'
import { allocate, release } from './alloc.ts'
import { TAKEN_BLOCK, TAKEN_EMPTY, TAKEN_NUMBER } from './channel.ts'
import { HANDLE_NOTE, HANDLE_OWNER, giveHandle, handOver } from './handles.ts'
import { latch, unlatch } from './latch.ts'
import { SLOT_ADDRESS, SLOT_ID, SLOT_KIND, SLOT_LENGTH, SLOT_PACKING } from './layout.ts'
import { displace, pin, unpin } from './pin.ts'
import { owe, pay, wakeAll } from './wait-queue.ts'

const LATCH: i32 = 0
export const BROADCAST_CAPACITY: i32 = 4
export const BROADCAST_SENDERS: i32 = 8
export const BROADCAST_RECEIVERS: i32 = 12
export const BROADCAST_ENDED: i32 = 16
export const BROADCAST_HANDLES: i32 = 20
export const BROADCAST_RECEIVING: i32 = 24
export const BROADCAST_SENT: i32 = 36
export const BROADCAST_PLACES: i32 = 40
export const BROADCAST_SITE: i32 = 44
const BROADCAST_BYTES: i32 = 48

export const PLACE_BYTES: i32 = 16
export const PLACE_KIND: i32 = 8
const PLACE_UNSEEN: i32 = 12

export const RECEIVER_CHANNEL: i32 = 0
export const RECEIVER_AT: i32 = 4
export const RECEIVER_BYTES: i32 = 16

/** In SLOT_KIND, beside what a channel's `take` finds: it missed SLOT_LENGTH messages. */
export const TAKEN_LAG: i32 = 4

/** A new channel with one sender and no receiver; 0 if the heap is full. */
export function newBroadcast(self: i32, capacity: i32): i32 {
  const channel = allocate(self, BROADCAST_BYTES)
  if (channel == 0) return 0
  const places = allocate(self, capacity * PLACE_BYTES)
  if (places == 0) {
    release(self, channel)
    return 0
  }
  for (let at: i32 = 0; at < BROADCAST_BYTES; at += 4) set(channel + at, 0)
  for (let i: i32 = 0; i < capacity; i++) set(places + i * PLACE_BYTES + PLACE_KIND, TAKEN_EMPTY)
  set(channel + BROADCAST_CAPACITY, capacity)
  set(channel + BROADCAST_SENDERS, 1)
  set(channel + BROADCAST_HANDLES, 1)
  set(channel + BROADCAST_PLACES, places)
  return channel
}

function placeOf(channel: i32, number: i32): i32 {
  return get(channel + BROADCAST_PLACES) + (number & (get(channel + BROADCAST_CAPACITY) - 1)) * PLACE_BYTES
}

/**
 * Sends a number, or a message if that is not 0. Answers how many receivers there are: if 0, nothing was sent. The message
 * that lay in its place may be in this thread's hands then.
 */
export function broadcast(self: i32, channel: i32, value: f64, message: i32): i32 {
  latch(self, channel + LATCH)
  const receivers = get(channel + BROADCAST_RECEIVERS)
  if (receivers != 0) {
    const sent = get(channel + BROADCAST_SENT)
    const place = placeOf(channel, sent)
    if (get(place + PLACE_KIND) == TAKEN_BLOCK) displace(self, get(place))
    if (message != 0) set(place, message)
    else setFloat(place, value)
    set(place + PLACE_KIND, message != 0 ? TAKEN_BLOCK : TAKEN_NUMBER)
    set(place + PLACE_UNSEEN, receivers)
    owe(self, channel + BROADCAST_RECEIVING)
    handOver(self)
    // Receivers compare it with what they have seen before they take the latch.
    store(channel + BROADCAST_SENT, sent + 1)
  }
  unlatch(self, channel + LATCH)
  if (receivers != 0) wakeAll(self, channel + BROADCAST_RECEIVING)
  pay(self)
  return receivers
}

/**
 * The receiver's next message, as `take` of a channel answers it, or TAKEN_LAG. One that is no number is not taken but
 * read where it lies: the caller copies it, then says `passed`.
 */
export function hear(self: i32, receiver: i32, handle: i32): f64 {
  const channel = get(receiver + RECEIVER_CHANNEL)
  const next = get(receiver + RECEIVER_AT)
  let kind = TAKEN_EMPTY
  let value: f64 = NaN
  if (load(channel + BROADCAST_SENT) != next) {
    latch(self, channel + LATCH)
    const capacity = get(channel + BROADCAST_CAPACITY)
    // Both numbers wrap around; their difference stays below 2^31.
    const behind: i32 = get(channel + BROADCAST_SENT) - next
    if (((behind - capacity) | 0) > 0) {
      kind = TAKEN_LAG
      set(self + SLOT_LENGTH, (behind - capacity) | 0)
      set(receiver + RECEIVER_AT, next + behind - capacity)
    } else {
      const place = placeOf(channel, next)
      kind = get(place + PLACE_KIND)
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

/** One receiver less has to see what lies here; a message that nobody will read may be in this thread's hands then. */
function seen(self: i32, place: i32): void {
  const unseen: i32 = get(place + PLACE_UNSEEN) - 1
  set(place + PLACE_UNSEEN, unseen)
  if (unseen != 0) return
  const isMessage: i32 = get(place + PLACE_KIND) == TAKEN_BLOCK ? 1 : 0
  set(place + PLACE_KIND, TAKEN_EMPTY)
  if (isMessage != 0) displace(self, get(place))
}

/** The message that `hear` found was read; if nobody else will read it, it is in this thread's hands then. */
export function passed(self: i32, receiver: i32, handle: i32): void {
  const channel = get(receiver + RECEIVER_CHANNEL)
  latch(self, channel + LATCH)
  const message = get(handle + HANDLE_NOTE)
  unpin(self, handle)
  const place = placeOf(channel, get(receiver + RECEIVER_AT) - 1)
  // Unless a later message has taken its place; while we read it no other message could be at its address.
  if (message != 0 && get(place + PLACE_KIND) == TAKEN_BLOCK && get(place) == message) seen(self, place)
  unlatch(self, channel + LATCH)
}

/** Makes `receiver` one that hears what is sent from now on; this thread packs its handle. */
export function subscribe(self: i32, channel: i32, receiver: i32, handle: i32): void {
  set(receiver + RECEIVER_CHANNEL, channel)
  latch(self, channel + LATCH)
  set(receiver + RECEIVER_AT, get(channel + BROADCAST_SENT))
  // No thread dies between these: a reaper would drop a receiver that was not counted.
  set(self + SLOT_PACKING, 1)
  store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) + 1)
  add(channel + BROADCAST_HANDLES, 1)
  unlatch(self, channel + LATCH)
}

/** Ends a receiver; the messages that nobody will read are in this thread's hands then. */
export function unsubscribe(self: i32, receiver: i32, handle: i32): void {
  passed(self, receiver, handle)
  const channel = get(receiver + RECEIVER_CHANNEL)
  latch(self, channel + LATCH)
  const sent = get(channel + BROADCAST_SENT)
  const capacity = get(channel + BROADCAST_CAPACITY)
  const missed: i32 = ((sent - get(receiver + RECEIVER_AT) - capacity) | 0) > 0 ? 1 : 0
  // A thread dies at the head of this loop if it does: its reaper goes on where it was.
  for (let at: i32 = missed != 0 ? (sent - capacity) | 0 : get(receiver + RECEIVER_AT); at != sent; at = (at + 1) | 0) {
    seen(self, placeOf(channel, at))
    set(receiver + RECEIVER_AT, (at + 1) | 0)
  }
  // No thread dies between the two: a reaper would end the receiver again, or never.
  store(handle + HANDLE_OWNER, 0)
  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) - 1)
  unlatch(self, channel + LATCH)
}

/** One more sender, whose handle this thread packs. */
export function shareBroadcaster(self: i32, channel: i32, handle: i32): void {
  giveHandle(self, handle)
  add(channel + BROADCAST_SENDERS, 1)
  add(channel + BROADCAST_HANDLES, 1)
}

/** One sender less; the last one lets the receivers see the end. */
export function endBroadcaster(self: i32, channel: i32, handle: i32): void {
  owe(self, channel + BROADCAST_RECEIVING)
  store(handle + HANDLE_OWNER, 0)
  if (add(channel + BROADCAST_SENDERS, -1) == 1) {
    store(channel + BROADCAST_ENDED, 1)
    wakeAll(self, channel + BROADCAST_RECEIVING)
  }
  pay(self)
}

/** One handle less: 1 if it was the last, and then the channel holds no message and is freed. */
export function dropBroadcastHandle(self: i32, channel: i32): void {
  if (add(channel + BROADCAST_HANDLES, -1) != 1) return
  release(self, get(channel + BROADCAST_PLACES))
  release(self, channel)
}
