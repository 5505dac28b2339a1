/**
 * A rendezvous: no message is ever stored, a sender and a receiver meet.
 *
 * Whoever comes second completes the exchange. Both stand in one line, the receivers' queue, because only one side
 * ever waits: who finds the other side there meets it instead. A waiting sender's waiter carries its message as the
 * token, and reads 0 there once it was taken; a waiting receiver's waiter gets the message there.
 *
 *   a message:  +4 slot id of whose it is, 0 while free; +8 block of its bytes, +12 their length
 *
 * It is its sender's until the two meet, and then its receiver's: one store. Messages are a class of things, so a reaper
 * finds those of a dead thread wherever it died.
 */
import { get, load, set, store } from './memory.ts'
import { latchQueue, unlatch } from './latch.ts'
import { handOver } from './handles.ts'
import { SLOT_ID } from './layout.ts'
import {
  WAITER_SENDS,
  WAITER_SLOT,
  WAITER_TOKEN,
  deliver,
  firstInLine,
  glance,
  hasWaiters,
  link,
  takeFirst,
} from './wait-queue.ts'
import {
  CHANNEL_GONE,
  CHANNEL_PUSHED,
  CHANNEL_RECEIVING,
  CHANNEL_TAKEN,
  CLOSED,
  FULL,
  PUSHED,
  RECEIVERS_GONE,
  SENDERS_GONE,
} from './channel.ts'

export const MESSAGE_OWNER: i32 = 4
export const MESSAGE_BLOCK: i32 = 8
export const MESSAGE_LENGTH: i32 = 12

/** A message of encoded bytes, whose handles are its own from now on: one run of instructions. */
export function ownMessage(self: i32, message: i32, block: i32, length: i32): void {
  set(message + MESSAGE_BLOCK, block)
  set(message + MESSAGE_LENGTH, length)
  handOver(self)
  store(message + MESSAGE_OWNER, get(self + SLOT_ID))
}

/** Hands `message` to a waiting receiver: PUSHED, CLOSED, or FULL if none waits. */
export function meetReceiver(self: i32, channel: i32, message: i32): i32 {
  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) return CLOSED
  return meet(self, channel, 0, message) == 0 ? FULL : PUSHED
}

/** Whether a receiver stands first in line: a glance, so that a sender gives its message away only if it may be taken. */
export function awaitsSender(channel: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  // RACE: that waiter may leave meanwhile. Its memory stays a waiter's, and whoever gives looks again under the latch.
  const first = glance(queue)
  return first != 0 && load(first + WAITER_SENDS) == 0 ? 1 : 0
}

/** Takes the message of a waiting sender; 0 if none waits. */
export function meetSender(self: i32, channel: i32): i32 {
  return meet(self, channel, 1, 0)
}

/** Completes an exchange with the first waiter, if it is of the side we look for; answers the message, or 0. */
function meet(self: i32, channel: i32, sends: i32, message: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  if (hasWaiters(queue) == 0) return 0
  let exchanged: i32 = 0
  latchQueue(self, queue)
  const first = firstInLine(queue)
  if (first != 0 && get(first + WAITER_SENDS) == sends) {
    const other = takeFirst(queue)
    if (other != 0) {
      exchanged = sends != 0 ? get(other + WAITER_TOKEN) : message
      // Passes the message to the receiver; from here on it is in the reaper's hands if that one has died.
      const receiver: i32 = sends != 0 ? self : get(other + WAITER_SLOT)
      store(exchanged + MESSAGE_OWNER, get(receiver + SLOT_ID))
      set(other + WAITER_TOKEN, sends != 0 ? 0 : message)
      set(channel + CHANNEL_PUSHED, get(channel + CHANNEL_PUSHED) + 1)
      set(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)
      deliver(other)
    }
  }
  unlatch(self, queue)
  return exchanged
}

/** Stands in line with a message to give, or (0) to get one: 1 if it stands there now, 0 to look again. */
export function enterRendezvous(self: i32, channel: i32, waiter: i32, message: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  const sends: i32 = message == 0 ? 0 : 1
  const over: i32 = sends != 0 ? RECEIVERS_GONE : SENDERS_GONE
  latchQueue(self, queue)
  const first = firstInLine(queue)
  const stands: i32 =
    (first == 0 || get(first + WAITER_SENDS) == sends) && (load(channel + CHANNEL_GONE) & over) == 0 ? 1 : 0
  if (stands != 0) {
    set(waiter + WAITER_TOKEN, message)
    store(waiter + WAITER_SENDS, sends)
    link(queue, waiter)
  }
  unlatch(self, queue)
  return stands
}
