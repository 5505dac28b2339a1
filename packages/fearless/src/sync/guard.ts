/**
 * The guard of a mutex: the right to use the protected value until the guard is released, after std's `MutexGuard`.
 *
 * - Each access checks that the guard is alive: not released, and its thread not ended. MUTEX_LOST counts the
 *   holders that ended.
 * - A value that is not a number is decoded into this thread, and written back at the release. So changes inside it
 *   count.
 * - After the release, the decoded value is a frozen snapshot (lock-snapshot.ts).
 */
import { core, self } from '../core/index.ts'
import { get, getFloat, setFloat, store } from '../core/memory.ts'
import { MUTEX_LOST, MUTEX_NUMBER, MUTEX_POISONED, MUTEX_VALUE, VALUE_NUMBER } from '../core/mutex.ts'
import { DroppedError } from '../errors.ts'
import { originalOfMark } from '../memory/codec/clone.ts'
import { refuseClass, type MoveDestination } from '../memory/codec/codec.ts'
import type { Handle } from '../memory/handles/handle.ts'

import { INTO_GUARD } from '../memory/codec/moved.ts'
import { KEEPS_VIEW } from '../memory/struct/views.ts'
import type { Crossing, crossing } from '../send.ts'
import { recordAcquired } from '../wait/lock-sites.ts'
import {
  RELEASED_SNAPSHOT,
  freezeSnapshot,
  returnedArrayError,
  isThenableOrGenerator,
  asyncUnderLockError,
} from './lock-snapshot.ts'
import { watchGuard, type WatchedGuard } from './lost-guards.ts'
import { UNWIND } from './unwind.ts'
import { lendLockValue, writeLockValue } from './lock-value.ts'

type Unlock = (self: number, lock: number) => void

const UNREAD: unique symbol = Symbol('unread')

/**
 * The right to use the value of a `Mutex`. Release it with `using` or `drop(guard)`; the end of its thread releases
 * it, too.
 */
export class Guard<T> implements Disposable {
  declare readonly [crossing]: Crossing<
    'Guard',
    'never: release it where it was taken',
    'never: lock again where you need it',
    T
  >
  // Declared fields, neither private nor initialised: V8 inlines a function only within a budget of bytecode, and
  // private names and initialisers double its size. All operations on a guard must be inlined into one compiled
  // function (sync/mutex.bench.ts).
  /** @internal The handle that was locked. It is alive as long as the guard. */
  declare readonly handle: Handle
  /** @internal The address of the lock; 0 after the release. */
  declare lock: number
  /** @internal MUTEX_LOST at acquisition: how many holders the lock had lost. */
  declare lostCount: number
  /** @internal */
  declare read: T | typeof UNREAD
  /** @internal Set only for a guard that an event loop received (lost-guards.ts). */
  declare watched: WatchedGuard | undefined

  /**
   * @internal Only stores: if V8's escape analysis proves that the guard does not escape, the guard is never allocated
   * (guardOf).
   */
  constructor(handle: Handle, lock: number, lost: number) {
    this.handle = handle
    this.lock = lock
    this.lostCount = lost
    this.read = UNREAD
    this.watched = undefined
  }

  /**
   * The protected value, until the guard is released. An object read from it is frozen at the release. Throws
   * `DroppedError` after the release.
   */
  get value(): T {
    const lock = this.lock
    if (lock === 0 || get(lock + MUTEX_LOST) !== this.lostCount) throw guardReleasedError()
    if (get(lock + MUTEX_VALUE) === VALUE_NUMBER) return getFloat(lock + MUTEX_NUMBER) as T
    if (this.read === UNREAD) this.read = lendLockValue(lock) as T
    return this.read
  }
  set value(value: T) {
    const lock = this.lock
    if (lock === 0 || get(lock + MUTEX_LOST) !== this.lostCount) throw guardReleasedError()
    if (typeof value === 'number' && get(lock + MUTEX_VALUE) === VALUE_NUMBER) {
      setFloat(lock + MUTEX_NUMBER, value)
    } else {
      this.write(lock, value, INTO_GUARD)
      this.freezeRead(value)
    }
  }

  /** Releases the lock. A second call does nothing. */
  [Symbol.dispose](): void {
    Guard.release(this, core.mutexUnlock)
  }

  /** @internal Writes back the decoded value if it is an object, and unlocks with `unlock`. */
  static release(guard: Guard<unknown>, unlock: Unlock): void {
    const lock = guard.lock
    if (lock === 0) return
    guard.lock = 0
    if (guard.watched !== undefined) guard.watched.open = false
    if (get(lock + MUTEX_LOST) !== guard.lostCount) return
    const read = guard.read
    if (read === UNREAD || !isObject(read)) unlock(self, lock)
    else guard.endRead(lock, read, unlock)
  }
  /** @internal */
  endRead(lock: number, read: unknown, unlock: Unlock): void {
    try {
      this.write(lock, read, RELEASED_SNAPSHOT)
    } finally {
      unlock(self, lock)
      freezeSnapshot(read)
    }
  }

  /** @internal Releases the lock because of a panic, and poisons it. */
  [UNWIND](): void {
    if (this.lock === 0 || get(this.lock + MUTEX_LOST) !== this.lostCount) return
    store(this.lock + MUTEX_POISONED, 1)
    this[Symbol.dispose]()
  }

  /** @internal Returns the address of the lock. Throws `DroppedError` if the guard was released. */
  lockAddress(): number {
    const lock = this.lock
    if (lock === 0 || get(lock + MUTEX_LOST) !== this.lostCount) throw guardReleasedError()
    return lock
  }

  /** @internal Returns the address of the lock, as `lockAddress` does, and writes the decoded value back. */
  writeBack(): number {
    const lock = this.lockAddress()
    if (this.read !== UNREAD && isObject(this.read)) this.write(lock, this.read, RELEASED_SNAPSHOT)
    this.freezeRead(undefined)
    return lock
  }

  /**
   * @internal Replaces the value with `value` and returns it as a snapshot. In contrast, assigning to `guard.value`
   * moves the value.
   */
  replace(value: T): T {
    const lock = this.lockAddress()
    if (typeof value === 'number' && get(lock + MUTEX_VALUE) === VALUE_NUMBER) {
      setFloat(lock + MUTEX_NUMBER, value)
      return value
    }
    this.write(lock, value)
    this.freezeRead(value)
    // The mark that `clone(value)` returns is not the value itself. The next access of the guard decodes the copy.
    if (originalOfMark(value) !== value) return this.value
    freezeSnapshot(value)
    return value
  }

  /** @internal Freezes the decoded value, unless it is `now`, the new value. The next access decodes again. */
  freezeRead(now: unknown): void {
    const read = this.read
    this.read = UNREAD
    if (read !== UNREAD && read !== now) freezeSnapshot(read)
  }

  /** @internal Gives the lock up without unlocking it, because another guard or a condition variable owns it now. */
  detachLock(): void {
    this.lock = 0
    if (this.watched !== undefined) this.watched.open = false
  }

  /** @internal Takes the lock back: this thread has acquired it again. */
  reattachLock(lock: number): void {
    this.lock = lock
    this.lostCount = get(lock + MUTEX_LOST)
  }

  /** @internal */
  write(lock: number, value: unknown, to?: MoveDestination): void {
    writeLockValue(lock, value, undefined, to)
  }
}

/** The members that other exclusive guards inherit: all except the declaration of whether the guard may cross. */
export interface ExclusiveGuard<T> extends Disposable {
  /** @internal */
  lock: number
  /** @internal */
  lostCount: number
  /** @internal */
  watched: WatchedGuard | undefined
  /** The protected value. Throws `DroppedError` if the guard was released. */
  value: T
  /** @internal */
  [UNWIND](): void
  /** @internal */
  writeBack(): number
  /** @internal */
  replace(value: T): T
  /** @internal */
  detachLock(): void
  /** @internal */
  write(lock: number, value: unknown, to?: MoveDestination): void
}
// Not a common base class: a base class makes locking a Mutex a third slower (36 against 27 ns, mutex.bench.ts).
export const ExclusiveGuard = Guard as unknown as (abstract new <T>(
  handle: Handle,
  lock: number,
  lost: number,
) => ExclusiveGuard<T>) & {
  release(guard: ExclusiveGuard<unknown>, unlock: Unlock): void
}

/** Creates the guard of a lock that this thread has acquired. */
export function guardOf<T>(handle: Handle, lock: number): Guard<T> {
  recordAcquired(lock)
  return new Guard<T>(handle, lock, get(lock + MUTEX_LOST))
}

/** Watches a guard of a Mutex that an event loop received. */
export function watchMutexGuard(guard: Guard<unknown>): void {
  watchGuard(guard, 'Guard', guard.lock, guard.lostCount, releaseLostMutex)
}

function releaseLostMutex(lock: number, lost: number): void {
  if (get(lock + MUTEX_LOST) !== lost) return
  store(lock + MUTEX_POISONED, 1)
  core.mutexUnlock(self, lock)
}

/** Releases a guard and poisons its lock, because the critical section threw. */
function releaseAndPoison(guard: ExclusiveGuard<unknown>): void {
  guard[UNWIND]()
}

/**
 * How a function was passed to a lock. The compiler detects some functions that keep their argument (view-escape.ts).
 */
export type LockMethod = 'update' | 'with' | 'with, which keeps it'

export const lockMethodOf = (known: unknown): LockMethod => (known === KEEPS_VIEW ? 'with, which keeps it' : 'with')

/**
 * Calls the function of `with` or `update` with the guard's value, then releases the guard. If `f` throws, the lock is
 * poisoned.
 */
export function callUnderGuard<T, R>(guard: ExclusiveGuard<T>, f: (value: T) => R, method: LockMethod): R {
  let result: R
  let later: object | undefined
  let isGivenOut = false
  try {
    const value: unknown = guard.value
    isGivenOut = method === 'with, which keeps it' && ArrayBuffer.isView(value)
    result = isGivenOut ? (undefined as never) : f(value as T)
    isGivenOut ||= method !== 'update' && ArrayBuffer.isView(result) && (result as unknown) === value
    if (isThenableOrGenerator(result)) later = result
    else if (method === 'update') result = guard.replace(result as never) as unknown as R
  } catch (error) {
    releaseAndPoison(guard)
    throw error
  }
  // Also after a promise or a generator: the changes made so far count, and no panic interrupted them, so nothing is
  // poisoned.
  guard[Symbol.dispose]()
  if (isGivenOut) throw returnedArrayError('with')
  if (later !== undefined)
    throw asyncUnderLockError(
      method === 'update' ? method : 'with',
      later,
      'Hold a guard across the `await`: `using g = await m.lock()`.',
    )
  return result
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

export function guardReleasedError(): DroppedError {
  return new DroppedError('This guard was already released, or its thread has ended. Lock again to use the value.')
}

refuseClass(Guard, 'Release it where it was taken.')
