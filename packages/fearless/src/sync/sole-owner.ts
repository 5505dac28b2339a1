/**
 * The operations that every lock offers to its sole owner, and the poison mark of a lock: the same for Mutex and
 * RwLock, whose words they share (core/mutex.ts).
 */
import { get, store } from '../core/memory.ts'
import { MUTEX_OWNERS, MUTEX_POISONED } from '../core/mutex.ts'
import { DeadlockError } from '../errors.ts'
import { dropHandle, liveObjectOf, type Handle } from '../memory/handles/handle.ts'

import { PENDING, type Operation } from '../wait/operation.ts'
import { cutOffWeakOwners, refuseShared } from './owner-count.ts'
import { readLockValue } from './lock-value.ts'

/**
 * Acquires a lock without waiting, for its sole owner. `name` is the class for messages.
 *
 * Throws `SharedError` if there are other owners, `DeadlockError` if a guard of this thread is alive, and the errors of
 * the operation.
 */
export function lockAsSoleOwner<G>(lock: Handle, name: string, operation: Operation<G>): G {
  refuseShared(name, liveObjectOf(lock), MUTEX_OWNERS)
  const guard = operation.tryComplete()
  if (guard !== PENDING) return guard
  throw new DeadlockError(
    'A guard of this lock is alive in this thread, so its value is in use. Release the guard first.',
  )
}

/** Returns the value of a lock and drops the lock. `guard` is from `lockAsSoleOwner`. */
export function takeValueOut(lock: Handle, name: string, guard: Disposable): unknown {
  const thing = liveObjectOf(lock)
  let value: unknown
  try {
    // RACE: a weak owner may have upgraded since the guard was acquired. It waits for our guard, so we refuse before
    // the value is taken out.
    cutOffWeakOwners(name, thing, MUTEX_OWNERS)
    value = readLockValue(thing)
  } catch (error) {
    guard[Symbol.dispose]()
    throw error
  }
  guard[Symbol.dispose]()
  dropHandle(lock)
  return value
}

/** Returns whether a holder of the lock panicked and the mark was not cleared since. */
export function hasPoison(lock: Handle): boolean {
  return get(liveObjectOf(lock) + MUTEX_POISONED) !== 0
}

export function removePoison(lock: Handle): void {
  store(liveObjectOf(lock) + MUTEX_POISONED, 0)
}
