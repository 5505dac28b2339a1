/**
 * A semaphore: a number of permits, handed out in the order in which they were asked for.
 *
 *   +0   permits that are available
 *   +4   line of those who wait; its latch guards everything here
 *   +16  1 once it is closed
 *   +20  owners: handles, and permits
 *   +24  the step under way: the permit's record, or 1 for none, or 0 while there is no step
 *   +28  what that record has afterwards, +32 what is available afterwards
 *   +48  weak owners
 *
 * A permit is a handle's record whose note says how many permits it has: it may move to another thread, and a reaper finds
 * those of a dead one. Permits are always in the first word or in a record. A step from one to the other changes two
 * words, so it is written down first (`move`): if its thread dies on the way, whoever frees the latch does it again.
 *
 * Nobody overtakes: who finds others in line stands behind them, and whoever gives permits back serves the line before it
 * lets go of the latch. A waiter gets its permits in its record before it is woken, so they are never on their way.
 */
import { cas, get, load, set, store } from './memory.ts'
import { leftOwners } from './count.ts'
import { HANDLE_NOTE, HANDLE_OWNER } from './handles.ts'
import { latchQueue, unlatch } from './latch.ts'
import {
  WAITER_CLAIM,
  WAITER_FREE,
  WAITER_NOTE,
  WAITER_STATE,
  WAITER_WANTS,
  deliver,
  firstInLine,
  hasWaiters,
  leave,
  link,
  owe,
  pay,
  takeFirst,
  unlink,
} from './wait-queue.ts'

export const SEMAPHORE_AVAILABLE: i32 = 0
export const SEMAPHORE_LINE: i32 = 4
export const SEMAPHORE_CLOSED: i32 = 16
export const SEMAPHORE_OWNERS: i32 = 20
const STEP: i32 = 24
const STEP_PERMITS: i32 = 28
const STEP_AVAILABLE: i32 = 32
export const SEMAPHORE_WEAKS: i32 = 48

const NO_RECORD: i32 = 1

export const ACQUIRE_PENDING: i32 = 0
export const ACQUIRED: i32 = 1
export const ACQUIRE_CLOSED: i32 = 2

/** Whether somebody who wants so many would get them now; a glance. */
export function mayAcquire(semaphore: i32, wanted: i32): i32 {
  if (load(semaphore + SEMAPHORE_CLOSED) != 0) return 1
  return hasWaiters(semaphore + SEMAPHORE_LINE) == 0 && load(semaphore) >= wanted ? 1 : 0
}

/** Puts permits into a record that has none, unless others wait or there are not enough. */
export function acquireTry(self: i32, semaphore: i32, record: i32, wanted: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_LINE)
  let answer = ACQUIRE_PENDING
  if (load(semaphore + SEMAPHORE_CLOSED) != 0) answer = ACQUIRE_CLOSED
  else if (isOpen(semaphore, wanted) != 0) {
    move(semaphore, record, wanted, load(semaphore) - wanted)
    answer = ACQUIRED
  }
  unlatch(self, semaphore + SEMAPHORE_LINE)
  return answer
}

function isOpen(semaphore: i32, wanted: i32): i32 {
  return firstInLine(semaphore + SEMAPHORE_LINE) == 0 && load(semaphore) >= wanted ? 1 : 0
}

/** Stands in line: 1; 0 to look again. */
export function acquireEnter(self: i32, semaphore: i32, waiter: i32, record: i32, wanted: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_LINE)
  const stands: i32 = load(semaphore + SEMAPHORE_CLOSED) != 0 || isOpen(semaphore, wanted) != 0 ? 0 : 1
  if (stands != 0) {
    set(waiter + WAITER_NOTE, record)
    set(waiter + WAITER_WANTS, wanted)
    link(semaphore + SEMAPHORE_LINE, waiter)
  }
  unlatch(self, semaphore + SEMAPHORE_LINE)
  return stands
}

/** Leaves the line: 1; 0 if it was woken. Those behind it may want less, and be served now. */
export function acquireLeave(self: i32, semaphore: i32, waiter: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_LINE)
  const left = leave(semaphore + SEMAPHORE_LINE, waiter)
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_LINE)
  return left
}

/** Whether a waiter that was woken got what it wanted: its record says so, or, of one that wanted nothing, its note. */
export function isServed(waiter: i32, record: i32): i32 {
  const wanted = get(waiter + WAITER_WANTS)
  return (wanted > 0 && get(record + HANDLE_NOTE) == wanted) || get(waiter + WAITER_NOTE) == 0 ? 1 : 0
}

/** More permits than before. */
export function addPermits(self: i32, semaphore: i32, count: i32): void {
  latchQueue(self, semaphore + SEMAPHORE_LINE)
  move(semaphore, NO_RECORD, 0, load(semaphore) + count)
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_LINE)
}

/** Moves permits from one record of this thread to another one. */
export function movePermits(from: i32, to: i32, permits: i32): void {
  // UNINTERRUPTED: a reaper would find the permits in both records, or in neither.
  set(to + HANDLE_NOTE, get(to + HANDLE_NOTE) + permits)
  set(from + HANDLE_NOTE, get(from + HANDLE_NOTE) - permits)
}

/** The end of a permit: its permits go back. 1 if it was the semaphore's last owner. */
export function endPermit(self: i32, semaphore: i32, record: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_LINE)
  move(semaphore, record, 0, load(semaphore) + get(record + HANDLE_NOTE))
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_LINE)
  // No thread dies between the two: a reaper would count it again, or never.
  store(record + HANDLE_OWNER, 0)
  return leftOwners(semaphore + SEMAPHORE_OWNERS)
}

/** Nobody gets a permit any more; those who wait learn of it. */
export function closeSemaphore(self: i32, semaphore: i32): void {
  const line = semaphore + SEMAPHORE_LINE
  owe(self, line)
  latchQueue(self, line)
  store(semaphore + SEMAPHORE_CLOSED, 1)
  while (true) {
    const waiter = takeFirst(line)
    if (waiter == 0) break
    deliver(waiter)
  }
  unlatch(self, line)
  pay(self)
}

/** Serves the line once more: somebody in it has died. Called by a reaper. */
export function serveLine(self: i32, semaphore: i32): void {
  if (hasWaiters(semaphore + SEMAPHORE_LINE) == 0) return
  latchQueue(self, semaphore + SEMAPHORE_LINE)
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_LINE)
}

/** Does the step again that a dead thread has begun. Called by a reaper, in whose name the latch is held. */
export function redoStep(semaphore: i32): void {
  if (get(semaphore + STEP) != 0) takeStep(semaphore)
}

/** Moves permits between the first word and a record. Under the latch. */
function move(semaphore: i32, record: i32, permits: i32, available: i32): void {
  set(semaphore + STEP_PERMITS, permits)
  set(semaphore + STEP_AVAILABLE, available)
  // ORDER: from here on the step is taken, by us or by our reaper.
  store(semaphore + STEP, record)
  takeStep(semaphore)
}

function takeStep(semaphore: i32): void {
  const record = get(semaphore + STEP)
  if (record != NO_RECORD) set(record + HANDLE_NOTE, get(semaphore + STEP_PERMITS))
  store(semaphore + SEMAPHORE_AVAILABLE, get(semaphore + STEP_AVAILABLE))
  store(semaphore + STEP, 0)
}

/** Gives the first in line what they want, as long as it is there. Under the latch. */
function serve(semaphore: i32): void {
  const line = semaphore + SEMAPHORE_LINE
  while (true) {
    const first = firstInLine(line)
    if (first == 0) return
    const claim = get(first + WAITER_CLAIM)
    const wanted = get(first + WAITER_WANTS)
    const isChosen: i32 = claim != 0 && load(claim) != 0 ? 1 : 0
    if (isChosen == 0 && wanted > load(semaphore)) return
    unlink(line, first)
    // A select that was chosen by another line is passed by.
    if (isChosen != 0 || (claim != 0 && cas(claim, 0, first) != 0)) {
      store(first + WAITER_STATE, WAITER_FREE)
      continue
    }
    // ORDER: the permits are in its record before it is woken; if we die in between, a reaper wakes it.
    move(semaphore, get(first + WAITER_NOTE), wanted, load(semaphore) - wanted)
    set(first + WAITER_NOTE, 0)
    deliver(first)
  }
}
