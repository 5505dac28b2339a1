/**
 * A oneshot: a channel for one message, as tokio's `oneshot`.
 *
 *   +0   ONESHOT_STATE      0, or any of SENT, TAKEN, SENDER_GONE, RECEIVER_GONE
 *   +4   ONESHOT_HANDLES    live handles of both sides: the last drop frees it
 *   +8   ONESHOT_MESSAGE    f64: the message: a number, or (low word) an allocation as in channel.ts
 *   +16  ONESHOT_IS_BLOCK   1 if it is an allocation
 *   +20  ONESHOT_RECEIVING  wait queue of the receiver
 *   +32  ONESHOT_CLOSING    wait queue of the sender, which may wait for the receiving side to close
 *   +44  ONESHOT_SITE       source location that created it (memory/creation-sites.ts)
 *   +48  ONESHOT_BYTES      end
 *
 * The sender owns the message until the state has SENT, which it can get only while the receiving side is open. So a
 * send either reaches the receiver or keeps its value.
 */
import { add, cas, get, getFloat, load, set, setFloat, store } from './memory.ts'
import { CLOSED, PUSHED, TAKEN_BLOCK, TAKEN_EMPTY, TAKEN_NUMBER, MESSAGE_NEXT } from './channel.ts'
import { allocate } from './alloc.ts'
import { HANDLE_OWNER, endPacking } from './handles.ts'
import { SLOT_ADDRESS, SLOT_RECEIVED, SLOT_KIND, SLOT_PACKING } from './layout.ts'
import { hasWaiters, announceWakeUp, endAnnouncement, wakeAll } from './wait-queue.ts'

export const ONESHOT_STATE: i32 = 0
export const ONESHOT_HANDLES: i32 = 4
export const ONESHOT_MESSAGE: i32 = 8
export const ONESHOT_IS_BLOCK: i32 = 16
export const ONESHOT_RECEIVING: i32 = 20
export const ONESHOT_CLOSING: i32 = 32
export const ONESHOT_SITE: i32 = 44
const ONESHOT_BYTES: i32 = 48

export const SENT: i32 = 1
export const TAKEN: i32 = 2
export const SENDER_GONE: i32 = 4
export const RECEIVER_GONE: i32 = 8

/** Allocates a oneshot with a sender and a receiver. Returns 0 if the heap is full. */
export function newOneshot(self: i32): i32 {
  const shot = allocate(self, ONESHOT_BYTES)
  if (shot == 0) return 0
  for (let at: i32 = 0; at < ONESHOT_BYTES; at += 4) set(shot + at, 0)
  set(shot + ONESHOT_HANDLES, 2)
  return shot
}

/** Sends a number, or an allocation if that is not 0. Returns PUSHED, or CLOSED without an effect. */
export function sendOneshot(self: i32, shot: i32, value: f64, block: i32): i32 {
  if (block != 0) set(shot + ONESHOT_MESSAGE, block)
  else setFloat(shot + ONESHOT_MESSAGE, value)
  set(shot + ONESHOT_IS_BLOCK, block != 0 ? 1 : 0)
  const packing = get(self + SLOT_PACKING)
  announceWakeUp(self, shot + ONESHOT_RECEIVING)
  endPacking(self)
  // Passes the message to the receiver. Must come after all stores to it. The exchange fails if the receiver has
  // closed.
  if (cas(shot + ONESHOT_STATE, 0, SENT) != 0) {
    set(self + SLOT_PACKING, packing)
    endAnnouncement(self)
    return CLOSED
  }
  if (hasWaiters(shot + ONESHOT_RECEIVING) != 0) wakeAll(self, shot + ONESHOT_RECEIVING)
  endAnnouncement(self)
  return PUSHED
}

/**
 * Takes the message as `takeMessage` of a channel does. An allocation is then in this thread's list of received
 * messages.
 */
export function takeOneshot(self: i32, shot: i32): f64 {
  if ((load(shot + ONESHOT_STATE) & (SENT | TAKEN)) != SENT) {
    set(self + SLOT_KIND, TAKEN_EMPTY)
    return NaN
  }
  if (get(shot + ONESHOT_IS_BLOCK) == 0) {
    set(self + SLOT_KIND, TAKEN_NUMBER)
    add(shot + ONESHOT_STATE, TAKEN)
    return getFloat(shot + ONESHOT_MESSAGE)
  }
  const block = get(shot + ONESHOT_MESSAGE)
  set(self + SLOT_KIND, TAKEN_BLOCK)
  set(self + SLOT_ADDRESS, block)
  // UNINTERRUPTED: no function entry or loop head from the list to the state, so a worker cannot be terminated between
  // them. Otherwise the message would have no owner, or two.
  set(block + MESSAGE_NEXT, get(self + SLOT_RECEIVED))
  set(self + SLOT_RECEIVED, block)
  add(shot + ONESHOT_STATE, TAKEN)
  return NaN
}

/** Closes the receiving side: later sends are refused, and a sent message may still be taken. Idempotent. */
export function closeOneshot(self: i32, shot: i32): void {
  for (;;) {
    const state = load(shot + ONESHOT_STATE)
    if ((state & RECEIVER_GONE) != 0) return
    announceWakeUp(self, shot + ONESHOT_CLOSING)
    if (cas(shot + ONESHOT_STATE, state, state | RECEIVER_GONE) == state) break
  }
  wakeAll(self, shot + ONESHOT_CLOSING)
  endAnnouncement(self)
}

/** Drops the sender. Returns 1 if this was the last handle, else 0. */
export function dropOneshotSender(self: i32, shot: i32, handle: i32): i32 {
  announceWakeUp(self, shot + ONESHOT_RECEIVING)
  // UNINTERRUPTED: no function entry or loop head between record and state, so a worker cannot be terminated between
  // them. Otherwise a reaper would drop the sender again, or never.
  store(handle + HANDLE_OWNER, 0)
  add(shot + ONESHOT_STATE, SENDER_GONE)
  wakeAll(self, shot + ONESHOT_RECEIVING)
  endAnnouncement(self)
  return add(shot + ONESHOT_HANDLES, -1) == 1 ? 1 : 0
}

/** Drops a receiver that has closed and has taken any message. Returns 1 if this was the last handle, else 0. */
export function dropOneshotReceiver(shot: i32, handle: i32): i32 {
  store(handle + HANDLE_OWNER, 0)
  return add(shot + ONESHOT_HANDLES, -1) == 1 ? 1 : 0
}
