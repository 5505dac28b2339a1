/**
 * A mutex in one cache line of the heap, with its owner in the lock word. Not fair, as std's futex `Mutex`: a running
 * thread may acquire the lock before a woken waiter, which then waits again.
 *
 *   +0   MUTEX_POISONED  1 once a thread panicked or died while it held the lock
 *   +4   MUTEX_QUEUE     wait queue
 *   +16  MUTEX_LOCK      0 free, else the slot id of the holder: a reaper reads it in every lock, also in free blocks
 *   +20  MUTEX_OWNERS    owners (reference count)
 *   +24  MUTEX_LOST      number of lost holders: older guards are invalid; kept when the memory becomes a new mutex
 *   +28  MUTEX_VALUE     representation of the value: VALUE_NUMBER in place, VALUE_BYTES as an allocation
 *   +32  MUTEX_NUMBER    f64: the value, if it is a number
 *   +32  or MUTEX_PREVIOUS_BLOCK   the previous allocation while a holder reads or drops it, else 0
 *   +36  or MUTEX_PREVIOUS_LENGTH  its length
 *   +40  MUTEX_BLOCK     the value's allocation
 *   +44  MUTEX_LENGTH    its length
 *   +48  MUTEX_WEAKS     weak owners, plus one for all owners together
 *   +52  MUTEX_VERSION   version: the number of times an allocation was taken out or replaced
 *   +56  LOCK_KIND       kind of lock (LOCK_MUTEX; other files define kinds with the same first words)
 *   +60  LOCK_SITE       source location that created it (memory/creation-sites.ts)
 *   +64  end
 *
 * - Only the holder writes 0 to the lock word.
 * - A waiter registers and THEN tries the lock once more. A holder writes 0 and THEN checks the queue. So at least one
 *   of them sees the other (wait-queue.ts).
 * - The holder owns all words but the queue and the lock word.
 *
 * When the holder dies, its reaper poisons and releases the lock and wakes the first waiter (`mutexAbandoned`).
 */
import { cas, get, getFloat, load, set, setFloat, store } from './memory.ts'
import { endPacking } from './handles.ts'
import { hasWaiters, announceWakeUp, endAnnouncement, wakeOne } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

export const MUTEX_POISONED: i32 = 0
export const MUTEX_QUEUE: i32 = 4
export const MUTEX_LOCK: i32 = 16
export const MUTEX_OWNERS: i32 = 20
export const MUTEX_LOST: i32 = 24
export const MUTEX_VALUE: i32 = 28
export const MUTEX_NUMBER: i32 = 32
export const MUTEX_PREVIOUS_BLOCK: i32 = 32
export const MUTEX_PREVIOUS_LENGTH: i32 = 36
export const MUTEX_BLOCK: i32 = 40
export const MUTEX_LENGTH: i32 = 44
export const MUTEX_WEAKS: i32 = 48
export const MUTEX_VERSION: i32 = 52
export const LOCK_KIND: i32 = 56
export const LOCK_SITE: i32 = 60

export const LOCK_MUTEX: i32 = 0

export const VALUE_NUMBER: i32 = 0
const VALUE_BYTES: i32 = 1

export const LOCKED: i32 = 1
export const LOCKED_POISONED: i32 = 2

/** Acquires the lock if it is free. Returns LOCKED, LOCKED_POISONED, or 0 if it is held. */
export function mutexTry(self: i32, mutex: i32): i32 {
  if (cas(mutex + MUTEX_LOCK, 0, get(self + SLOT_ID)) != 0) return 0
  set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
  return get(mutex + MUTEX_POISONED) == 0 ? LOCKED : LOCKED_POISONED
}

/** Releases the lock and wakes the first waiter. */
export function mutexUnlock(self: i32, mutex: i32): void {
  announceWakeUp(self, mutex + MUTEX_QUEUE)
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(mutex + MUTEX_LOCK, 0)
  if (hasWaiters(mutex + MUTEX_QUEUE) != 0) wakeOne(self, mutex + MUTEX_QUEUE)
  endAnnouncement(self)
}

/**
 * Polls a held lock for a limited time. Returns 1 once the lock is free, or 0 if it stayed held.
 *
 * Each poll takes the lock's cache line from the holder, which must then fetch it back. So the gaps between polls
 * double, about 2 us in all: 190 -> 95 ns per lock and unlock of two threads without other work, against 80 ns in Rust
 * (mutex.bench.ts).
 */
export function spinForMutex(self: i32, mutex: i32): i32 {
  for (let gap: i32 = 128; gap <= 1024; gap = gap << 1) {
    // Between polls, spin on a cache line of our own, so that the lock's line stays with its holder.
    for (let i: i32 = 0; i < gap; i++) load(self + SLOT_ID)
    if (load(mutex + MUTEX_LOCK) == 0) return 1
  }
  return 0
}

/** Releases and poisons a lock whose holder died, and wakes the first waiter. Called by a reaper. */
export function mutexAbandoned(self: i32, mutex: i32): void {
  store(mutex + MUTEX_POISONED, 1)
  store(mutex + MUTEX_LOST, get(mutex + MUTEX_LOST) + 1)
  store(mutex + MUTEX_LOCK, 0)
  wakeOne(self, mutex + MUTEX_QUEUE)
}

/**
 * Stores encoded bytes as the value, and transfers the handles in them. MUTEX_PREVIOUS_BLOCK names the previous value
 * until its handles are dropped.
 *
 * UNINTERRUPTED: no function entry or loop head between these stores, so a worker cannot be terminated between them.
 */
export function mutexSetBytes(self: i32, mutex: i32, block: i32, length: i32): void {
  mutexTakeBytes(mutex)
  endPacking(self)
  set(mutex + MUTEX_LENGTH, length)
  set(mutex + MUTEX_BLOCK, block)
  set(mutex + MUTEX_VALUE, VALUE_BYTES)
}

/**
 * Moves the value's allocation, if it has one, to MUTEX_PREVIOUS_BLOCK. The holder then adopts or drops the handles in
 * it.
 */
export function mutexTakeBytes(mutex: i32): void {
  set(mutex + MUTEX_PREVIOUS_BLOCK, get(mutex + MUTEX_BLOCK))
  set(mutex + MUTEX_PREVIOUS_LENGTH, get(mutex + MUTEX_LENGTH))
  set(mutex + MUTEX_BLOCK, 0)
  set(mutex + MUTEX_VERSION, get(mutex + MUTEX_VERSION) + 1)
}

/** Stores a number as the value. The caller holds the lock, and has freed the allocation of a value that was bytes. */
export function mutexSetNumber(mutex: i32, value: f64): void {
  setFloat(mutex + MUTEX_NUMBER, value)
  set(mutex + MUTEX_VALUE, VALUE_NUMBER)
}

export function mutexNumber(mutex: i32): f64 {
  return getFloat(mutex + MUTEX_NUMBER)
}
