/**
 * A rendezvous: a channel of capacity 0, in which a send and a receive complete together (crossbeam's zero flavour).
 *
 * - The second thread to arrive completes the exchange with a waiter of the other side.
 * - Both sides share one wait queue, the receivers', because only one side waits at a time: a thread that finds a
 *   waiter of the other side completes the exchange with it.
 * - The exception is a select with a send and a receive on the same channel. It does not exchange with itself, so both
 *   of its waiters are in the queue, and another thread exchanges with one of them.
 * - The waiter of a sender holds its message (an allocation as in channel.ts) as its token, and 0 after the exchange.
 *   The waiter of a receiver gets the message there.
 */
import { get, load, set, storeRelaxed } from './memory.ts'
import { latchQueue, unlatch } from './latch.ts'
import {
  WAITER_CLAIM,
  WAITER_NEXT,
  WAITER_SENDS,
  WAITER_TOKEN,
  claimWaiter,
  wakeWaiter,
  firstWaiter,
  hasWaiters,
  linkWaiter,
  unlinkWaiter,
} from './wait-queue.ts'
import { endPacking } from './handles.ts'
import { SLOT_RECEIVED } from './layout.ts'
import {
  CHANNEL_CLOSED,
  CHANNEL_PUSHED,
  CHANNEL_RECEIVING,
  CHANNEL_TAKEN,
  CLOSED,
  FULL,
  MESSAGE_NEXT,
  PUSHED,
  RECEIVERS_CLOSED,
  SENDERS_CLOSED,
} from './channel.ts'

/** Passes `message` to a waiting receiver. Returns PUSHED, CLOSED, or FULL if none waits. */
export function sendToWaiter(self: i32, channel: i32, message: i32): i32 {
  if ((load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0) return CLOSED
  return meet(self, channel, 0, message) == 0 ? FULL : PUSHED
}

/** Returns whether a receiver waits. A hint, so that a sender encodes its message only if a receiver may take it. */
export function hasWaitingReceiver(self: i32, channel: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  if (hasWaiters(queue) == 0) return 0
  latchQueue(self, queue)
  const found = firstOf(queue, 0, -1)
  unlatch(self, queue)
  return found == 0 ? 0 : 1
}

/**
 * Returns the first waiter of one side that does not belong to the select with this claim word, or 0. Requires the
 * latch.
 */
function firstOf(queue: i32, sends: i32, claim: i32): i32 {
  let waiter = firstWaiter(queue)
  while (waiter != 0) {
    const own = get(waiter + WAITER_CLAIM)
    if (get(waiter + WAITER_SENDS) == sends && own != claim) return waiter
    // Only waiters of a select can precede waiters of the other side.
    if (own == 0) return 0
    waiter = get(waiter + WAITER_NEXT)
  }
  return 0
}

/**
 * Takes the message of a waiting sender into this thread's list of received messages. Returns it, or 0 if none waits.
 */
export function receiveFromWaiter(self: i32, channel: i32): i32 {
  return meet(self, channel, 1, 0)
}

/** Completes an exchange with the first waiter of the wanted side. Returns the message, or 0 if none waits. */
function meet(self: i32, channel: i32, sends: i32, message: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  if (hasWaiters(queue) == 0) return 0
  let exchanged: i32 = 0
  latchQueue(self, queue)
  let other = firstOf(queue, sends, -1)
  while (other != 0) {
    unlinkWaiter(queue, other)
    if (claimWaiter(other) != 0) break
    other = firstOf(queue, sends, -1)
  }
  if (other != 0) {
    // UNINTERRUPTED: no function entry or loop head between these stores, so a worker cannot be terminated between
    // them. Otherwise the message would have no owner, or two.
    if (sends != 0) {
      exchanged = get(other + WAITER_TOKEN)
      set(exchanged + MESSAGE_NEXT, get(self + SLOT_RECEIVED))
      set(self + SLOT_RECEIVED, exchanged)
      set(other + WAITER_TOKEN, 0)
    } else {
      exchanged = message
      endPacking(self)
      set(other + WAITER_TOKEN, message)
    }
    storeRelaxed(channel + CHANNEL_PUSHED, get(channel + CHANNEL_PUSHED) + 1)
    storeRelaxed(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)
    wakeWaiter(other)
  }
  unlatch(self, queue)
  return exchanged
}

/** Moves the message that a sender left in this thread's waiter to its list of received messages. */
export function receiveToken(self: i32, waiter: i32): void {
  const message = get(waiter + WAITER_TOKEN)
  set(message + MESSAGE_NEXT, get(self + SLOT_RECEIVED))
  set(self + SLOT_RECEIVED, message)
  set(waiter + WAITER_TOKEN, 0)
}

/**
 * Registers a waiter, with a message to send or 0 to receive. Returns 1, or 0 if the caller must check the channel
 * again.
 */
export function registerRendezvous(self: i32, channel: i32, waiter: i32, message: i32): i32 {
  const queue = channel + CHANNEL_RECEIVING
  const sends: i32 = message == 0 ? 0 : 1
  const over: i32 = sends != 0 ? RECEIVERS_CLOSED : SENDERS_CLOSED
  const claim = get(waiter + WAITER_CLAIM)
  latchQueue(self, queue)
  const meets = firstOf(queue, 1 - sends, claim == 0 ? -1 : claim)
  const stands: i32 = meets == 0 && (load(channel + CHANNEL_CLOSED) & over) == 0 ? 1 : 0
  if (stands != 0) {
    if (sends != 0) endPacking(self)
    set(waiter + WAITER_TOKEN, message)
    set(waiter + WAITER_SENDS, sends)
    linkWaiter(queue, waiter)
  }
  unlatch(self, queue)
  return stands
}
