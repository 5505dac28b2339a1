/**
 * A readers-writer lock around a value of any sendable type, writer-preferring, after std's futex `RwLock`.
 * core/rw-lock.ts defines its words and protocol.
 *
 * - The value is stored as in a Mutex: a number in the lock, any other value as an encoded block.
 * - A handle decodes the block once per version. Readers get the result frozen, because a change would be visible to
 *   no other thread.
 *
 * A writer that panics or dies poisons the lock. The seat of a dead reader is freed without further effect.
 */
import { RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { get, getFloat, load, set } from '../core/memory.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_NUMBER, MUTEX_OWNERS, MUTEX_VERSION, MUTEX_WEAKS } from '../core/mutex.ts'
import { RW_SITE } from '../core/rw-lock.ts'
import { Handle, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { heapFullError, i32 } from '../memory/heap.ts'
import { RW_LOCK } from '../memory/handles/kinds.ts'
import { refuseUnshareable } from '../memory/codec/message.ts'
import { INTO_LOCK } from '../memory/codec/moved.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import type { AtOnce, Crossing, Read, SendSync, Snapshot, crossing } from '../send.ts'

import type { Wait } from '../wait/wait.ts'
import { defineCounted, initCounts } from './owner-count.ts'
import { lockMethodOf } from './guard.ts'
import type { ReadGuard, UpgradableGuard, WriteGuard } from './rw-guard.ts'
import { ReadWait, UpgradableWait, WriteWait, WriteCallWait } from './rw-wait.ts'
import { SharedReader } from './shared-reader.ts'
import { hasPoison, lockAsSoleOwner, removePoison, takeValueOut } from './sole-owner.ts'
import { dropLockValue, holdsNumber, lendStruct, measureLock, valueAddressOf, writeLockValue } from './lock-value.ts'

/**
 * A lock around a value that several readers or one writer may use at a time.
 *
 * ```ts
 * const config = new Arc(new RwLock({ retries: 3 }))
 * await thread.spawn(move(() => config.read().wait().value.retries)).join() // => 3
 * { using c = await config.write(); c.value.retries = 5 }
 * await config.with(c => c.retries) // => 5
 * ```
 *
 * The accesses of a writer happen before those of the next holder. Writers have priority: while a writer waits, new
 * readers wait, too. So a thread that reads and reads again may get a `DeadlockError`. A writer that panics, or whose
 * worker dies, poisons the lock; a reader that panics or dies only releases its read lock.
 */
export class RwLock<T> extends Handle {
  declare readonly [crossing]: Crossing<'RwLock', 'if Send', 'if Send and Sync', T>
  readonly #reading: Wait<ReadGuard<T>> = new ReadWait<T>(this, false)
  readonly #writing: Wait<WriteGuard<T>> = new WriteWait<T>(this, false)
  #reader: SharedReader | undefined

  /** Creates an unlocked RwLock and moves `value` into it. */
  constructor(value: SendSync<T>)
  /** @internal */
  constructor(value: unknown, record?: number)
  constructor(value: unknown, record = newRwLock(value)) {
    super(record)
  }

  /**
   * Waits until no writer holds the lock or waits for it, and acquires it for reading beside other readers.
   *
   * Throws `PoisonError` if a writer panicked, and `DeadlockError` if this thread would block on itself.
   */
  read(): Wait<ReadGuard<T>> {
    return this.#reading
  }

  /**
   * Waits until no other holder reads or writes, and acquires the lock for writing.
   *
   * Throws `PoisonError` if a writer panicked, and `DeadlockError` if this thread would block on itself.
   */
  write(): Wait<WriteGuard<T>> {
    return this.#writing
  }

  /**
   * Acquires the lock for reading, as the one reader that may become the writer with `upgrade()` of the guard.
   *
   * ```ts
   * const cache = new RwLock(new Map<string, number>())
   * using seen = await cache.upgradableRead()
   * if (!seen.value.has('a')) {
   *   using c = await seen.upgrade() // no writer ran in between
   *   c.value.set('a', 1)
   * }
   * ```
   *
   * Waits for writers as `read` does, and for another upgradable reader. Throws the errors of `read`.
   */
  upgradableRead(): Wait<UpgradableGuard<T>> {
    return new UpgradableWait<T>(this, false)
  }

  /**
   * Replaces the value with the result of `f` as the writer. Returns the new value, frozen. If `f` throws, the lock is
   * poisoned.
   *
   * Throws the errors of `write`, and `BorrowError` if `f` is async, because the lock is released when `f` returns.
   */
  update(f: (value: T) => SendSync<T>): Wait<Snapshot<T>> {
    return new WriteCallWait<T, Snapshot<T>>(this, f as unknown as (value: T) => Snapshot<T>, 'update')
  }

  /**
   * Calls `f` with the value as the writer and writes its changes back. Returns the result of `f`; parts of the value
   * in it are frozen. If `f` throws, the lock is poisoned.
   *
   * Throws the errors of `write`, and `BorrowError` if `f` is async, because the lock is released when `f` returns.
   */
  with<R>(f: (value: T) => AtOnce<R>): Wait<R>
  /** @internal */
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R>
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R> {
    return new WriteCallWait<T, R>(this, f as (value: T) => R, lockMethodOf(known))
  }

  /**
   * Acquires the lock for writing without waiting. Only the sole owner may call it.
   *
   * Throws `SharedError` if there are other owners, `PoisonError` if a writer panicked, and `DeadlockError` if a guard
   * of this thread is alive.
   */
  getMut(): WriteGuard<T> {
    return lockAsSoleOwner(this, 'RwLock', this.#writing as WriteWait<T>)
  }

  /**
   * Returns the value and drops the RwLock. Only the sole owner may call it. Throws the errors of `getMut`; the RwLock
   * is then unchanged.
   */
  intoInner(): T {
    return takeValueOut(this, 'RwLock', this.getMut()) as T
  }

  /**
   * Whether a reader or a writer holds the lock. The answer is a snapshot: use it for display, never for a decision.
   */
  get isLocked(): boolean {
    return core.rwInUse(liveObjectOf(this)) !== 0
  }

  /** Whether a writer holds the lock, as a snapshot. */
  get isLockedExclusive(): boolean {
    return load(liveObjectOf(this) + MUTEX_LOCK) > 0
  }

  /** Whether a writer panicked and `clearPoison` has not been called since. */
  get isPoisoned(): boolean {
    return hasPoison(this)
  }

  /** Removes the poison mark. Call it after the value has been repaired. */
  clearPoison(): void {
    removePoison(this)
  }

  /** @internal Returns the value for a reader; a struct is lent in place. The caller must hold a read lock. */
  peek(lock: number): Read<T> {
    if (holdsNumber(lock)) return getFloat(lock + MUTEX_NUMBER) as Read<T>
    const struct = lendStruct(lock)
    if (struct !== undefined) return struct as Read<T>
    // It saves repeated readers the decoding (rw-lock.bench.ts).
    this.#reader ??= new SharedReader()
    return this.#reader.read(
      valueAddressOf(lock),
      get(lock + MUTEX_VERSION),
      'several threads may read it at a time. Take the lock by `write()` to change it.',
    ) as Read<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function newRwLock(value: unknown): number {
  const lock = core.allocateOfClass(self, RW_LOCKS)
  if (lock === 0) throw heapFullError(128)
  const lost = get(lock + MUTEX_LOST)
  i32.fill(0, lock >> 2, (lock + 128) >> 2)
  set(lock + MUTEX_LOST, lost)
  initCounts(lock, MUTEX_OWNERS, MUTEX_WEAKS)
  set(lock + RW_SITE, siteOfCaller())
  let record = 0
  try {
    record = newRecord(RW_LOCK, lock, false)
    // Last, because it moves the value.
    writeLockValue(lock, value, refuseUnshareable, INTO_LOCK)
    return record
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    core.free(self, lock)
    throw error
  }
}

defineCounted(RW_LOCK, RwLock as { readonly prototype: Handle }, {
  name: 'RwLock',
  owners: MUTEX_OWNERS,
  weaks: MUTEX_WEAKS,
  dropContents: lock => {
    // A guard may outlive its lock and still writes to the words of the lock. So the memory of a held lock is never
    // reused.
    if (core.rwInUse(lock) !== 0) return false
    dropLockValue(lock)
    core.freeSeats(self, lock)
    return true
  },
  isDropUnobservable: lock => core.rwInUse(lock) === 0,
  measure: measureLock,
  revive: record => new RwLock(undefined, record),
})
