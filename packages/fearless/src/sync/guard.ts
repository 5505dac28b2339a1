/**
 * Guard: the right to use what a lock protects, until it is released.
 *
 * Every access asks whether the guard is alive: not released, nor taken away because its thread ended with it. A value
 * that is not a number was read into this thread: the guard writes it back when it is released, so changes inside it count.
 * From then on it is a frozen snapshot (lent.ts).
 */
import { core, self } from '../core/index.ts'
import { MUTEX_LOST, MUTEX_NUMBER, MUTEX_POISONED, MUTEX_VALUE, VALUE_NUMBER } from '../core/mutex.ts'
import { DroppedError } from '../errors.ts'
import { originalOf } from '../memory/codec/clone.ts'
import { refuseClass, type Destination } from '../memory/codec/codec.ts'
import type { Handle } from '../memory/handles/handle.ts'
import { f64, i32 } from '../memory/heap.ts'
import { INTO_GUARD } from '../memory/codec/moved.ts'
import { KEPT } from '../memory/struct/views.ts'
import type { Crossing, crossing } from '../send.ts'
import { noteTaken } from '../wait/places.ts'
import { RELEASE, freezeSnapshot, givenOutError, runsLater, laterError } from './lent.ts'
import { watchGuard, type Hold } from './lost.ts'
import { UNWIND } from './unwind.ts'
import { lendValue, writeValue } from './value.ts'

type Unlock = (self: number, lock: number) => void

const UNREAD: unique symbol = Symbol('unread')

/** The right to use what a `Mutex` protects. Release it with `using`, with `drop(guard)`, or at the end of its thread. */
export class Guard<T> implements Disposable {
  declare readonly [crossing]: Crossing<
    'Guard',
    'never: it must be released where it was taken',
    'never: lock again where you need it',
    T
  >
  // Declared, and not private: V8 takes a function into another one as long as there is room for its code, and private names
  // and initialisers make twice as much of it. A guard's whole life is to be compiled in one piece (sync/mutex.bench.ts).
  /** @internal The handle it was locked by: alive as long as the guard. */
  declare readonly handle: Handle
  /** @internal The lock; 0 once released. */
  declare lock: number
  /** @internal How many holders the lock had lost when this one took it. */
  declare lost: number
  /** @internal */
  declare read: T | typeof UNREAD
  /** @internal Only a guard that an event loop was given has one (lost.ts). */
  declare hold: Hold | undefined

  /** @internal Nothing but stores: where V8 sees that nobody keeps the guard, it is never made (guardOf). */
  constructor(handle: Handle, lock: number, lost: number) {
    this.handle = handle
    this.lock = lock
    this.lost = lost
    this.read = UNREAD
    this.hold = undefined
  }

  /** The protected value, until the guard is released: what was read of it is frozen then. Throws `DroppedError` afterwards. */
  get value(): T {
    const lock = this.lock
    if (lock === 0 || i32[(lock + MUTEX_LOST) >> 2] !== this.lost) throw released()
    if (i32[(lock + MUTEX_VALUE) >> 2] === VALUE_NUMBER) return f64[(lock + MUTEX_NUMBER) >> 3] as T
    if (this.read === UNREAD) this.read = lendValue(lock) as T
    return this.read
  }
  set value(value: T) {
    const lock = this.lock
    if (lock === 0 || i32[(lock + MUTEX_LOST) >> 2] !== this.lost) throw released()
    if (typeof value === 'number' && i32[(lock + MUTEX_VALUE) >> 2] === VALUE_NUMBER) {
      f64[(lock + MUTEX_NUMBER) >> 3] = value
    } else {
      this.write(lock, value, INTO_GUARD)
      this.endLoan(value)
    }
  }

  /** Releases the lock. Releasing it twice is no error. */
  [Symbol.dispose](): void {
    Guard.end(this, core.mutexUnlock)
  }

  /** @internal What was read and may have changed is written back. */
  static end(guard: Guard<unknown>, unlock: Unlock): void {
    const lock = guard.lock
    if (lock === 0) return
    guard.lock = 0
    if (guard.hold !== undefined) guard.hold.open = false
    if (i32[(lock + MUTEX_LOST) >> 2] !== guard.lost) return
    const read = guard.read
    if (read === UNREAD || !isObject(read)) unlock(self, lock)
    else guard.endRead(lock, read, unlock)
  }
  /** @internal */
  endRead(lock: number, read: unknown, unlock: Unlock): void {
    try {
      this.write(lock, read, RELEASE)
    } finally {
      unlock(self, lock)
      freezeSnapshot(read)
    }
  }

  /** @internal Releases the lock because of a panic. */
  [UNWIND](): void {
    if (this.lock === 0 || i32[(this.lock + MUTEX_LOST) >> 2] !== this.lost) return
    Atomics.store(i32, (this.lock + MUTEX_POISONED) >> 2, 1)
    this[Symbol.dispose]()
  }

  /** @internal The lock, which this guard still has. */
  alive(): number {
    const lock = this.lock
    if (lock === 0 || i32[(lock + MUTEX_LOST) >> 2] !== this.lost) throw released()
    return lock
  }

  /** @internal The same; what was read of the value is written back. */
  flush(): number {
    const lock = this.alive()
    if (this.read !== UNREAD && isObject(this.read)) this.write(lock, this.read, RELEASE)
    this.endLoan(undefined)
    return lock
  }

  /** @internal Puts `value` in the place of what is there, and gives it as a snapshot: what is assigned is moved instead. */
  replace(value: T): T {
    const lock = this.alive()
    if (typeof value === 'number' && i32[(lock + MUTEX_VALUE) >> 2] === VALUE_NUMBER) {
      f64[(lock + MUTEX_NUMBER) >> 3] = value
      return value
    }
    this.write(lock, value)
    this.endLoan(value)
    // The mark of `clone(value)` says nothing; what it stands for is read when the guard is asked.
    if (originalOf(value) !== value) return this.value
    freezeSnapshot(value)
    return value
  }

  /** @internal What was read is no longer the value, which is `now`: the next access reads that. */
  endLoan(now: unknown): void {
    const read = this.read
    this.read = UNREAD
    if (read !== UNREAD && read !== now) freezeSnapshot(read)
  }

  /** @internal The lock is in other hands. */
  forget(): void {
    this.lock = 0
    if (this.hold !== undefined) this.hold.open = false
  }

  /** @internal The lock is in this guard's hands again. */
  retake(lock: number): void {
    this.lock = lock
    this.lost = i32[(lock + MUTEX_LOST) >> 2]
  }

  /** @internal */
  write(lock: number, value: unknown, to?: Destination): void {
    writeValue(lock, value, undefined, to)
  }
}

/** What another guard of this kind inherits: all but the answer to whether it may cross. */
export interface ExclusiveGuard<T> extends Disposable {
  /** @internal */
  lock: number
  /** @internal */
  lost: number
  /** @internal */
  hold: Hold | undefined
  /** The protected value. Throws `DroppedError` if the guard was released. */
  value: T
  /** @internal */
  [UNWIND](): void
  /** @internal */
  flush(): number
  /** @internal */
  replace(value: T): T
  /** @internal */
  forget(): void
  /** @internal */
  write(lock: number, value: unknown, to?: Destination): void
}
// Not a class above both of them: that makes locking a Mutex a third slower (36 against 27 ns, mutex.bench.ts).
export const ExclusiveGuard = Guard as unknown as (abstract new <T>(
  handle: Handle,
  lock: number,
  lost: number,
) => ExclusiveGuard<T>) & {
  end(guard: ExclusiveGuard<unknown>, unlock: Unlock): void
}

/** A guard of a lock that this thread has taken. */
export function guardOf<T>(handle: Handle, lock: number): Guard<T> {
  noteTaken(lock)
  return new Guard<T>(handle, lock, i32[(lock + MUTEX_LOST) >> 2])
}

/** An event loop was given this guard of a Mutex. */
export function watchMutexGuard(guard: Guard<unknown>): void {
  watchGuard(guard, 'Guard', guard.lock, guard.lost, releaseLostMutex)
}

function releaseLostMutex(lock: number, lost: number): void {
  if (i32[(lock + MUTEX_LOST) >> 2] !== lost) return
  Atomics.store(i32, (lock + MUTEX_POISONED) >> 2, 1)
  core.mutexUnlock(self, lock)
}

/** Releases a guard because its section threw: the lock is poisoned. */
export function releasePoisoned(guard: ExclusiveGuard<unknown>): void {
  guard[UNWIND]()
}

/** How a function under a lock was given; the compiler knows of some that they keep what they get (view-escape.ts). */
export type Method = 'update' | 'with' | 'with, which keeps it'

export const methodOf = (known: unknown): Method => (known === KEPT ? 'with, which keeps it' : 'with')

/** Calls the function of `with` or `update` under a guard, and releases it. A function that throws poisons the lock. */
export function callUnder<T, R>(guard: ExclusiveGuard<T>, f: (value: T) => R, method: Method): R {
  let result: R
  let later: object | undefined
  let isGivenOut = false
  try {
    const value: unknown = guard.value
    isGivenOut = method === 'with, which keeps it' && ArrayBuffer.isView(value)
    result = isGivenOut ? (undefined as never) : f(value as T)
    isGivenOut ||= method !== 'update' && ArrayBuffer.isView(result) && (result as unknown) === value
    if (runsLater(result)) later = result
    else if (method === 'update') result = guard.replace(result as never) as unknown as R
  } catch (error) {
    releasePoisoned(guard)
    throw error
  }
  // Also for what runs later: what its function has done so far counts, and no panic has left it half done.
  guard[Symbol.dispose]()
  if (isGivenOut) throw givenOutError('with')
  if (later !== undefined)
    throw laterError(
      method === 'update' ? method : 'with',
      later,
      'Hold a guard across the `await`: `using g = await m.lock()`.',
    )
  return result
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

export function released(): DroppedError {
  return new DroppedError(
    'This guard was released, or its thread has ended; another may be using the value. Lock again.',
  )
}

refuseClass(Guard, 'release it where it was taken')
