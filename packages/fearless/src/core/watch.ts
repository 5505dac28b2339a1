/**
 * A value that one thread changes and others watch: they see the newest, not every one.
 *
 *   +0   latch of the value, its version and the receivers' count
 *   +4   version: how often it was changed
 *   +8   the value: a number, or (low word) a message; +16 1 if it is a message
 *   +20  receivers, +24 1 once the sender is gone, +28 handles: the last one frees it
 *   +32  wait queue of receivers, +44 of the sender, who may wait for the receivers to go
 *   +56  the line that made it (memory/sites.ts)
 *
 * A receiver is  the channel, the version it has seen, 1 once it is counted out.
 */
import { add, get, getFloat, set, setFloat, store } from './memory.ts'
import { allocate } from './alloc.ts'
import { TAKEN_BLOCK, TAKEN_NUMBER } from './channel.ts'
import { putInHand } from './channel-take.ts'
import { HANDLE_NOTE, HANDLE_OWNER, handOver } from './handles.ts'
import { latch, unlatch } from './latch.ts'
import { SLOT_ADDRESS, SLOT_ID, SLOT_KIND, SLOT_PACKING } from './layout.ts'
import { displace, pin, unpin } from './pin.ts'
import { owe, pay, wakeAll } from './wait-queue.ts'

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

/** A new one with a sender, no receiver and a value: a number, or a message if that is not 0. 0 if the heap is full. */
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
 * Changes the value if there are receivers, or if `always`: 1 if it did. The message that was there before may be in this
 * thread's hands then.
 */
export function change(self: i32, channel: i32, value: f64, message: i32, always: i32): i32 {
  latch(self, channel + LATCH)
  const changes: i32 = always != 0 || get(channel + WATCH_RECEIVERS) != 0 ? 1 : 0
  if (changes != 0) {
    if (get(channel + WATCH_IS_MESSAGE) != 0) displace(self, get(channel + WATCH_VALUE))
    owe(self, channel + WATCH_CHANGED)
    handOver(self)
    write(channel, value, message)
    store(channel + WATCH_VERSION, get(channel + WATCH_VERSION) + 1)
  }
  unlatch(self, channel + LATCH)
  if (changes != 0) wakeAll(self, channel + WATCH_CHANGED)
  pay(self)
  return changes
}

/**
 * The value: a number, or the message in SLOT_ADDRESS, which is read where it lies: the caller copies it, then says
 * `unwatched`. A receiver that is not 0 has seen this version then.
 */
export function look(self: i32, channel: i32, handle: i32, receiver: i32): f64 {
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

/** The message that `look` found was read; if nobody else will read it, it is in this thread's hands then. */
export function unwatched(self: i32, channel: i32, handle: i32): void {
  if (get(handle + HANDLE_NOTE) == 0) return
  latch(self, channel + LATCH)
  unpin(self, handle)
  unlatch(self, channel + LATCH)
}

/** Makes `receiver` one that has seen what another one has, or with 0 what is there; this thread packs its handle. */
export function watch(self: i32, channel: i32, receiver: i32, handle: i32, from: i32): void {
  set(receiver + WATCHER_CHANNEL, channel)
  set(receiver + WATCHER_GONE, 0)
  latch(self, channel + LATCH)
  set(receiver + WATCHER_SEEN, from != 0 ? get(from + WATCHER_SEEN) : get(channel + WATCH_VERSION))
  // No thread dies between these: a reaper would drop a receiver that was not counted.
  set(self + SLOT_PACKING, 1)
  store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
  // RACE: the sender looks at any time whether there is one.
  store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) + 1)
  add(channel + WATCH_HANDLES, 1)
  unlatch(self, channel + LATCH)
}

/** One receiver less, whose reading has ended; the last one wakes a sender that waits for that. */
export function unwatch(self: i32, receiver: i32): void {
  const channel = get(receiver + WATCHER_CHANNEL)
  latch(self, channel + LATCH)
  if (get(receiver + WATCHER_GONE) == 0) {
    // No thread dies between the two: a reaper would count it out again, or never.
    set(receiver + WATCHER_GONE, 1)
    store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) - 1)
  }
  const left = get(channel + WATCH_RECEIVERS)
  unlatch(self, channel + LATCH)
  // A thread that dies over this owes nobody a wake: its reaper does it all again.
  if (left == 0) wakeAll(self, channel + WATCH_CLOSED)
}

/** The sender's end, which the receivers see; done twice if a thread dies over it. */
export function endWatched(self: i32, channel: i32): void {
  store(channel + WATCH_ENDED, 1)
  wakeAll(self, channel + WATCH_CHANGED)
}

/** One handle less, which is nobody's: 1 if it was the last. The value is in this thread's hands then, if it is a message. */
export function dropWatchHandle(self: i32, channel: i32, handle: i32): i32 {
  // No thread dies here: nobody would end the value.
  store(handle + HANDLE_OWNER, 0)
  return leaveWatch(self, channel)
}

/** The same for a handle that has no record. */
export function leaveWatch(self: i32, channel: i32): i32 {
  if (add(channel + WATCH_HANDLES, -1) != 1) return 0
  if (get(channel + WATCH_IS_MESSAGE) != 0) putInHand(self, get(channel + WATCH_VALUE))
  return 1
}
