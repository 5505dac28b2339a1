/**
 * A timer: the receiver of a channel that delivers a time stamp when it is due (crossbeam's `after` and `tick`). Any
 * number of handles in any threads may share it.
 *
 *   +0   TIMER_OWNERS  owners
 *   +4   TIMER_LATCH   latch
 *   +8   TIMER_DUE     f64: time at which it is due next, in milliseconds of a clock that all threads share; Infinity
 *                      if never again
 *   +16  TIMER_PERIOD  f64: the period; 0 if the timer is due once
 *   +24  TIMER_MOMENT  f64: time stamp of the next message: the same time in milliseconds since 1970
 *   +32  TIMER_BYTES   end
 *
 * A timer has no sender and no notifier: a receiver sleeps until the timer is due and checks again. Of several
 * receivers one takes the message. The others find a later due time and sleep again.
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

/** Allocates a timer with one owner. Returns 0 if the heap is full. */
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

/** Returns the time at which the timer is due next. */
export function timerDue(self: i32, timer: i32): f64 {
  // Under the latch, because a plain read of 8 bytes may be torn.
  latch(self, timer + TIMER_LATCH)
  const due = getFloat(timer + TIMER_DUE)
  unlatch(self, timer + TIMER_LATCH)
  return due
}

/**
 * Takes the message if the timer is due at `now` and returns its time stamp; else returns NaN.
 *
 * The next message is due one period after this one, or one period after `began`, the start of the receiver's wait, if
 * that is later. So a late receiver gets one message and the missed ones are skipped.
 */
export function takeTick(self: i32, timer: i32, now: f64, began: f64): f64 {
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
