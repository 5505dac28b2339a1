/** The ends of a channel: who makes one more, who is gone, and who hears of it. */
import { add, cas, get, load, or, set, store } from './memory.ts'
import {
  BOTH_LINES,
  CHANNEL_GONE,
  CHANNEL_HANDLES,
  CHANNEL_RECEIVERS,
  CHANNEL_RECEIVING,
  CHANNEL_SENDERS,
  CHANNEL_SENDING,
  RECEIVERS_GONE,
  SENDERS_GONE,
  takeTurns,
} from './channel.ts'
import { HANDLE_OWNER, IN_TRANSIT, giveHandle } from './handles.ts'
import { owe, pay, wakeAll } from './wait-queue.ts'
import { SLOT_ID, SLOT_PACKING } from './layout.ts'

/** One more sender, whose handle this thread packs. No thread dies between the two: nothing here is a place to stop at. */
export function shareSender(self: i32, channel: i32, handle: i32): void {
  takeTurns(channel)
  giveHandle(self, handle)
  add(channel + CHANNEL_SENDERS, 1)
  add(channel + CHANNEL_HANDLES, 1)
}

/** One more receiver, in the same way. */
export function shareReceiver(self: i32, channel: i32, handle: i32): void {
  giveHandle(self, handle)
  add(channel + CHANNEL_RECEIVERS, 1)
  add(channel + CHANNEL_HANDLES, 1)
}

/** One more handle that keeps the channel's memory and nothing else, made by a sender's owner or from another such. */
export function shareWeak(channel: i32): void {
  // Whoever upgrades it sends at the same time as we.
  takeTurns(channel)
  add(channel + CHANNEL_HANDLES, 1)
}

/** One more sender if there is still one: 1, and this thread packs its handle; 0 if all are gone, for ever. */
export function upgradeSender(self: i32, channel: i32, handle: i32): i32 {
  while (true) {
    const senders = load(channel + CHANNEL_SENDERS)
    if (senders == 0) return 0
    // No thread dies from here to the count: a reaper would drop a sender that was not counted.
    set(self + SLOT_PACKING, 1)
    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
    if (cas(channel + CHANNEL_SENDERS, senders, senders + 1) == senders) {
      add(channel + CHANNEL_HANDLES, 1)
      return 1
    }
    store(handle + HANDLE_OWNER, IN_TRANSIT)
  }
}
/**
 * One sender less, and its handle is nobody's; the last one lets the receivers see the end. 1 if this was the channel's
 * last handle. No thread dies between the first two steps: a reaper would drop the sender again, or never.
 */
export function endSender(self: i32, channel: i32, handle: i32): i32 {
  owe(self, channel + CHANNEL_RECEIVING)
  // No thread dies between these steps, which are one run of instructions: a reaper would drop the handle again, or never.
  store(handle + HANDLE_OWNER, 0)
  if (add(channel + CHANNEL_SENDERS, -1) == 1) {
    add(channel + CHANNEL_GONE, SENDERS_GONE)
    wakeAll(self, channel + CHANNEL_RECEIVING)
  }
  pay(self)
  return add(channel + CHANNEL_HANDLES, -1) == 1 ? 1 : 0
}

/**
 * One receiver less, and its handle is nobody's: 1 if it was the last, which closes the receiving side. The caller then
 * takes and discards what is in the stream.
 */
export function endReceiver(self: i32, channel: i32, handle: i32): i32 {
  owe(self, channel | BOTH_LINES)
  // No thread dies between these steps, which are one run of instructions: nobody would ever close the channel.
  store(handle + HANDLE_OWNER, 0)
  const last: i32 = add(channel + CHANNEL_RECEIVERS, -1) == 1 ? 1 : 0
  if (last != 0) {
    or(channel + CHANNEL_GONE, RECEIVERS_GONE)
    wakeLines(self, channel)
  }
  pay(self)
  return last
}

/** No more messages come in; those that are there may still be taken. Closing twice is no error. */
export function closeReceiving(self: i32, channel: i32): void {
  owe(self, channel | BOTH_LINES)
  if ((or(channel + CHANNEL_GONE, RECEIVERS_GONE) & RECEIVERS_GONE) == 0) wakeLines(self, channel)
  pay(self)
}

/** Wakes whoever waits for anything here: a rendezvous's senders stand in the receivers' line, and these see the end. */
export function wakeLines(self: i32, channel: i32): void {
  wakeAll(self, channel + CHANNEL_SENDING)
  wakeAll(self, channel + CHANNEL_RECEIVING)
}

/** One handle less that is no sender: 1 if this was the channel's last handle. */
export function dropChannelHandle(channel: i32): i32 {
  return add(channel + CHANNEL_HANDLES, -1) == 1 ? 1 : 0
}
