/**
 * A watch channel, as tokio's `watch`: a value that one thread changes. Receivers see the newest value, but not every
 * one.
 *
 *   +0   LATCH             latch of the value, its version and the number of receivers
 *   +4   WATCH_VERSION     version: the number of changes
 *   +8   WATCH_VALUE       f64: the value: a number, or (low word) a message
 *   +16  WATCH_IS_MESSAGE  1 if it is a message
 *   +20  WATCH_RECEIVERS   number of receivers
 *   +24  WATCH_ENDED       1 once the sender is dropped
 *   +28  WATCH_HANDLES     handles: the last drop frees it
 *   +32  WATCH_CHANGED     wait queue of receivers
 *   +44  WATCH_CLOSED      wait queue of the sender, which may wait until there are no receivers
 *   +56  WATCH_SITE        source location that created it (memory/creation-sites.ts)
 *   +64  WATCH_BYTES       end
 *
 * A receiver:
 *
 *   +0   WATCHER_CHANNEL   the channel
 *   +4   WATCHER_SEEN      the version that it has seen
 *   +8   WATCHER_GONE      1 once it is discounted
 *   +16  WATCHER_BYTES     end
 *
 * A value that is a message is pinned while a receiver reads it (pin.ts).
 */
import { add, get, getFloat, set, setFloat, store } from './memory.ts'
import { allocate } from './alloc.ts'
import { TAKEN_BLOCK, TAKEN_NUMBER } from './channel.ts'
import { pushReceived } from './channel-take.ts'
import { HANDLE_STATE, HANDLE_OWNER, endPacking } from './handles.ts'
import { latch, unlatch } from './latch.ts'
import { SLOT_ADDRESS, SLOT_ID, SLOT_KIND, SLOT_PACKING } from './layout.ts'
import { detachMessage, pin, unpin } from './pin.ts'
import { announceWakeUp, endAnnouncement, wakeAll } from './wait-queue.ts'

const LATCH: i32 = 0
export const WATCH_VERSION: i32 = 4
export const WATCH_VALUE: i32 = 8
export const WATCH_IS_MESSAGE: i32 = 16
export const WATCH_RECEIVERS: i32 = 20
export const WATCH_ENDED: i32 = 24
export const WATCH_HANDLES: i32 = 28
export const WATCH_CHANGED: i32 = 32
export const WATCH_CLOSED: i32 = 44
export const WATCH_SITE: i32 = 56
const WATCH_BYTES: i32 = 64

export const WATCHER_CHANNEL: i32 = 0
export const WATCHER_SEEN: i32 = 4
const WATCHER_GONE: i32 = 8
export const WATCHER_BYTES: i32 = 16

/**
 * Allocates a channel with a sender, no receiver and a value: a message, or a number if that is 0. Returns 0 if the
 * heap is full.
 */
export function newWatch(self: i32, value: f64, message: i32): i32 {
  const channel = allocate(self, WATCH_BYTES)
  if (channel == 0) return 0
  for (let at: i32 = 0; at < WATCH_BYTES; at += 4) set(channel + at, 0)
  set(channel + WATCH_HANDLES, 1)
  write(channel, value, message)
  return channel
}

function write(channel: i32, value: f64, message: i32): void {
  if (message != 0) set(channel + WATCH_VALUE, message)
  else setFloat(channel + WATCH_VALUE, value)
  set(channel + WATCH_IS_MESSAGE, message != 0 ? 1 : 0)
}

/**
 * Stores a new value if the channel has receivers, or if `always`. Returns 1, or 0 without an effect. The previous
 * message is then in this thread's list of received messages, unless a receiver still reads it.
 */
export function setWatched(self: i32, channel: i32, value: f64, message: i32, always: i32): i32 {
  latch(self, channel + LATCH)
  const changes: i32 = always != 0 || get(channel + WATCH_RECEIVERS) != 0 ? 1 : 0
  if (changes != 0) {
    if (get(channel + WATCH_IS_MESSAGE) != 0) detachMessage(self, get(channel + WATCH_VALUE))
    announceWakeUp(self, channel + WATCH_CHANGED)
    endPacking(self)
    write(channel, value, message)
    store(channel + WATCH_VERSION, get(channel + WATCH_VERSION) + 1)
  }
  unlatch(self, channel + LATCH)
  if (changes != 0) wakeAll(self, channel + WATCH_CHANGED)
  endAnnouncement(self)
  return changes
}

/**
 * Returns the value if it is a number. Else pins the message, whose address is then in SLOT_ADDRESS: the caller decodes
 * it in place and calls `unpinWatched`. A `receiver` other than 0 has then seen this version.
 */
export function borrowWatched(self: i32, channel: i32, handle: i32, receiver: i32): f64 {
  let value: f64 = NaN
  latch(self, channel + LATCH)
  if (receiver != 0) set(receiver + WATCHER_SEEN, get(channel + WATCH_VERSION))
  if (get(channel + WATCH_IS_MESSAGE) != 0) {
    set(self + SLOT_KIND, TAKEN_BLOCK)
    set(self + SLOT_ADDRESS, get(channel + WATCH_VALUE))
    pin(get(channel + WATCH_VALUE), handle)
  } else {
    set(self + SLOT_KIND, TAKEN_NUMBER)
    value = getFloat(channel + WATCH_VALUE)
  }
  unlatch(self, channel + LATCH)
  return value
}

/**
 * Unpins the message that `borrowWatched` found. If it is detached and this was its last reader, this thread must drop
 * it.
 */
export function unpinWatched(self: i32, channel: i32, handle: i32): void {
  if (get(handle + HANDLE_STATE) == 0) return
  latch(self, channel + LATCH)
  unpin(self, handle)
  unlatch(self, channel + LATCH)
}

/**
 * Makes `receiver` a receiver that has seen the version that `from` has, or with 0 the current one. This thread packs
 * its handle.
 */
export function subscribeWatch(self: i32, channel: i32, receiver: i32, handle: i32, from: i32): void {
  set(receiver + WATCHER_CHANNEL, channel)
  set(receiver + WATCHER_GONE, 0)
  latch(self, channel + LATCH)
  set(receiver + WATCHER_SEEN, from != 0 ? get(from + WATCHER_SEEN) : get(channel + WATCH_VERSION))
  // UNINTERRUPTED: no function entry or loop head up to the counts, so a worker cannot be terminated before them.
  // Otherwise a reaper would drop a receiver that was not counted.
  set(self + SLOT_PACKING, 1)
  store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
  // RACE: the sender reads this word at any time, to see whether it has receivers.
  store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) + 1)
  add(channel + WATCH_HANDLES, 1)
  unlatch(self, channel + LATCH)
}

/** Drops a receiver that reads no message. The last one wakes a sender that waits for that. */
export function dropWatchReceiver(self: i32, receiver: i32): void {
  const channel = get(receiver + WATCHER_CHANNEL)
  latch(self, channel + LATCH)
  if (get(receiver + WATCHER_GONE) == 0) {
    // UNINTERRUPTED: no function entry or loop head between the two, so a worker cannot be terminated between them.
    // Otherwise a reaper would discount the receiver again, or never.
    set(receiver + WATCHER_GONE, 1)
    store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) - 1)
  }
  const left = get(channel + WATCH_RECEIVERS)
  unlatch(self, channel + LATCH)
  // No wake-up is announced, because the reaper of a thread that dies here repeats this whole function.
  if (left == 0) wakeAll(self, channel + WATCH_CLOSED)
}

/** Closes the sending side and wakes the receivers. A reaper may repeat it. */
export function closeWatch(self: i32, channel: i32): void {
  store(channel + WATCH_ENDED, 1)
  wakeAll(self, channel + WATCH_CHANGED)
}

/**
 * Drops a handle. Returns 1 if it was the last, else 0; a value that is a message is then in this thread's list to
 * drop.
 */
export function dropWatchHandle(self: i32, channel: i32, handle: i32): i32 {
  // UNINTERRUPTED: no function entry or loop head from the record to the list, so a worker cannot be terminated between
  // them. Otherwise no thread would drop the value.
  store(handle + HANDLE_OWNER, 0)
  return removeWatchHandle(self, channel)
}

/** Does the same for a handle without a record. */
export function removeWatchHandle(self: i32, channel: i32): i32 {
  if (add(channel + WATCH_HANDLES, -1) != 1) return 0
  if (get(channel + WATCH_IS_MESSAGE) != 0) pushReceived(self, get(channel + WATCH_VALUE))
  return 1
}
