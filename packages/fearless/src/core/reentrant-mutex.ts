/**
 * A mutex that its holder may lock again.
 *
 *   +0 .. +52  as in mutex.ts; it is never poisoned
 *   +56        LOCK_REENTRANT
 *   +60        how often its holder has locked it
 *
 * The depth is the holder's own word: nobody else reads it before the lock word is 0 again.
 */
import { cas, get, load, set, store } from './memory.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_QUEUE } from './mutex.ts'
import { hasWaiters, owe, pay, wakeOne } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

export const LOCK_REENTRANT: i32 = 3
export const REENTRANT_DEPTH: i32 = 60

/** Takes the lock, or takes it once more: 1; 0 if another thread has it. */
export function reentrantTry(self: i32, lock: i32): i32 {
  const id = get(self + SLOT_ID)
  // Only we write our id there, so a look is enough to know that it is ours.
  if (load(lock + MUTEX_LOCK) == id) set(lock + REENTRANT_DEPTH, get(lock + REENTRANT_DEPTH) + 1)
  else if (cas(lock + MUTEX_LOCK, 0, id) == 0) set(lock + REENTRANT_DEPTH, 1)
  else return 0
  set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
  return 1
}

export function reentrantUnlock(self: i32, lock: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  const depth = get(lock + REENTRANT_DEPTH) - 1
  set(lock + REENTRANT_DEPTH, depth)
  if (depth > 0) return
  owe(self, lock + MUTEX_QUEUE)
  store(lock + MUTEX_LOCK, 0)
  if (hasWaiters(lock + MUTEX_QUEUE) != 0) wakeOne(self, lock + MUTEX_QUEUE)
  pay(self)
}

/** Releases the lock of a thread that has ended. Called by a reaper. */
export function reentrantAbandoned(self: i32, lock: i32): void {
  store(lock + MUTEX_LOST, get(lock + MUTEX_LOST) + 1)
  set(lock + REENTRANT_DEPTH, 0)
  store(lock + MUTEX_LOCK, 0)
  wakeOne(self, lock + MUTEX_QUEUE)
}
