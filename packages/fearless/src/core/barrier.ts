/**
 * A barrier, as std's `Barrier`: it opens when a given number of threads have arrived, and then starts a new
 * generation.
 *
 *   +0   BARRIER_OWNERS      owners
 *   +4   BARRIER_WEAKS       weak owners
 *   +8   BARRIER_SIZE        number of threads that must arrive
 *   +12  BARRIER_GENERATION  generation: the number of times it has opened
 *   +16  BARRIER_QUEUE       wait queue
 *   +28  BARRIER_BYTES       end
 *
 * - A registered waiter has arrived: the queue is the count. A thread that unregisters (a time limit, a death) has not
 *   arrived, and no second word can contradict that. The last thread to arrive does not register: it opens the barrier.
 * - A waiter stores the generation of its arrival, under the latch. It may pass once the generation has advanced,
 *   however it learns that.
 * - WAKE: the thread that opens the barrier advances the generation before it wakes the waiters, and announces the
 *   wake-ups before both. If it dies, its reaper wakes the others.
 */
import { get, load, set, store } from './memory.ts'
import { latchQueue, unlatch } from './latch.ts'
import {
  WAITER_CLAIM,
  WAITER_NEXT,
  WAITER_DATA,
  wakeWaiter,
  firstWaiter,
  unregisterLatched,
  linkWaiter,
  announceWakeUp,
  endAnnouncement,
  claimFirstWaiter,
} from './wait-queue.ts'

export const BARRIER_OWNERS: i32 = 0
export const BARRIER_WEAKS: i32 = 4
export const BARRIER_SIZE: i32 = 8
export const BARRIER_GENERATION: i32 = 12
export const BARRIER_QUEUE: i32 = 16
export const BARRIER_BYTES: i32 = 28

/** Opens the barrier if one thread was missing. Returns 1, and the caller is the leader; or 0 if more are missing. */
export function barrierOpen(self: i32, barrier: i32): i32 {
  const line = barrier + BARRIER_QUEUE
  latchQueue(self, line)
  const last = isLast(barrier)
  if (last != 0) {
    announceWakeUp(self, line)
    store(barrier + BARRIER_GENERATION, get(barrier + BARRIER_GENERATION) + 1)
    while (true) {
      const waiter = claimFirstWaiter(line)
      if (waiter == 0) break
      wakeWaiter(waiter)
    }
  }
  unlatch(self, line)
  endAnnouncement(self)
  return last
}

/** Arrives and registers a waiter. Returns 1, or 0 if the caller would be the last and must open the barrier. */
export function barrierRegister(self: i32, barrier: i32, waiter: i32): i32 {
  const line = barrier + BARRIER_QUEUE
  latchQueue(self, line)
  const last = isLast(barrier)
  if (last == 0) {
    set(waiter + WAITER_DATA, get(barrier + BARRIER_GENERATION))
    linkWaiter(line, waiter)
  }
  unlatch(self, line)
  return last == 0 ? 1 : 0
}

/** Withdraws the arrival of a waiter. Returns 1, or 0 if the barrier has already opened for it. */
export function barrierUnregister(self: i32, barrier: i32, waiter: i32): i32 {
  const line = barrier + BARRIER_QUEUE
  latchQueue(self, line)
  const left = unregisterLatched(line, waiter)
  unlatch(self, line)
  return left != 0 && barrierPassed(barrier, waiter) == 0 ? 1 : 0
}

/** Returns whether the barrier has opened for this waiter. */
export function barrierPassed(barrier: i32, waiter: i32): i32 {
  return load(barrier + BARRIER_GENERATION) == get(waiter + WAITER_DATA) ? 0 : 1
}

/**
 * Returns whether one more arrival opens the barrier. Requires the latch. A select that completed by another arm has
 * not arrived.
 */
function isLast(barrier: i32): i32 {
  let missing = get(barrier + BARRIER_SIZE) - 1
  let waiter = firstWaiter(barrier + BARRIER_QUEUE)
  while (missing > 0 && waiter != 0) {
    const claim = get(waiter + WAITER_CLAIM)
    if (claim == 0 || load(claim) == 0) missing--
    waiter = get(waiter + WAITER_NEXT)
  }
  return missing <= 0 ? 1 : 0
}
