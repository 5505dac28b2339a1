/**
 * A rendezvous: no message is ever stored, a sender and a receiver meet.
 *
 * Whoever comes second completes the exchange. Both stand in one line, the receivers' queue, because only one side
 * ever waits: who finds the other side there meets it instead. The exception is a select with both a send and a receive
 * on the channel: it does not meet itself, so both of its waiters stand there, and whoever comes meets one of them.
 * A waiting sender's waiter carries its message (a block of the heap) as the token, and reads 0 there once it was
 * taken; a waiting receiver's waiter gets the message there.
 *
 * A message is a block as in channel.ts.
 */
import { get, load, set, storeRelaxed } from './memory.ts'
import { latchQueue, unlatch } from './latch.ts'
import {
  WAITER_CLAIM,
  WAITER_NEXT,
  WAITER_SENDS,
  WAITER_TOKEN,
  claimed,
  deliver,
  firstInLine,
  hasWaiters,
  link,
  unlink,
} from './wait-queue.ts'
import { handOver } from './handles.ts'
import { SLOT_HAND } from './layout.ts'
import {
  CHANNEL_GONE,
  CHANNEL_PUSHED,
  CHANNEL_RECEIVING,
  CHANNEL_TAKEN,
  CLOSED,
  FULL,
  MESSAGE_NEXT,
  PUSHED,
  RECEIVERS_GONE,
  SENDERS_GONE,
} from './channel.ts'

/** Hands `message` to a waiting receiver: PUSHED, CLOSED, or FULL if none waits. */
export function meetReceiver(self: i32, channel: i32, message: i32): i32 {
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) return CLOSED
  return meet(self, channel, 0, message) == 0 ? FULL : PUSHED
}

/** Whether a receiver stands in line: a look, so that a sender writes its message only if it may be taken. */
export function awaitsSender(self: i32, channel: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  if (hasWaiters(queue) == 0) return 0
  latchQueue(self, queue)
  const found = firstOf(queue, 0, -1)
  unlatch(self, queue)
  return found == 0 ? 0 : 1
}

/** The first in line of one side that is not of the select with this claim; 0 if there is none. Under the latch. */
function firstOf(queue: i32, sends: i32, claim: i32): i32 {
  let waiter = firstInLine(queue)
  while (waiter != 0) {
    const own = get(waiter + WAITER_CLAIM)
    if (get(waiter + WAITER_SENDS) == sends && own != claim) return waiter
    // Only a select can stand in front of the other side.
    if (own == 0) return 0
    waiter = get(waiter + WAITER_NEXT)
  }
  return 0
}

/** Takes the message of a waiting sender into this thread's hands; 0 if none waits. */
export function meetSender(self: i32, channel: i32): i32 {
  return meet(self, channel, 1, 0)
}

/** Completes an exchange with the first waiter, if it is of the side we look for; answers the message, or 0. */
function meet(self: i32, channel: i32, sends: i32, message: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  if (hasWaiters(queue) == 0) return 0
  let exchanged: i32 = 0
  latchQueue(self, queue)
  let other = firstOf(queue, sends, -1)
  while (other != 0) {
    unlink(queue, other)
    if (claimed(other) != 0) break
    other = firstOf(queue, sends, -1)
  }
  if (other != 0) {
    // No thread dies between two stores here: the message would be in nobody's hands, or in two.
    if (sends != 0) {
      exchanged = get(other + WAITER_TOKEN)
      set(exchanged + MESSAGE_NEXT, get(self + SLOT_HAND))
      set(self + SLOT_HAND, exchanged)
      set(other + WAITER_TOKEN, 0)
    } else {
      exchanged = message
      handOver(self)
      set(other + WAITER_TOKEN, message)
    }
    storeRelaxed(channel + CHANNEL_PUSHED, get(channel + CHANNEL_PUSHED) + 1)
    storeRelaxed(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)
    deliver(other)
  }
  unlatch(self, queue)
  return exchanged
}

/** Takes what a sender left at this thread's place in the line into its hands. */
export function takeToken(self: i32, waiter: i32): void {
  const message = get(waiter + WAITER_TOKEN)
  set(message + MESSAGE_NEXT, get(self + SLOT_HAND))
  set(self + SLOT_HAND, message)
  set(waiter + WAITER_TOKEN, 0)
}

/** Stands in line with a message to give, or (0) to get one: 1 if it stands there now, 0 to look again. */
export function enterRendezvous(self: i32, channel: i32, waiter: i32, message: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  const sends: i32 = message == 0 ? 0 : 1
  const over: i32 = sends != 0 ? RECEIVERS_GONE : SENDERS_GONE
  const claim = get(waiter + WAITER_CLAIM)
  latchQueue(self, queue)
  const meets = firstOf(queue, 1 - sends, claim == 0 ? -1 : claim)
  const stands: i32 = meets == 0 && (load(channel + CHANNEL_GONE) & over) == 0 ? 1 : 0
  if (stands != 0) {
    if (sends != 0) handOver(self)
    set(waiter + WAITER_TOKEN, message)
    set(waiter + WAITER_SENDS, sends)
    link(queue, waiter)
  }
  unlatch(self, queue)
  return stands
}
