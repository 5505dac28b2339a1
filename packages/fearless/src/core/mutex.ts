/**
 * A mutex in one line of the shared heap, with its owner in the lock word.
 *
 *   +0   1 once a thread panicked or died while it held it
 *   +4   wait queue (12 bytes)
 *   +16  0 free, else the slot id of the thread that holds it: a reaper reads it of every lock, also of free blocks
 *   +20  owners (reference count)
 *   +24  how many holders were lost: a guard from before is void; counts on when the mutex is made anew
 *   +28  what the value is: VALUE_NUMBER in place, VALUE_BYTES as a block
 *   +32  the number; of a value in a block: the block before, +36 its length, while a holder reads or drops it, else 0
 *   +40  the block, +44 its length
 *   +48  weak owners, and one more for all owners together
 *   +52  version: how often a block was taken out or replaced
 *   +56  which lock it is (LOCK_MUTEX; other files have others with the same first words)
 *   +60  the line that made it (memory/sites.ts); a ReentrantMutex has another word here
 *
 * Only the holder writes 0. Whoever may sleep enters the queue first and tries once more; a holder who releases
 * writes 0 first and looks at the queue afterwards. So one of them sees the other (wait-queue.ts). Not fair: who
 * runs may take the lock before the one just woken, who then waits again.
 *
 * All words but the queue and the lock belong to the holder.
 */
import { cas, get, getFloat, load, set, setFloat, store } from './memory.ts'
import { handOver } from './handles.ts'
import { hasWaiters, owe, pay, wakeOne } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

export const MUTEX_POISONED: i32 = 0
export const MUTEX_QUEUE: i32 = 4
export const MUTEX_LOCK: i32 = 16
export const MUTEX_OWNERS: i32 = 20
export const MUTEX_LOST: i32 = 24
export const MUTEX_VALUE: i32 = 28
export const MUTEX_NUMBER: i32 = 32
export const MUTEX_OLD: i32 = 32
export const MUTEX_OLD_LENGTH: i32 = 36
export const MUTEX_BLOCK: i32 = 40
export const MUTEX_LENGTH: i32 = 44
export const MUTEX_WEAKS: i32 = 48
export const MUTEX_VERSION: i32 = 52
export const LOCK_KIND: i32 = 56
export const LOCK_SITE: i32 = 60

export const LOCK_MUTEX: i32 = 0

export const VALUE_NUMBER: i32 = 0
export const VALUE_BYTES: i32 = 1

export const LOCKED: i32 = 1
export const LOCKED_POISONED: i32 = 2

/** Takes the lock if it is free: LOCKED or LOCKED_POISONED; 0 if it is held. */
export function mutexTry(self: i32, mutex: i32): i32 {
  if (cas(mutex + MUTEX_LOCK, 0, get(self + SLOT_ID)) != 0) return 0
  set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
  return get(mutex + MUTEX_POISONED) == 0 ? LOCKED : LOCKED_POISONED
}

export function mutexUnlock(self: i32, mutex: i32): void {
  owe(self, mutex + MUTEX_QUEUE)
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  store(mutex + MUTEX_LOCK, 0)
  if (hasWaiters(mutex + MUTEX_QUEUE) != 0) wakeOne(self, mutex + MUTEX_QUEUE)
  pay(self)
}

/**
 * Watches a lock that another thread holds: 1 once it is free.
 *
 * Each look takes the lock's line from the holder, who has to fetch it back. So we look seldom, and ever less often, some
 * 2 us in all: 190 -> 95 ns per lock and unlock of two threads that do nothing else, where Rust takes 80 (mutex.bench.ts).
 */
export function mutexWatch(self: i32, mutex: i32): i32 {
  for (let gap: i32 = 128; gap <= 1024; gap = gap << 1) {
    // What is between the looks is in a line of our own.
    for (let i: i32 = 0; i < gap; i++) load(self + SLOT_ID)
    if (load(mutex + MUTEX_LOCK) == 0) return 1
  }
  return 0
}

/** Releases a lock whose holder died: poisoned, and the next in line is woken. Called by a reaper. */
export function mutexAbandoned(self: i32, mutex: i32): void {
  store(mutex + MUTEX_POISONED, 1)
  store(mutex + MUTEX_LOST, get(mutex + MUTEX_LOST) + 1)
  store(mutex + MUTEX_LOCK, 0)
  wakeOne(self, mutex + MUTEX_QUEUE)
}

/**
 * Writes encoded bytes as the value, and hands over the handles in them. What was there before is in MUTEX_OLD until its
 * handles are dropped. No thread dies between these steps, which are one run of instructions.
 */
export function mutexSetBytes(self: i32, mutex: i32, block: i32, length: i32): void {
  mutexTakeBytes(mutex)
  handOver(self)
  set(mutex + MUTEX_LENGTH, length)
  set(mutex + MUTEX_BLOCK, block)
  set(mutex + MUTEX_VALUE, VALUE_BYTES)
}

/** Moves the block, if there is one, out of the value: its handles are the holder's, or to be dropped. */
export function mutexTakeBytes(mutex: i32): void {
  set(mutex + MUTEX_OLD, get(mutex + MUTEX_BLOCK))
  set(mutex + MUTEX_OLD_LENGTH, get(mutex + MUTEX_LENGTH))
  set(mutex + MUTEX_BLOCK, 0)
  set(mutex + MUTEX_VERSION, get(mutex + MUTEX_VERSION) + 1)
}

/** Writes a number as the value. The caller holds the lock, and has freed the block of a value that was bytes. */
export function mutexSetNumber(mutex: i32, value: f64): void {
  setFloat(mutex + MUTEX_NUMBER, value)
  set(mutex + MUTEX_VALUE, VALUE_NUMBER)
}

export function mutexNumber(mutex: i32): f64 {
  return getFloat(mutex + MUTEX_NUMBER)
}
