/**
 * A barrier: nobody passes until so many have arrived; then it is closed again for the next generation.
 *
 *   +0   owners, +4 weak owners
 *   +8   how many must arrive
 *   +12  generation: how often it has opened
 *   +16  the line
 *
 * Who stands in line has arrived: the line is the count, so whoever leaves it (a time limit, a death) has not arrived,
 * and there is no second word that could say otherwise. The last one to arrive does not stand in line: it opens.
 *
 * A waiter notes the generation it arrived in, under the latch. It may pass when the generation has moved on, however it
 * learns of that. WAKE: the one who opens moves the generation before it wakes anybody, and owes all of them a wake.
 */
import { get, load, set, store } from './memory.ts'
import { latchQueue, unlatch } from './latch.ts'
import {
  WAITER_CLAIM,
  WAITER_NEXT,
  WAITER_NOTE,
  deliver,
  firstInLine,
  leave,
  link,
  owe,
  pay,
  takeFirst,
} from './wait-queue.ts'

export const BARRIER_OWNERS: i32 = 0
export const BARRIER_WEAKS: i32 = 4
export const BARRIER_SIZE: i32 = 8
export const BARRIER_GENERATION: i32 = 12
export const BARRIER_LINE: i32 = 16
export const BARRIER_BYTES: i32 = 28

/** Opens the barrier if one more was missing: 1, and the caller is the leader; 0 if more are missing. */
export function barrierOpen(self: i32, barrier: i32): i32 {
  const line = barrier + BARRIER_LINE
  latchQueue(self, line)
  const last = isLast(barrier)
  if (last != 0) {
    owe(self, line)
    store(barrier + BARRIER_GENERATION, get(barrier + BARRIER_GENERATION) + 1)
    while (true) {
      const waiter = takeFirst(line)
      if (waiter == 0) break
      deliver(waiter)
    }
  }
  unlatch(self, line)
  pay(self)
  return last
}

/** Arrives and stands in line: 1; 0 if the caller would be the last: it opens instead. */
export function barrierEnter(self: i32, barrier: i32, waiter: i32): i32 {
  const line = barrier + BARRIER_LINE
  latchQueue(self, line)
  const last = isLast(barrier)
  if (last == 0) {
    set(waiter + WAITER_NOTE, get(barrier + BARRIER_GENERATION))
    link(line, waiter)
  }
  unlatch(self, line)
  return last == 0 ? 1 : 0
}

/** Takes the arrival back: 1; 0 if the barrier has opened meanwhile. */
export function barrierLeave(self: i32, barrier: i32, waiter: i32): i32 {
  const line = barrier + BARRIER_LINE
  latchQueue(self, line)
  const left = leave(line, waiter)
  unlatch(self, line)
  return left != 0 && barrierPassed(barrier, waiter) == 0 ? 1 : 0
}

/** Whether the barrier has opened for this waiter. */
export function barrierPassed(barrier: i32, waiter: i32): i32 {
  return load(barrier + BARRIER_GENERATION) == get(waiter + WAITER_NOTE) ? 0 : 1
}

/** Whether one more arrival would open it. Under the latch. A select that has chosen another arm has not arrived. */
function isLast(barrier: i32): i32 {
  let missing = get(barrier + BARRIER_SIZE) - 1
  let waiter = firstInLine(barrier + BARRIER_LINE)
  while (missing > 0 && waiter != 0) {
    const claim = get(waiter + WAITER_CLAIM)
    if (claim == 0 || load(claim) == 0) missing--
    waiter = get(waiter + WAITER_NEXT)
  }
  return missing <= 0 ? 1 : 0
}
