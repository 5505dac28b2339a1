/**
 * A mutex that its holder may lock again, as parking_lot's `ReentrantMutex`.
 *
 *   +0   MUTEX_POISONED .. MUTEX_VERSION  as in mutex.ts; it is never poisoned
 *   +56  LOCK_KIND        LOCK_REENTRANT
 *   +60  REENTRANT_DEPTH  depth: the number of times that its holder has locked it
 *   +64  end
 *
 * The holder owns the depth: no other thread reads it before the lock word is 0 again. When the holder dies, its reaper
 * releases the lock at any depth.
 */
import { cas, get, load, set, store } from './memory.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_QUEUE } from './mutex.ts'
import { hasWaiters, announceWakeUp, endAnnouncement, wakeOne } from './wait-queue.ts'
import { SLOT_HELD, SLOT_ID } from './layout.ts'

export const LOCK_REENTRANT: i32 = 3

export const REENTRANT_DEPTH: i32 = 60

/** Acquires the lock if it is free or this thread holds it. Returns 1, or 0 if another thread holds it. */
export function reentrantTry(self: i32, lock: i32): i32 {
  const id = get(self + SLOT_ID)
  // Only this thread writes its id there, so a load suffices to know that this thread is the holder.
  if (load(lock + MUTEX_LOCK) == id) set(lock + REENTRANT_DEPTH, get(lock + REENTRANT_DEPTH) + 1)
  else if (cas(lock + MUTEX_LOCK, 0, id) == 0) set(lock + REENTRANT_DEPTH, 1)
  else return 0
  set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)
  return 1
}

/** Releases the lock once. The release at depth 1 frees it and wakes the first waiter. */
export function reentrantUnlock(self: i32, lock: i32): void {
  set(self + SLOT_HELD, get(self + SLOT_HELD) - 1)
  const depth = get(lock + REENTRANT_DEPTH) - 1
  set(lock + REENTRANT_DEPTH, depth)
  if (depth > 0) return
  announceWakeUp(self, lock + MUTEX_QUEUE)
  store(lock + MUTEX_LOCK, 0)
  if (hasWaiters(lock + MUTEX_QUEUE) != 0) wakeOne(self, lock + MUTEX_QUEUE)
  endAnnouncement(self)
}

/** Releases the lock of a dead thread. Called by a reaper. */
export function reentrantAbandoned(self: i32, lock: i32): void {
  store(lock + MUTEX_LOST, get(lock + MUTEX_LOST) + 1)
  set(lock + REENTRANT_DEPTH, 0)
  store(lock + MUTEX_LOCK, 0)
  wakeOne(self, lock + MUTEX_QUEUE)
}
