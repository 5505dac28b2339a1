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
import {
  LOCKED_POISONED,
  MUTEX_LOCK,
  MUTEX_LOST,
  MUTEX_NUMBER,
  MUTEX_OWNERS,
  MUTEX_POISONED,
  MUTEX_VERSION,
  MUTEX_WEAKS,
} from '../core/mutex.ts'
import {
  HOLDS_READ,
  HOLDS_WRITE,
  READ_NO_ROOM,
  READ_PENDING,
  RW_READERS,
  RW_SITE,
  RW_WRITERS,
} from '../core/rw-lock.ts'
import { platform } from '#platform'
import { Handle, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { heapFullError, i32 } from '../memory/heap.ts'
import { RW_LOCK } from '../memory/handles/kinds.ts'
import { refuseUnshareable } from '../memory/codec/message.ts'
import { INTO_LOCK } from '../memory/codec/moved.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import type { AtOnce, Crossing, Read, SendSync, Snapshot, crossing } from '../send.ts'

import { PENDING, type Pending } from '../wait/operation.ts'
import { unwrapReported } from '../wait/unwaited.ts'
import type { Wait } from '../wait/wait.ts'
import { defineCounted, initCounts } from './owner-count.ts'
import { callUnderGuard, lockMethodOf, type LockMethod } from './guard.ts'
import { readGuardOf, UpgradableGuard, WriteGuard, type ReadGuard } from './rw-guard.ts'
import { RwWait, WriterWait, rwDeadlockError, writerWaits } from './rw-wait.ts'
import { newSharedReader, readShared, type SharedReader } from './shared-reader.ts'
import { hasPoison, lockAsSoleOwner, removePoison, takeValueOut } from './sole-owner.ts'
import { dropLockValue, holdsNumber, lendStruct, measureLock, valueAddressOf, writeLockValue } from './lock-value.ts'

const { mayBlock } = platform

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
    this.#reader ??= newSharedReader()
    return readShared(
      this.#reader,
      valueAddressOf(lock),
      get(lock + MUTEX_VERSION),
      'several threads may read it at a time. Take the lock by `write()` to change it.',
    ) as Read<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class ReadWait<T> extends RwWait<T, ReadGuard<T>> {
  readonly queueAt = RW_READERS

  /** Acquires a free lock without starting a wait, as in `Mutex`. */
  override wait(ms?: number | Date): ReadGuard<T> {
    if (mayBlock) {
      const guard = this.tryComplete()
      if (guard !== PENDING) return guard
    }
    return super.wait(ms)
  }
  override tryComplete(): ReadGuard<T> | Pending {
    const lock = liveObjectOf(this.lock)
    const seat = core.readTry(self, lock)
    if (seat === READ_PENDING) return PENDING
    if (seat === READ_NO_ROOM) throw heapFullError(64)
    if (get(lock + MUTEX_POISONED) !== 0) this.check(lock, () => core.readUnlock(self, lock, seat))
    return readGuardOf<T>(this.lock, lock, seat)
  }
  override isReady(): boolean {
    return core.mayRead(liveObjectOf(this.lock)) !== 0
  }
  override refuseSelf(lock: number): void {
    const held = core.rwHeld(self, lock)
    if ((held & HOLDS_WRITE) !== 0 || (held !== 0 && writerWaits(lock))) throw rwDeadlockError()
  }
  override ignorePoison(): Wait<ReadGuard<T>> {
    return new ReadWait<T>(this.lock, true)
  }
}

class UpgradableWait<T> extends RwWait<T, UpgradableGuard<T>> {
  readonly queueAt = RW_READERS

  override tryComplete(): UpgradableGuard<T> | Pending {
    const lock = liveObjectOf(this.lock)
    if (core.upgradableTry(self, lock) === 0) return PENDING
    this.check(lock, () => core.upgradableUnlock(self, lock))
    return new UpgradableGuard<T>(this.lock, lock)
  }
  override isReady(): boolean {
    return core.mayReadUpgradable(liveObjectOf(this.lock)) !== 0
  }
  override refuseSelf(lock: number): void {
    const held = core.rwHeld(self, lock)
    if ((held & ~HOLDS_READ) !== 0 || (held !== 0 && writerWaits(lock))) throw rwDeadlockError()
  }
  override ignorePoison(): Wait<UpgradableGuard<T>> {
    return new UpgradableWait<T>(this.lock, true)
  }
}

class WriteWait<T> extends WriterWait<T, WriteGuard<T>> {
  readonly queueAt = RW_WRITERS

  override wait(ms?: number | Date): WriteGuard<T> {
    if (mayBlock) {
      const guard = this.tryComplete()
      if (guard !== PENDING) return guard
    }
    return super.wait(ms)
  }
  override tryComplete(): WriteGuard<T> | Pending {
    const lock = liveObjectOf(this.lock)
    const locked = core.writeTry(self, lock)
    if (locked === 0) return PENDING
    if (locked === LOCKED_POISONED) this.check(lock, () => core.writeUnlock(self, lock))
    return new WriteGuard<T>(this.lock, lock)
  }
  override isReady(): boolean {
    return core.mayWrite(liveObjectOf(this.lock)) !== 0
  }
  override refuseSelf(lock: number): void {
    if (core.rwHeld(self, lock) !== 0) throw rwDeadlockError()
  }
  override ignorePoison(): Wait<WriteGuard<T>> {
    return new WriteWait<T>(this.lock, true)
  }
}

/** The wait of `update` and `with`: acquires the lock for writing, calls the function, and releases the lock. */
class WriteCallWait<T, R> extends WriterWait<T, R> {
  readonly queueAt = RW_WRITERS
  readonly #write: WriteWait<T>
  readonly #f: (value: T) => R
  readonly #method: LockMethod

  constructor(lock: RwLock<T>, f: (value: T) => R, method: LockMethod) {
    super(lock, false)
    this.#write = unwrapReported(lock.write()) as WriteWait<T>
    this.#f = f
    this.#method = method
  }
  override tryComplete(): R | Pending {
    const guard = this.#write.tryComplete()
    return guard === PENDING ? PENDING : callUnderGuard(guard, this.#f, this.#method)
  }
  /** The result is the function's, not a guard, so there is nothing to watch. */
  override transferred(): void {}
  override isReady(): boolean {
    return this.#write.isReady()
  }
  override refuseSelf(lock: number): void {
    this.#write.refuseSelf(lock)
  }
  override ignorePoison(): Wait<R> {
    return this
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
