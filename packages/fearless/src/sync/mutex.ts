/**
 * A mutex around a value of any sendable type, after std's futex `Mutex`. core/mutex.ts defines the lock word and its
 * protocol.
 *
 * - The holder owns the words of the value.
 * - A number is stored in the lock itself. Any other value is an encoded block.
 * - A guard decodes the block at its first access and writes the value back when it is released.
 *
 * A holder that panics, or whose worker dies, leaves the mutex unlocked and poisoned.
 */
import { core, self } from '../core/index.ts'
import { SLOT_ID } from '../core/layout.ts'
import { get, load } from '../core/memory.ts'
import { LOCKED, LOCKED_POISONED, LOCK_MUTEX, MUTEX_LOCK, MUTEX_QUEUE } from '../core/mutex.ts'
import { WAITER_YIELDS } from '../core/wait-queue.ts'
import { platform } from '#platform'
import { DeadlockError, PoisonError } from '../errors.ts'
import { Handle, dropHandle, isAlive, liveObjectOf } from '../memory/handles/handle.ts'

import { MUTEX } from '../memory/handles/kinds.ts'
import { INTO_LOCK } from '../memory/codec/moved.ts'
import type { AtOnce, Crossing, Send, Snapshot, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { unwrapReported } from '../wait/unwaited.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import { StatelessWait, type Wait } from '../wait/wait.ts'
import { callUnderGuard, guardOf, lockMethodOf, watchMutexGuard, type Guard, type LockMethod } from './guard.ts'
import { defineLock, newLock } from './lock-memory.ts'
import { hasPoison, lockAsSoleOwner, removePoison, takeValueOut } from './sole-owner.ts'
import { writeLockValue } from './lock-value.ts'

const { mayBlock } = platform

/**
 * A mutual exclusion lock around a value: one thread or task at a time may use the value.
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
 * The accesses of one holder happen before those of the next holder. A holder that panics, or whose worker dies,
 * poisons the lock. The lock is not reentrant: blocking on a lock that this thread holds throws `DeadlockError`.
 */
export class Mutex<T> extends Handle {
  declare readonly [crossing]: Crossing<'Mutex', 'if Send', 'if Send', T>
  /** Created at the first call of `lock`, because most clones are never locked. */
  #lock: Lock<T> | undefined

  /** Creates an unlocked Mutex and moves `value` into it. */
  constructor(value: Send<T>)
  /** @internal */
  constructor(value: unknown, record?: number)
  constructor(
    value: unknown,
    record = newLock(MUTEX, LOCK_MUTEX, false, lock => writeLockValue(lock, value, undefined, INTO_LOCK)),
  ) {
    super(record)
  }

  /**
   * Waits until the lock is free and acquires it. Release the guard with `using` or `drop`.
   *
   * Throws `PoisonError` if a holder panicked, and `DeadlockError` if this thread would block on itself.
   */
  lock(): Wait<Guard<T>> {
    return (this.#lock ??= new Lock(this))
  }

  /**
   * Replaces the value with the result of `f` under the lock. Returns the new value, frozen. If `f` throws, the lock
   * is poisoned.
   *
   * Throws the errors of `lock`, and `BorrowError` if `f` is async, because the lock is released when `f` returns.
   */
  update(f: (value: T) => Send<T>): Wait<Snapshot<T>> {
    return new Use<T, Snapshot<T>>(this, f as unknown as (value: T) => Snapshot<T>, 'update')
  }

  /**
   * Calls `f` with the value under the lock and writes its changes back. Returns the result of `f`; parts of the value
   * in it are frozen. If `f` throws, the lock is poisoned.
   *
   * Throws the errors of `lock`, and `BorrowError` if `f` is async, because the lock is released when `f` returns.
   */
  with<R>(f: (value: T) => AtOnce<R>): Wait<R>
  /** @internal */
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R>
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R> {
    return new Use<T, R>(this, f as (value: T) => R, lockMethodOf(known))
  }

  /**
   * Acquires the lock without waiting. Only the sole owner may call it.
   *
   * Throws `SharedError` if there are other owners, `PoisonError` if a holder panicked, and `DeadlockError` if a guard
   * of this thread is alive.
   */
  getMut(): Guard<T> {
    return lockAsSoleOwner(this, 'Mutex', unwrapReported(this.lock()) as Lock<T>)
  }

  /**
   * Returns the value and drops the Mutex. Only the sole owner may call it.
   *
   * ```ts
   * const m = new Mutex(['a'])
   * m.with(list => list.push('b')).wait()
   * m.intoInner() // => ['a', 'b']
   * ```
   *
   * Throws the errors of `getMut`; the Mutex is then unchanged. After success, `upgrade` of a `Weak` returns
   * `undefined`.
   */
  intoInner(): T {
    return takeValueOut(this, 'Mutex', this.getMut()) as T
  }

  /** Whether a thread or task holds the lock. The answer is a snapshot: use it for display, never for a decision. */
  get isLocked(): boolean {
    return load(liveObjectOf(this) + MUTEX_LOCK) !== 0
  }

  /** Whether a holder panicked and `clearPoison` has not been called since. */
  get isPoisoned(): boolean {
    return hasPoison(this)
  }

  /** Removes the poison mark. Call it after the value has been repaired. */
  clearPoison(): void {
    removePoison(this)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** The wait of `Mutex.lock`. */
class Lock<T> extends QueueWait<Guard<T>> {
  declare readonly mutex: Mutex<T>

  constructor(mutex: Mutex<T>) {
    super()
    this.mutex = mutex
  }
  override wait(ms?: number | Date): Guard<T> {
    const mutex = liveObjectOf(this.mutex)
    const locked = mayBlock ? core.mutexTry(self, mutex) : 0
    if (locked !== LOCKED) this.waitLong(locked, mutex, ms)
    return guardOf<T>(this.mutex, mutex)
  }
  waitLong(locked: number, mutex: number, ms: number | Date | undefined): void {
    if (locked === LOCKED_POISONED) throwPoisoned(this.mutex, mutex)
    super.wait(ms).detachLock()
  }
  override tryComplete(): Guard<T> | Pending {
    const mutex = liveObjectOf(this.mutex)
    const locked = core.mutexTry(self, mutex)
    if (locked === LOCKED) return guardOf<T>(this.mutex, mutex)
    if (locked === LOCKED_POISONED) throwPoisoned(this.mutex, mutex)
    return PENDING
  }
  owners(): readonly Handle[] {
    return [this.mutex]
  }
  override isReady(): boolean {
    return load(liveObjectOf(this.mutex) + MUTEX_LOCK) === 0
  }
  transferred(guard: Guard<T>): void {
    watchMutexGuard(guard)
  }
  spin(): void {
    core.spinForMutex(self, liveObjectOf(this.mutex))
  }
  override queue(): number {
    return liveObjectOf(this.mutex) + MUTEX_QUEUE
  }
  override register(waiter: number): boolean {
    if (get(waiter + WAITER_YIELDS) === 0) refuseSelf(liveObjectOf(this.mutex))
    return super.register(waiter)
  }
  override accept(): Guard<T> | Pending {
    this.passOn()
    return this.tryComplete()
  }

  /**
   * Passes the wake-up to the next waiter if our handle was dropped after we were notified. The mutex stays allocated
   * until this wait has ended.
   */
  passOn(): void {
    if (!isAlive(this.mutex)) core.wakeOne(self, this.mutex.thing + MUTEX_QUEUE)
  }
}

/** The wait of `update` and `with`: acquires the lock, calls the function, and releases the lock. */
class Use<T, R> extends StatelessWait<R> {
  readonly #lock: Lock<T>
  readonly #f: (value: T) => R
  readonly #method: LockMethod

  constructor(mutex: Mutex<T>, f: (value: T) => R, method: LockMethod) {
    super()
    this.#lock = unwrapReported(mutex.lock()) as Lock<T>
    this.#f = f
    this.#method = method
  }
  override tryComplete(): R | Pending {
    const guard = this.#lock.tryComplete()
    return guard === PENDING ? PENDING : callUnderGuard(guard, this.#f, this.#method)
  }
  owners(): readonly Handle[] {
    return this.#lock.owners?.() ?? []
  }
  override isReady(): boolean {
    return this.#lock.isReady()
  }
  override register(waiter: number): boolean {
    return this.#lock.register(waiter)
  }
  override unregister(waiter: number): boolean {
    return this.#lock.unregister(waiter)
  }
  override accept(): R | Pending {
    this.#lock.passOn()
    return this.tryComplete()
  }
}

/**
 * Throws `DeadlockError` if this thread holds the mutex. Only another task of the same event loop could release the
 * lock, and no task runs while the thread blocks.
 */
function refuseSelf(mutex: number): void {
  if (load(mutex + MUTEX_LOCK) !== get(self + SLOT_ID)) return
  throw new DeadlockError(
    'This thread blocks on a Mutex that it holds itself, and would wait for ever. ' +
      'Release the first guard before, or `await` the lock if another task of this thread holds it.',
  )
}

/**
 * Releases a poisoned lock that this thread has just acquired, and throws `PoisonError`. Its `guard` acquires the lock
 * again, despite the poison.
 */
export function throwPoisoned<T>(mutex: Mutex<T>, thing: number): never {
  core.mutexUnlock(self, thing)
  throw new PoisonError<Guard<T>>(
    'A thread panicked while it held this Mutex, so its value may be half changed. ' +
      'Read it through `guard` of this error, repair it, and call `clearPoison()`.',
    () => new LockDespitePoison(mutex).wait(),
  )
}

/** The wait of `PoisonError.guard`: acquires the lock and ignores the poison mark. */
class LockDespitePoison<T> extends StatelessWait<Guard<T>> {
  readonly #mutex: Mutex<T>

  constructor(mutex: Mutex<T>) {
    super()
    this.#mutex = mutex
  }
  override tryComplete(): Guard<T> | Pending {
    const mutex = liveObjectOf(this.#mutex)
    return core.mutexTry(self, mutex) === 0 ? PENDING : guardOf<T>(this.#mutex, mutex)
  }
  owners(): readonly Handle[] {
    return [this.#mutex]
  }
  override isReady(): boolean {
    return (unwrapReported(this.#mutex.lock()) as Lock<T>).isReady()
  }
  override register(waiter: number): boolean {
    return (unwrapReported(this.#mutex.lock()) as Lock<T>).register(waiter)
  }
  override unregister(waiter: number): boolean {
    return (unwrapReported(this.#mutex.lock()) as Lock<T>).unregister(waiter)
  }
}

defineLock(MUTEX, 'Mutex', Mutex as { readonly prototype: Handle }, record => new Mutex(undefined, record))
