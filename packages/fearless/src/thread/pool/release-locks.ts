/**
 * Releases the locks of a thread that has finished while it held them, or whose worker died.
 *
 * Each lock becomes free and notifies its waiters. A lock whose value the thread could have changed is poisoned.
 */
import { LOCKS, RW_LOCKS, SEMAPHORES } from '../../core/alloc.ts'
import { core, self } from '../../core/index.ts'
import { get, load } from '../../core/memory.ts'
import { LOCK_KIND, MUTEX_LOCK } from '../../core/mutex.ts'
import { LOCK_CELL, LOCK_ONCE, ONCE_NEW, ONCE_POISONED } from '../../core/once.ts'
import { LOCK_REENTRANT } from '../../core/reentrant-mutex.ts'
import { dropPreviousValue } from '../../sync/lock-value.ts'
import { objectsOfClass } from '../../memory/heap.ts'

/** Releases the locks of the slot with this id. A free block's first word is 0 or an address, never an id. */
export function releaseLocks(id: number): void {
  for (const lock of objectsOfClass(LOCKS)) if (load(lock + MUTEX_LOCK) === id) abandon(lock)
  // All of them, because the thread may have died between a change of the lock and the wake-up that it owed.
  for (const lock of objectsOfClass(RW_LOCKS)) {
    if (load(lock + MUTEX_LOCK) === id) dropPreviousValue(lock)
    core.rwAbandoned(self, lock, id)
  }
  for (const semaphore of objectsOfClass(SEMAPHORES)) core.serveQueue(self, semaphore)
}

function abandon(lock: number): void {
  switch (get(lock + LOCK_KIND)) {
    case LOCK_ONCE:
      return core.onceAbandoned(self, lock, ONCE_POISONED)
    case LOCK_CELL:
      return core.onceAbandoned(self, lock, ONCE_NEW)
    case LOCK_REENTRANT:
      return core.reentrantAbandoned(self, lock)
    default:
      dropPreviousValue(lock)
      core.mutexAbandoned(self, lock)
  }
}
