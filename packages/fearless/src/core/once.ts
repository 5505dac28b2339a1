/**
 * Something that happens once: whoever comes while it happens waits for it.
 *
 *   +0   0, or the slot id of the thread that does it now, or ONCE_CLAIMED: it is whose record says so (LazyLock)
 *   +4   line of those who wait
 *   +16  ONCE_NEW, ONCE_DONE, or ONCE_POISONED: it was tried and has failed
 *   +20  owners, +24 how often its doer was lost, +28 .. +44 the value it made, +48 weak owners, +52 version: as in mutex.ts
 *   +56  LOCK_ONCE, or LOCK_CELL: one that fails is new again
 *
 * Only who holds the first word changes the state, and it changes the state before it gives the word back. What it did
 * before that is visible to whoever reads ONCE_DONE, for which no lock is needed.
 */
import { cas, get, load, set, store } from './memory.ts'
import { leftOwners } from './count.ts'
import { HANDLE_NOTE, HANDLE_OWNER } from './handles.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_OWNERS, MUTEX_POISONED, MUTEX_QUEUE } from './mutex.ts'
import { owe, pay, wakeAll } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

export const ONCE_LINE: i32 = MUTEX_QUEUE
export const ONCE_STATE: i32 = MUTEX_POISONED

export const ONCE_NEW: i32 = 0
export const ONCE_DONE: i32 = 1
export const ONCE_POISONED: i32 = 2

const ONCE_CLAIMED: i32 = -1

export const LOCK_ONCE: i32 = 1
export const LOCK_CELL: i32 = 2

// What `onceTry` answers, beside ONCE_DONE and ONCE_POISONED.
export const ONCE_BUSY: i32 = 0
export const ONCE_RUN: i32 = 3

/** ONCE_RUN: the caller does it, and calls `onceEnd`. `force`: also if it is poisoned. */
export function onceTry(self: i32, once: i32, force: i32): i32 {
  if (isSettled(once, force) != 0) return load(once + ONCE_STATE)
  if (cas(once + MUTEX_LOCK, 0, get(self + SLOT_ID)) != 0) return ONCE_BUSY
  // RACE: it was done between our look and our exchange. Whoever saw our id waits for us.
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

/** It is done, or has failed: everybody looks again. */
export function onceEnd(self: i32, once: i32, state: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  giveUp(self, once, 0, state)
}

/** `record`: the one that claims it, or 0. No thread dies between the debt and the lock: a claim is over when its state is there. */
function giveUp(self: i32, once: i32, record: i32, state: i32): void {
  owe(self, once + ONCE_LINE)
  if (record != 0) set(record + HANDLE_NOTE, 0)
  store(once + ONCE_STATE, state)
  store(once + MUTEX_LOCK, 0)
  wakeAll(self, once + ONCE_LINE)
  pay(self)
}

/** Its doer has ended on the way. Called by a reaper. */
export function onceAbandoned(self: i32, once: i32, state: i32): void {
  // RACE: none: the dead thread may have stored ONCE_DONE already, and then it is done.
  if (load(once + ONCE_STATE) != ONCE_DONE) store(once + ONCE_STATE, state)
  store(once + MUTEX_LOST, get(once + MUTEX_LOST) + 1)
  store(once + MUTEX_LOCK, 0)
  wakeAll(self, once + ONCE_LINE)
}

/**
 * Claims the doing for a record, which may then move to the thread that does it: 1; 0 if it is another's, or settled. No
 * thread dies between the claim and the note: whoever owns the record from there on ends the claim, dead or alive.
 */
export function claimOnce(once: i32, record: i32): i32 {
  if (cas(once + MUTEX_LOCK, 0, ONCE_CLAIMED) != 0) return 0
  if (load(once + ONCE_STATE) == ONCE_NEW) {
    set(record + HANDLE_NOTE, 1)
    return 1
  }
  // It was settled between a look and our exchange, and those who wait were told then.
  store(once + MUTEX_LOCK, 0)
  return 0
}

/** The claim of a record is over. */
export function endClaim(self: i32, once: i32, record: i32, state: i32): void {
  if (get(record + HANDLE_NOTE) == 0) return
  giveUp(self, once, record, state)
}

/** The end of a record that claims, or has claimed: what it has not done has failed. 1 if it was the last owner. */
export function endClaimant(self: i32, once: i32, record: i32): i32 {
  endClaim(self, once, record, ONCE_POISONED)
  store(record + HANDLE_OWNER, 0)
  return leftOwners(once + MUTEX_OWNERS)
}
