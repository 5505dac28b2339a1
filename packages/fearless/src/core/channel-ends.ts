/** The ends of a channel: who makes one more, who is gone, and who hears of it. */
import { add, cas, get, load, or, set, store } from './memory.ts'
import {
  BOTH_LINES,
  CHANNEL_CLOSING,
  CHANNEL_COLLECTING,
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
import { HANDLE_NOTE, HANDLE_OWNER, MAKING, giveHandle } from './handles.ts'
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
export function shareWeak(self: i32, channel: i32, handle: i32): void {
  // Whoever upgrades it sends at the same time as we.
  takeTurns(channel)
  giveHandle(self, handle)
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
    store(handle + HANDLE_OWNER, MAKING - get(self + SLOT_ID))
  }
}

// How far the end of a handle has come, in its note: its owner has it until it is over, so that a reaper goes on from there.
const COUNTED_OUT: i32 = 2
const LAST: i32 = 4

/** One sender less; the last one lets the receivers see the end. 1 if this was the channel's last handle: see `leaveChannel`. */
export function endSender(self: i32, channel: i32, handle: i32): i32 {
  if ((get(handle + HANDLE_NOTE) & COUNTED_OUT) == 0) countSenderOut(self, channel, handle)
  return leaveChannel(channel, handle)
}

function countSenderOut(self: i32, channel: i32, handle: i32): void {
  owe(self, channel + CHANNEL_RECEIVING)
  // No thread dies between these steps, which are one run of instructions: a reaper would count it out again, or never.
  set(handle + HANDLE_NOTE, COUNTED_OUT)
  if (add(channel + CHANNEL_SENDERS, -1) == 1) {
    add(channel + CHANNEL_GONE, SENDERS_GONE)
    wakeAll(self, channel + CHANNEL_RECEIVING)
  }
  pay(self)
}

/**
 * One handle less: 1 if it was the channel's last, which its owner has until it has discarded what is in the stream. Any
 * other is nobody's then.
 */
export function leaveChannel(channel: i32, handle: i32): i32 {
  if ((get(handle + HANDLE_NOTE) & LAST) != 0) return 1
  // No thread dies between the two.
  if (add(channel + CHANNEL_HANDLES, -1) == 1) {
    set(handle + HANDLE_NOTE, COUNTED_OUT | LAST)
    return 1
  }
  store(handle + HANDLE_OWNER, 0)
  return 0
}

/**
 * One receiver less: 1 if it was the last, which closes the receiving side. The caller then takes and discards what is in
 * the stream, and leaves the channel.
 */
export function endReceiver(self: i32, channel: i32, handle: i32): i32 {
  if ((get(handle + HANDLE_NOTE) & COUNTED_OUT) != 0) return load(channel + CHANNEL_RECEIVERS) == 0 ? 1 : 0
  owe(self, channel | BOTH_LINES)
  // No thread dies between these steps, which are one run of instructions: nobody would ever close the channel.
  set(handle + HANDLE_NOTE, COUNTED_OUT)
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
  wakeAll(self, channel + CHANNEL_CLOSING)
  wakeAll(self, channel + CHANNEL_COLLECTING)
}
