/**
 * One-time initialisation, as std's `Once`. Threads that call it during the initialisation wait for the result.
 *
 *   +0   ONCE_STATE   ONCE_NEW, ONCE_DONE, or ONCE_POISONED: an initialisation failed
 *   +4   ONCE_QUEUE   wait queue
 *   +16  MUTEX_LOCK   0, the slot id of the initialising thread, or ONCE_CLAIMED: a handle record has the claim
 *                     (LazyLock)
 *   +20  MUTEX_OWNERS .. MUTEX_VERSION  as in mutex.ts; MUTEX_LOST counts lost initialisers
 *   +56  LOCK_KIND    LOCK_ONCE, or LOCK_CELL, which is new again after a failure
 *   +60  LOCK_SITE    source location that created it
 *   +64  end
 *
 * - Only the holder of the lock word (+16) changes the state, and it does so before it releases the lock word.
 * - Its stores before that happen before every load that reads ONCE_DONE, so such a reader needs no lock.
 *
 * When the initialising thread dies, its reaper stores the state of a failure (`onceAbandoned`) and wakes all waiters.
 */
import { cas, get, load, set, store } from './memory.ts'
import { removeOwner } from './count.ts'
import { HANDLE_STATE, HANDLE_OWNER } from './handles.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_OWNERS, MUTEX_POISONED, MUTEX_QUEUE } from './mutex.ts'
import { announceWakeUp, endAnnouncement, wakeAll } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

export const ONCE_QUEUE: i32 = MUTEX_QUEUE
export const ONCE_STATE: i32 = MUTEX_POISONED

export const ONCE_NEW: i32 = 0
export const ONCE_DONE: i32 = 1
export const ONCE_POISONED: i32 = 2

const ONCE_CLAIMED: i32 = -1

export const LOCK_ONCE: i32 = 1
export const LOCK_CELL: i32 = 2

// Further results of `onceBegin`.
export const ONCE_BUSY: i32 = 0
export const ONCE_RUN: i32 = 3

/**
 * Starts the initialisation. Returns ONCE_RUN if the caller must do it and then call `onceComplete`; ONCE_BUSY if
 * another thread does; else ONCE_DONE or ONCE_POISONED. `force` starts it also if it is poisoned.
 */
export function onceBegin(self: i32, once: i32, force: i32): i32 {
  if (isSettled(once, force) != 0) return load(once + ONCE_STATE)
  if (cas(once + MUTEX_LOCK, 0, get(self + SLOT_ID)) != 0) return ONCE_BUSY
  // RACE: another thread may complete it between our check and our exchange. Threads that saw our id now wait for us.
  const settled = isSettled(once, force)
  if (settled != 0) {
    const state = load(once + ONCE_STATE)
    giveUp(self, once, 0, state)
    return state
  }
  set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
  return ONCE_RUN
}

function isSettled(once: i32, force: i32): i32 {
  const state = load(once + ONCE_STATE)
  return state == ONCE_DONE || (state == ONCE_POISONED && force == 0) ? 1 : 0
}

/** Ends the initialisation with a state and wakes all waiters, which check the state again. */
export function onceComplete(self: i32, once: i32, state: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  giveUp(self, once, 0, state)
}

/**
 * Ends the claim of a handle record, or with 0 of this thread, and wakes all waiters.
 *
 * UNINTERRUPTED: no function entry or loop head from `announceWakeUp` to the store to the lock word, so a worker cannot
 * be terminated between them. So a claim has ended exactly if its state is stored.
 */
function giveUp(self: i32, once: i32, record: i32, state: i32): void {
  announceWakeUp(self, once + ONCE_QUEUE)
  if (record != 0) set(record + HANDLE_STATE, 0)
  store(once + ONCE_STATE, state)
  store(once + MUTEX_LOCK, 0)
  wakeAll(self, once + ONCE_QUEUE)
  endAnnouncement(self)
}

/** Releases the lock word of an initialising thread that has died. Called by a reaper. */
export function onceAbandoned(self: i32, once: i32, state: i32): void {
  // RACE: none. The dead thread may have stored ONCE_DONE already; the initialisation is then complete.
  if (load(once + ONCE_STATE) != ONCE_DONE) store(once + ONCE_STATE, state)
  store(once + MUTEX_LOST, get(once + MUTEX_LOST) + 1)
  store(once + MUTEX_LOCK, 0)
  wakeAll(self, once + ONCE_QUEUE)
}

/**
 * Claims the initialisation for a handle record, which may then move to the thread that runs it. Returns 1, or 0 if
 * another thread has the claim or the state is final.
 *
 * UNINTERRUPTED: no function entry or loop head between claim and note, so a worker cannot be terminated between them.
 * From then on the owner of the record ends the claim, or the owner's reaper.
 */
export function claimOnce(once: i32, record: i32): i32 {
  if (cas(once + MUTEX_LOCK, 0, ONCE_CLAIMED) != 0) return 0
  if (load(once + ONCE_STATE) == ONCE_NEW) {
    set(record + HANDLE_STATE, 1)
    return 1
  }
  // Another thread stored a final state between a check and our exchange, and woke the waiters then.
  store(once + MUTEX_LOCK, 0)
  return 0
}

/** Ends the claim of a handle record, if it has one. */
export function endClaim(self: i32, once: i32, record: i32, state: i32): void {
  if (get(record + HANDLE_STATE) == 0) return
  giveUp(self, once, record, state)
}

/**
 * Drops a handle record that may have the claim: an incomplete initialisation has failed. Returns 1 if it was the last
 * owner.
 */
export function dropClaimant(self: i32, once: i32, record: i32): i32 {
  endClaim(self, once, record, ONCE_POISONED)
  store(record + HANDLE_OWNER, 0)
  return removeOwner(once + MUTEX_OWNERS)
}
