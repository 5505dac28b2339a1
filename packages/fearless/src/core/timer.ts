/**
 * A timer: a receiver of moments, which any number of handles in any threads share.
 *
 *   +0  owners
 *   +4  latch
 *   +8  when it is due, in milliseconds of a clock that all threads have; Infinity if never again
 *   +16 the period; 0 if it is due once
 *   +24 the same moment as the program sees it: milliseconds since 1970
 *
 * Nobody sends and nobody is woken: whoever waits sleeps until the moment it is due and looks. Of several who look, one
 * takes it; the others find a later moment and sleep again.
 */
import { getFloat, set, setFloat } from './memory.ts'
import { allocate } from './alloc.ts'
import { latch, unlatch } from './latch.ts'

export const TIMER_OWNERS: i32 = 0
const TIMER_LATCH: i32 = 4
const TIMER_DUE: i32 = 8
const TIMER_PERIOD: i32 = 16
const TIMER_MOMENT: i32 = 24
const TIMER_BYTES: i32 = 32

/** A timer with one owner; 0 if the heap is full. */
export function newTimer(self: i32, due: f64, period: f64, moment: f64): i32 {
  const timer = allocate(self, TIMER_BYTES)
  if (timer == 0) return 0
  set(timer + TIMER_OWNERS, 1)
  set(timer + TIMER_LATCH, 0)
  setFloat(timer + TIMER_DUE, due)
  setFloat(timer + TIMER_PERIOD, period)
  setFloat(timer + TIMER_MOMENT, moment)
  return timer
}

/** When it is due next. */
export function timerDue(self: i32, timer: i32): f64 {
  // Under the latch: nothing promises that a number of 8 bytes is read whole.
  latch(self, timer + TIMER_LATCH)
  const due = getFloat(timer + TIMER_DUE)
  unlatch(self, timer + TIMER_LATCH)
  return due
}

/**
 * Takes the moment it was due if that is not after `now`; NaN if it is. The next one is a period later than that, or
 * than when the taker began to wait, if that was later still: who comes late gets one moment, not all that it missed.
 */
export function takeMoment(self: i32, timer: i32, now: f64, began: f64): f64 {
  latch(self, timer + TIMER_LATCH)
  const due = getFloat(timer + TIMER_DUE)
  const moment = getFloat(timer + TIMER_MOMENT)
  const isDue: i32 = now >= due ? 1 : 0
  if (isDue != 0) {
    const period = getFloat(timer + TIMER_PERIOD)
    const next = period > 0 ? (due > began ? due : began) + period : Infinity
    setFloat(timer + TIMER_DUE, next)
    setFloat(timer + TIMER_MOMENT, moment + (next - due))
  }
  unlatch(self, timer + TIMER_LATCH)
  return isDue != 0 ? moment : NaN
}
