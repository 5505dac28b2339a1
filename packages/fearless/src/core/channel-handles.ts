/**
 * Counts the handles of a channel's two sides, closes a side after its last handle, and wakes the waiters of the other.
 */
import { add, cas, get, load, or, set, store } from './memory.ts'
import {
  ALL_QUEUES,
  CHANNEL_CLOSING,
  CHANNEL_COLLECTING,
  CHANNEL_CLOSED,
  CHANNEL_HANDLES,
  CHANNEL_RECEIVERS,
  CHANNEL_RECEIVING,
  CHANNEL_SENDERS,
  CHANNEL_SENDING,
  RECEIVERS_CLOSED,
  SENDERS_CLOSED,
  allowManyProducers,
} from './channel.ts'
import { HANDLE_STATE, HANDLE_OWNER, CREATING, packHandle } from './handles.ts'
import { announceWakeUp, endAnnouncement, wakeAll } from './wait-queue.ts'
import { SLOT_ID, SLOT_PACKING } from './layout.ts'

/**
 * Adds a sender, whose handle this thread packs.
 *
 * UNINTERRUPTED: no function entry or loop head between the handle and the counts, so a worker cannot be terminated
 * between them.
 */
export function shareSender(self: i32, channel: i32, handle: i32): void {
  allowManyProducers(channel)
  packHandle(self, handle)
  add(channel + CHANNEL_SENDERS, 1)
  add(channel + CHANNEL_HANDLES, 1)
}

/** Adds a receiver in the same way. */
export function shareReceiver(self: i32, channel: i32, handle: i32): void {
  packHandle(self, handle)
  add(channel + CHANNEL_RECEIVERS, 1)
  add(channel + CHANNEL_HANDLES, 1)
}

/** Adds a weak sender, which keeps only the channel's memory. Its creator owns a sender or a weak sender. */
export function shareWeak(self: i32, channel: i32, handle: i32): void {
  // The thread that upgrades it may push at the same time as this thread.
  allowManyProducers(channel)
  packHandle(self, handle)
  add(channel + CHANNEL_HANDLES, 1)
}

/** Adds a sender if the channel still has one, and packs its handle. Returns 1, or 0 if all senders were dropped. */
export function upgradeSender(self: i32, channel: i32, handle: i32): i32 {
  while (true) {
    const senders = load(channel + CHANNEL_SENDERS)
    if (senders == 0) return 0
    // UNINTERRUPTED: no function entry or loop head between the handle and the count, so a worker cannot be terminated
    // between them. Otherwise a reaper would drop a sender that was not counted.
    set(self + SLOT_PACKING, 1)
    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
    if (cas(channel + CHANNEL_SENDERS, senders, senders + 1) == senders) {
      add(channel + CHANNEL_HANDLES, 1)
      return 1
    }
    store(handle + HANDLE_OWNER, CREATING - get(self + SLOT_ID))
  }
}

// The progress of a handle's drop, in HANDLE_STATE. The handle stays owned until its drop is complete, so that a reaper
// can complete the drop of a dead thread.
const COUNTED_OUT: i32 = 2
const LAST: i32 = 4

/**
 * Drops a sender; the last one closes the sending side. Returns 1 if this was the channel's last handle (see
 * `removeChannelHandle`).
 */
export function dropSender(self: i32, channel: i32, handle: i32): i32 {
  if ((get(handle + HANDLE_STATE) & COUNTED_OUT) == 0) countSenderOut(self, channel, handle)
  return removeChannelHandle(channel, handle)
}

function countSenderOut(self: i32, channel: i32, handle: i32): void {
  announceWakeUp(self, channel + CHANNEL_RECEIVING)
  // UNINTERRUPTED: no function entry or loop head from the note to GONE, so a worker cannot be terminated between them.
  // Otherwise a reaper would discount the sender again, or never.
  set(handle + HANDLE_STATE, COUNTED_OUT)
  if (add(channel + CHANNEL_SENDERS, -1) == 1) {
    add(channel + CHANNEL_CLOSED, SENDERS_CLOSED)
    wakeAll(self, channel + CHANNEL_RECEIVING)
  }
  endAnnouncement(self)
}

/**
 * Removes a handle from the channel. Returns 1 if it was the last, else 0. The owner keeps the last handle until it has
 * discarded the messages in the stream; any other handle has no owner afterwards.
 */
export function removeChannelHandle(channel: i32, handle: i32): i32 {
  if ((get(handle + HANDLE_STATE) & LAST) != 0) return 1
  // UNINTERRUPTED: no function entry or loop head between count and note, so a worker cannot be terminated between
  // them.
  if (add(channel + CHANNEL_HANDLES, -1) == 1) {
    set(handle + HANDLE_STATE, COUNTED_OUT | LAST)
    return 1
  }
  store(handle + HANDLE_OWNER, 0)
  return 0
}

/**
 * Drops a receiver. Returns 1 if it was the last, which closes the receiving side, else 0. The caller of the last one
 * then takes and discards the messages in the stream, and calls `removeChannelHandle`.
 */
export function dropReceiver(self: i32, channel: i32, handle: i32): i32 {
  if ((get(handle + HANDLE_STATE) & COUNTED_OUT) != 0) return load(channel + CHANNEL_RECEIVERS) == 0 ? 1 : 0
  announceWakeUp(self, channel | ALL_QUEUES)
  // UNINTERRUPTED: no function entry or loop head from the note to GONE, so a worker cannot be terminated between them.
  // Otherwise no thread would ever close the channel.
  set(handle + HANDLE_STATE, COUNTED_OUT)
  const last: i32 = add(channel + CHANNEL_RECEIVERS, -1) == 1 ? 1 : 0
  if (last != 0) {
    or(channel + CHANNEL_CLOSED, RECEIVERS_CLOSED)
    wakeAllQueues(self, channel)
  }
  endAnnouncement(self)
  return last
}

/** Closes the receiving side: later sends are refused, and messages in the stream may still be taken. Idempotent. */
export function closeReceiving(self: i32, channel: i32): void {
  announceWakeUp(self, channel | ALL_QUEUES)
  if ((or(channel + CHANNEL_CLOSED, RECEIVERS_CLOSED) & RECEIVERS_CLOSED) == 0) wakeAllQueues(self, channel)
  endAnnouncement(self)
}

/**
 * Wakes all waiters of the channel. Senders of a rendezvous wait in the receivers' queue, and find the channel closed.
 */
export function wakeAllQueues(self: i32, channel: i32): void {
  wakeAll(self, channel + CHANNEL_SENDING)
  wakeAll(self, channel + CHANNEL_RECEIVING)
  wakeAll(self, channel + CHANNEL_CLOSING)
  wakeAll(self, channel + CHANNEL_COLLECTING)
}
