/**
 * A fair semaphore, as tokio's: permits are granted in the order of the requests.
 *
 *   +0   SEMAPHORE_AVAILABLE  available permits
 *   +4   SEMAPHORE_QUEUE      wait queue; its latch protects all words
 *   +16  SEMAPHORE_CLOSED     1 once it is closed
 *   +20  SEMAPHORE_OWNERS     owners: handles and permits
 *   +24  STEP                 the permit record: the handle record of the permit that a transfer changes, NO_RECORD
 *                             for none, 0 if there is no transfer
 *   +28  STEP_PERMITS         permits in that handle record afterwards
 *   +32  STEP_AVAILABLE       available permits afterwards
 *   +48  SEMAPHORE_WEAKS      weak owners
 *   +64  end
 *
 * - A permit is a handle record whose note is its number of permits. It may move to another thread, and a reaper finds
 *   the permits of a dead one.
 * - Every permit is in the first word or in a handle record. A transfer between them changes two words, so it is first
 *   described in the permit record (`transfer`).
 * - No thread overtakes: a thread that finds waiters registers behind them. A thread that returns permits serves the
 *   queue before it releases the latch.
 * - A waiter gets its permits in its handle record before it is woken, so no permit is in transit.
 *
 * If a thread dies during a transfer, its reaper completes it from the permit record (`completeTransferOfDead`).
 */
import { cas, get, load, set, store } from './memory.ts'
import { removeOwner } from './count.ts'
import { HANDLE_STATE, HANDLE_OWNER } from './handles.ts'
import { latchQueue, unlatch } from './latch.ts'
import {
  WAITER_CLAIM,
  WAITER_FREE,
  WAITER_DATA,
  WAITER_STATE,
  WAITER_WANTS,
  wakeWaiter,
  firstWaiter,
  hasWaiters,
  unregisterLatched,
  linkWaiter,
  announceWakeUp,
  endAnnouncement,
  claimFirstWaiter,
  unlinkWaiter,
} from './wait-queue.ts'

export const SEMAPHORE_AVAILABLE: i32 = 0
export const SEMAPHORE_QUEUE: i32 = 4
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

/**
 * Returns whether `wanted` permits could be acquired now, or the semaphore is closed. A hint: the answer may be stale.
 */
export function mayAcquire(semaphore: i32, wanted: i32): i32 {
  if (load(semaphore + SEMAPHORE_CLOSED) != 0) return 1
  return hasWaiters(semaphore + SEMAPHORE_QUEUE) == 0 && load(semaphore) >= wanted ? 1 : 0
}

/**
 * Acquires permits for an empty record. Returns ACQUIRED; ACQUIRE_PENDING if waiters precede or permits lack; or
 * ACQUIRE_CLOSED.
 */
export function acquireTry(self: i32, semaphore: i32, record: i32, wanted: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_QUEUE)
  let answer = ACQUIRE_PENDING
  if (load(semaphore + SEMAPHORE_CLOSED) != 0) answer = ACQUIRE_CLOSED
  else if (isOpen(semaphore, wanted) != 0) {
    transfer(semaphore, record, wanted, load(semaphore) - wanted)
    answer = ACQUIRED
  }
  unlatch(self, semaphore + SEMAPHORE_QUEUE)
  return answer
}

function isOpen(semaphore: i32, wanted: i32): i32 {
  return firstWaiter(semaphore + SEMAPHORE_QUEUE) == 0 && load(semaphore) >= wanted ? 1 : 0
}

/** Registers a waiter. Returns 1, or 0 if the caller must try again. */
export function acquireRegister(self: i32, semaphore: i32, waiter: i32, record: i32, wanted: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_QUEUE)
  const stands: i32 = load(semaphore + SEMAPHORE_CLOSED) != 0 || isOpen(semaphore, wanted) != 0 ? 0 : 1
  if (stands != 0) {
    set(waiter + WAITER_DATA, record)
    set(waiter + WAITER_WANTS, wanted)
    linkWaiter(semaphore + SEMAPHORE_QUEUE, waiter)
  }
  unlatch(self, semaphore + SEMAPHORE_QUEUE)
  return stands
}

/**
 * Unregisters a waiter, and serves the waiters behind it, which may want fewer permits. Returns 1, or 0 if it was
 * already woken.
 */
export function acquireUnregister(self: i32, semaphore: i32, waiter: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_QUEUE)
  const left = unregisterLatched(semaphore + SEMAPHORE_QUEUE, waiter)
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_QUEUE)
  return left
}

/** Returns whether a woken waiter got its permits: its record has them, or its note is cleared if it wanted none. */
export function isServed(waiter: i32, record: i32): i32 {
  const wanted = get(waiter + WAITER_WANTS)
  return (wanted > 0 && get(record + HANDLE_STATE) == wanted) || get(waiter + WAITER_DATA) == 0 ? 1 : 0
}

/** Adds permits. */
export function addPermits(self: i32, semaphore: i32, count: i32): void {
  latchQueue(self, semaphore + SEMAPHORE_QUEUE)
  transfer(semaphore, NO_RECORD, 0, load(semaphore) + count)
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_QUEUE)
}

/** Moves permits between two records of this thread. */
export function movePermits(from: i32, to: i32, permits: i32): void {
  // UNINTERRUPTED: no function entry or loop head between the two stores, so a worker cannot be terminated between
  // them. Otherwise a reaper would return the permits twice.
  set(to + HANDLE_STATE, get(to + HANDLE_STATE) + permits)
  set(from + HANDLE_STATE, get(from + HANDLE_STATE) - permits)
}

/** Drops a permit and returns its permits. Returns 1 if it was the semaphore's last owner, else 0. */
export function dropPermit(self: i32, semaphore: i32, record: i32): i32 {
  latchQueue(self, semaphore + SEMAPHORE_QUEUE)
  transfer(semaphore, record, 0, load(semaphore) + get(record + HANDLE_STATE))
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_QUEUE)
  // UNINTERRUPTED: no function entry or loop head between record and count, so a worker cannot be terminated between
  // them. Otherwise a reaper would discount the owner again, or never.
  store(record + HANDLE_OWNER, 0)
  return removeOwner(semaphore + SEMAPHORE_OWNERS)
}

/** Closes the semaphore: later requests fail, and all waiters are woken. */
export function closeSemaphore(self: i32, semaphore: i32): void {
  const line = semaphore + SEMAPHORE_QUEUE
  announceWakeUp(self, line)
  latchQueue(self, line)
  store(semaphore + SEMAPHORE_CLOSED, 1)
  while (true) {
    const waiter = claimFirstWaiter(line)
    if (waiter == 0) break
    wakeWaiter(waiter)
  }
  unlatch(self, line)
  endAnnouncement(self)
}

/** Serves the queue after the death of one of its waiters. Called by a reaper. */
export function serveQueue(self: i32, semaphore: i32): void {
  if (hasWaiters(semaphore + SEMAPHORE_QUEUE) == 0) return
  latchQueue(self, semaphore + SEMAPHORE_QUEUE)
  serve(semaphore)
  unlatch(self, semaphore + SEMAPHORE_QUEUE)
}

/**
 * Completes the transfer that a dead thread has begun. Called by a reaper, which holds the latch in place of that
 * thread.
 */
export function completeTransferOfDead(semaphore: i32): void {
  if (get(semaphore + STEP) != 0) completeTransfer(semaphore)
}

/** Transfers permits between the first word and a record. Requires the latch. */
function transfer(semaphore: i32, record: i32, permits: i32, available: i32): void {
  set(semaphore + STEP_PERMITS, permits)
  set(semaphore + STEP_AVAILABLE, available)
  // ORDER: after the permit record is complete, because from this store on our reaper completes the transfer if we die.
  store(semaphore + STEP, record)
  completeTransfer(semaphore)
}

function completeTransfer(semaphore: i32): void {
  const record = get(semaphore + STEP)
  if (record != NO_RECORD) set(record + HANDLE_STATE, get(semaphore + STEP_PERMITS))
  store(semaphore + SEMAPHORE_AVAILABLE, get(semaphore + STEP_AVAILABLE))
  store(semaphore + STEP, 0)
}

/** Grants permits to the first waiters while enough are available. Requires the latch. */
function serve(semaphore: i32): void {
  const line = semaphore + SEMAPHORE_QUEUE
  while (true) {
    const first = firstWaiter(line)
    if (first == 0) return
    const claim = get(first + WAITER_CLAIM)
    const wanted = get(first + WAITER_WANTS)
    const isChosen: i32 = claim != 0 && load(claim) != 0 ? 1 : 0
    if (isChosen == 0 && wanted > load(semaphore)) return
    unlinkWaiter(line, first)
    // Skip a select that another notifier has claimed.
    if (isChosen != 0 || (claim != 0 && cas(claim, 0, first) != 0)) {
      store(first + WAITER_STATE, WAITER_FREE)
      continue
    }
    // ORDER: the permits are in the record before the waiter is woken. If we die in between, our reaper wakes it.
    transfer(semaphore, get(first + WAITER_DATA), wanted, load(semaphore) - wanted)
    set(first + WAITER_DATA, 0)
    wakeWaiter(first)
  }
}
