/**
 * A mutex around a value of any plain kind. The lock word and its protocol are in core/mutex.ts.
 *
 * A number lies in place, anything else as an encoded block that a guard reads when first asked and writes back when it
 * is released. Whoever holds the lock owns the value's words.
 */
import { core, self } from '../core/index.ts'
import { SLOT_ID } from '../core/layout.ts'
import {
  LOCKED,
  LOCKED_POISONED,
  LOCK_MUTEX,
  MUTEX_LOCK,
  MUTEX_OWNERS,
  MUTEX_POISONED,
  MUTEX_QUEUE,
} from '../core/mutex.ts'
import { WAITER_YIELDS } from '../core/wait-queue.ts'
import { platform } from '#platform'
import { DeadlockError, PoisonError } from '../errors.ts'
import { Handle, dropHandle, isAlive, thingOf } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { MUTEX } from '../memory/handles/kinds.ts'
import { INTO_LOCK } from '../memory/codec/moved.ts'
import type { AtOnce, Crossing, Send, Snapshot, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { bare } from '../wait/handed-out.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { leaveNoOthers, refuseShared } from './counted.ts'
import { callUnder, guardOf, methodOf, watchMutexGuard, type Guard, type Method } from './guard.ts'
import { defineLock, newLock } from './lock-memory.ts'
import { readValue, writeValue } from './value.ts'

const { mayBlock } = platform

/**
 * A lock around a value: one thread or task at a time may use it.
 *
 * ```ts
 * const counter = new Arc(new Mutex(0))
 * await thread.spawn(move(() => {
 *   using n = counter.lock().wait()
 *   n.value += 1
 * })).join()
 * await counter.update(n => n) // => 1
 * ```
 *
 * What a holder did before it released the lock is visible to the next holder. A holder that panics, or whose worker
 * dies, poisons the lock. Not reentrant: blocking on a lock that this thread holds throws `DeadlockError`.
 */
export class Mutex<T> extends Handle {
  declare readonly [crossing]: Crossing<'Mutex', 'if Send', 'if Send', T>
  /** Made when first asked for: most clones are never locked. */
  #lock: Lock<T> | undefined

  /** A free lock around `value`, which is given away to it. */
  constructor(value: Send<T>)
  /** @internal */
  constructor(value: unknown, record?: number)
  constructor(
    value: unknown,
    record = newLock(MUTEX, LOCK_MUTEX, false, lock => writeValue(lock, value, undefined, INTO_LOCK)),
  ) {
    super(record)
  }

  /**
   * Waits until the lock is free and takes it; release the guard with `using` or `drop`.
   *
   * Throws `PoisonError` if a holder panicked, `DeadlockError` if this thread would block on itself.
   */
  lock(): Wait<Guard<T>> {
    return (this.#lock ??= new Lock(this))
  }

  /**
   * Replaces the value by what `f` makes of it, under the lock; gives the new value, frozen. A throwing `f` poisons the lock.
   *
   * Throws what `lock` throws, and `BorrowError` if `f` is async: the lock is released when it returns.
   */
  update(f: (value: T) => Send<T>): Wait<Snapshot<T>> {
    return new Use<T, Snapshot<T>>(this, f as unknown as (value: T) => Snapshot<T>, 'update')
  }

  /**
   * Calls `f` with the value under the lock and writes back what `f` changed in it; gives what `f` returns. What that has of
   * the value is frozen. A throwing `f` poisons the lock.
   *
   * Throws what `lock` throws, and `BorrowError` if `f` is async: the lock is released when it returns.
   */
  with<R>(f: (value: T) => AtOnce<R>): Wait<R>
  /** @internal */
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R>
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R> {
    return new Use<T, R>(this, f as (value: T) => R, methodOf(known))
  }

  /**
   * The right to use the value, without waiting: for the only owner.
   *
   * Throws `SharedError` if there are others, `PoisonError`, and `DeadlockError` if a guard of this thread is alive.
   */
  getMut(): Guard<T> {
    refuseShared('Mutex', thingOf(this), MUTEX_OWNERS)
    const guard = (bare(this.lock()) as Lock<T>).poll()
    if (guard === PENDING) throw heldHere()
    return guard
  }

  /**
   * The value, and the end of the Mutex: for the only owner.
   *
   * ```ts
   * const m = new Mutex(['a'])
   * m.with(list => list.push('b')).wait()
   * m.intoInner() // => ['a', 'b']
   * ```
   *
   * Throws what `getMut` throws; nothing has changed then. Weak owners of an Arc find nothing afterwards.
   */
  intoInner(): T {
    const guard = this.getMut()
    const mutex = thingOf(this)
    let value: T
    try {
      // A weak owner may have become one meanwhile; it waits for our guard.
      leaveNoOthers('Mutex', mutex, MUTEX_OWNERS)
      value = readValue(mutex) as T
    } catch (error) {
      guard[Symbol.dispose]()
      throw error
    }
    guard[Symbol.dispose]()
    dropHandle(this)
    return value
  }

  /** Whether a thread or task holds the lock: a snapshot, useful for looking, never for deciding. */
  get isLocked(): boolean {
    return Atomics.load(i32, (thingOf(this) + MUTEX_LOCK) >> 2) !== 0
  }

  /** Whether a holder panicked, and nobody has cleared it since. */
  get isPoisoned(): boolean {
    return i32[(thingOf(this) + MUTEX_POISONED) >> 2] !== 0
  }

  /** Declares the value sound again. */
  clearPoison(): void {
    Atomics.store(i32, (thingOf(this) + MUTEX_POISONED) >> 2, 0)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** The wait for a lock. */
class Lock<T> extends PlainWait<Guard<T>> {
  declare readonly mutex: Mutex<T>

  constructor(mutex: Mutex<T>) {
    super()
    this.mutex = mutex
  }
  override wait(ms?: number | Date): Guard<T> {
    const mutex = thingOf(this.mutex)
    const locked = mayBlock ? core.mutexTry(self, mutex) : 0
    if (locked !== LOCKED) this.waitLong(locked, mutex, ms)
    return guardOf<T>(this.mutex, mutex)
  }
  waitLong(locked: number, mutex: number, ms: number | Date | undefined): void {
    if (locked === LOCKED_POISONED) poisoned(this.mutex, mutex)
    super.wait(ms).forget()
  }
  override poll(): Guard<T> | Pending {
    const mutex = thingOf(this.mutex)
    const locked = core.mutexTry(self, mutex)
    if (locked === LOCKED) return guardOf<T>(this.mutex, mutex)
    if (locked === LOCKED_POISONED) poisoned(this.mutex, mutex)
    return PENDING
  }
  owners(): readonly Handle[] {
    return [this.mutex]
  }
  override ready(): boolean {
    return Atomics.load(i32, (thingOf(this.mutex) + MUTEX_LOCK) >> 2) === 0
  }
  taken(guard: Guard<T>): void {
    watchMutexGuard(guard)
  }
  spin(): void {
    core.mutexWatch(self, thingOf(this.mutex))
  }
  override enter(waiter: number): boolean {
    const mutex = thingOf(this.mutex)
    if (i32[(waiter + WAITER_YIELDS) >> 2] === 0) refuseSelf(mutex)
    core.enterQueue(self, mutex + MUTEX_QUEUE, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  override woken(): Guard<T> | Pending {
    this.passOn()
    return this.poll()
  }

  /** If our handle went while a wake was on its way, the next in line gets it: the mutex is there until that wait has ended. */
  passOn(): void {
    if (!isAlive(this.mutex)) core.wakeOne(self, this.mutex.thing + MUTEX_QUEUE)
  }
}

/** A lock held for the time of one function. */
class Use<T, R> extends PlainWait<R> {
  readonly #lock: Lock<T>
  readonly #f: (value: T) => R
  readonly #method: Method

  constructor(mutex: Mutex<T>, f: (value: T) => R, method: Method) {
    super()
    this.#lock = bare(mutex.lock()) as Lock<T>
    this.#f = f
    this.#method = method
  }
  override poll(): R | Pending {
    const guard = this.#lock.poll()
    return guard === PENDING ? PENDING : callUnder(guard, this.#f, this.#method)
  }
  owners(): readonly Handle[] {
    return this.#lock.owners?.() ?? []
  }
  override ready(): boolean {
    return this.#lock.ready()
  }
  override enter(waiter: number): boolean {
    return this.#lock.enter(waiter)
  }
  override leave(waiter: number): boolean {
    return this.#lock.leave(waiter)
  }
  override woken(): R | Pending {
    this.#lock.passOn()
    return this.poll()
  }
}

/** This thread waits for itself: only another task of the same event loop could release the lock, and it cannot run. */
function refuseSelf(mutex: number): void {
  if (Atomics.load(i32, (mutex + MUTEX_LOCK) >> 2) !== i32[(self + SLOT_ID) >> 2]) return
  throw new DeadlockError(
    'This thread blocks on a Mutex that it holds itself, and would wait for ever. ' +
      'Release the first guard before, or `await` the lock if another task of this thread holds it.',
  )
}

export function heldHere(): DeadlockError {
  return new DeadlockError(
    'A guard of this lock is alive in this thread, so its value is in use. Release the guard before.',
  )
}

/** The lock is held by us and poisoned: it is released, and the error gives it again to whoever asks. */
export function poisoned<T>(mutex: Mutex<T>, thing: number): never {
  core.mutexUnlock(self, thing)
  throw new PoisonError<Guard<T>>(
    'A thread panicked while it held this Mutex, so its value may be half changed. ' +
      'Look at it through `guard` of this error, repair it, and call `clearPoison()`.',
    () => new LockAnyway(mutex).wait(),
  )
}

/** Takes a lock without looking at the poison. */
class LockAnyway<T> extends PlainWait<Guard<T>> {
  readonly #mutex: Mutex<T>

  constructor(mutex: Mutex<T>) {
    super()
    this.#mutex = mutex
  }
  override poll(): Guard<T> | Pending {
    const mutex = thingOf(this.#mutex)
    return core.mutexTry(self, mutex) === 0 ? PENDING : guardOf<T>(this.#mutex, mutex)
  }
  owners(): readonly Handle[] {
    return [this.#mutex]
  }
  override ready(): boolean {
    return (bare(this.#mutex.lock()) as Lock<T>).ready()
  }
  override enter(waiter: number): boolean {
    return (bare(this.#mutex.lock()) as Lock<T>).enter(waiter)
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}

defineLock(MUTEX, 'Mutex', Mutex as { readonly prototype: Handle }, record => new Mutex(undefined, record))
