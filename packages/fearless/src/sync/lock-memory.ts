/** Memory for things that lie in the class of locks, where a reaper finds those of a dead thread. */
import { LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { LOCK_REENTRANT } from '../core/reentrant-mutex.ts'
import { LOCK_KIND, LOCK_SITE, MUTEX_LOCK, MUTEX_LOST, MUTEX_OWNERS, MUTEX_WEAKS } from '../core/mutex.ts'
import { newRecord, type Handle } from '../memory/handles/handle.ts'
import { heapFull, i32 } from '../memory/heap.ts'
import { siteOfCaller } from '../memory/sites.ts'
import { defineCounted, startCounts } from './counted.ts'
import { dropValue, measureLock, valueEndsUnseen } from './value.ts'

/** A new lock and its record. `fill` gives it its value, as the last step, because that gives the value away. */
export function newLock(handleKind: number, lockKind: number, shares: boolean, fill: (lock: number) => void): number {
  const lock = core.takeThing(self, LOCKS)
  if (lock === 0) throw heapFull(64)
  const lost = i32[(lock + MUTEX_LOST) >> 2]
  i32.fill(0, lock >> 2, (lock + 64) >> 2)
  // Guards of the lock that was here before stay void.
  i32[(lock + MUTEX_LOST) >> 2] = lost
  i32[(lock + LOCK_KIND) >> 2] = lockKind
  if (lockKind !== LOCK_REENTRANT) i32[(lock + LOCK_SITE) >> 2] = siteOfCaller()
  startCounts(lock, MUTEX_OWNERS, MUTEX_WEAKS)
  let record = 0
  try {
    record = newRecord(handleKind, lock, shares)
    fill(lock)
    return record
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    core.release(self, lock)
    throw error
  }
}

/** Makes a class of handles of such locks known. */
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
    end: lock => {
      // A guard that outlives its lock still writes to the lock's words: they are never used again.
      if (Atomics.load(i32, (lock + MUTEX_LOCK) >> 2) !== 0) return false
      dropValue(lock)
      return true
    },
    endsUnseen: lock => Atomics.load(i32, (lock + MUTEX_LOCK) >> 2) === 0 && valueEndsUnseen(lock),
    measure: measureLock,
    revive,
  })
}
