/** Allocation of the objects in the size class of locks, where the reaper finds the locks that a dead thread held. */
import { LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { get, load, set } from '../core/memory.ts'
import { LOCK_REENTRANT } from '../core/reentrant-mutex.ts'
import { LOCK_KIND, LOCK_SITE, MUTEX_LOCK, MUTEX_LOST, MUTEX_OWNERS, MUTEX_WEAKS } from '../core/mutex.ts'
import { newRecord, type Handle } from '../memory/handles/handle.ts'
import { heapFullError, i32 } from '../memory/heap.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import { defineCounted, initCounts } from './owner-count.ts'
import { dropLockValue, measureLock, isValueDropUnobservable } from './lock-value.ts'

/**
 * Allocates a lock and its handle record. Returns the record. `fill` stores the value; it runs last because it moves
 * the value.
 */
export function newLock(handleKind: number, lockKind: number, shares: boolean, fill: (lock: number) => void): number {
  const lock = core.allocateOfClass(self, LOCKS)
  if (lock === 0) throw heapFullError(64)
  const lost = get(lock + MUTEX_LOST)
  i32.fill(0, lock >> 2, (lock + 64) >> 2)
  // The count of lost holders continues, so that guards of the previous lock at this address stay invalid.
  set(lock + MUTEX_LOST, lost)
  set(lock + LOCK_KIND, lockKind)
  if (lockKind !== LOCK_REENTRANT) set(lock + LOCK_SITE, siteOfCaller())
  initCounts(lock, MUTEX_OWNERS, MUTEX_WEAKS)
  let record = 0
  try {
    record = newRecord(handleKind, lock, shares)
    fill(lock)
    return record
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    core.free(self, lock)
    throw error
  }
}

/** Registers a class of handles to such locks. */
export function defineLock(
  handleKind: number,
  name: string,
  constructor: { readonly prototype: Handle },
  revive: (record: number) => Handle,
): void {
  defineCounted(handleKind, constructor, {
    name,
    owners: MUTEX_OWNERS,
    weaks: MUTEX_WEAKS,
    dropContents: lock => {
      // A guard may outlive its lock and still writes to the words of the lock. So the memory of a held lock is never
      // reused.
      if (load(lock + MUTEX_LOCK) !== 0) return false
      dropLockValue(lock)
      return true
    },
    isDropUnobservable: lock => load(lock + MUTEX_LOCK) === 0 && isValueDropUnobservable(lock),
    measure: measureLock,
    revive,
  })
}
