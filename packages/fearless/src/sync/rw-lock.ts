/**
 * A readers-writer lock around a value of any plain kind. Its words and the protocol are in core/rw-lock.ts.
 *
 * The value lies as in a Mutex. Readers of a block decode it once per version and handle, frozen: what one of them
 * changed nobody else would see.
 */
import { RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import {
  MUTEX_LOCK,
  MUTEX_LOST,
  MUTEX_NUMBER,
  MUTEX_OWNERS,
  MUTEX_POISONED,
  MUTEX_VERSION,
  MUTEX_WEAKS,
} from '../core/mutex.ts'
import { RW_SITE } from '../core/rw-lock.ts'
import { peek } from '../memory/codec/codec.ts'
import { freeze } from '../memory/codec/refuse-unshareable.ts'
import { Handle, dropHandle, newRecord, thingOf } from '../memory/handles/handle.ts'
import { f64, heapFull, i32 } from '../memory/heap.ts'
import { RW_LOCK } from '../memory/handles/kinds.ts'
import { refuseUnshareable } from '../memory/codec/message.ts'
import { INTO_LOCK } from '../memory/codec/moved.ts'
import { siteOfCaller } from '../memory/sites.ts'
import type { AtOnce, Crossing, Read, SendSync, Snapshot, crossing } from '../send.ts'
import { PENDING } from '../wait/attempt.ts'
import type { Wait } from '../wait/wait.ts'
import { defineCounted, leaveNoOthers, refuseShared, startCounts } from './counted.ts'
import { methodOf } from './guard.ts'
import { heldHere } from './mutex.ts'
import type { ReadGuard, UpgradableGuard, WriteGuard } from './rw-guard.ts'
import { ReadLock, UpgradableLock, WriteLock, WriteUse } from './rw-wait.ts'
import { blockOf, dropValue, isNumber, lendStruct, measureLock, readValue, writeValue } from './value.ts'

/**
 * A lock around a value that many may read at a time, or one may change.
 *
 * ```ts
 * const config = new Arc(new RwLock({ retries: 3 }))
 * await thread.spawn(move(() => config.read().wait().value.retries)).join() // => 3
 * { using c = await config.write(); c.value.retries = 5 }
 * await config.with(c => c.retries) // => 5
 * ```
 *
 * What a writer did before it released the lock is visible to whoever locks it next. Writers go first: while one waits,
 * no new reader is let in, so reading again in a thread that reads already may throw `DeadlockError`. A writer that
 * panics, or whose worker dies, poisons the lock; a reader's share is simply given back.
 */
export class RwLock<T> extends Handle {
  declare readonly [crossing]: Crossing<'RwLock', 'if Send', 'if Send and Sync', T>
  readonly #reading: Wait<ReadGuard<T>> = new ReadLock<T>(this, false)
  readonly #writing: Wait<WriteGuard<T>> = new WriteLock<T>(this, false)
  #seen: unknown
  /** The version that was seen; 0 for none. */
  #version = 0

  /** A free lock around `value`, which is given away to it. */
  constructor(value: SendSync<T>)
  /** @internal */
  constructor(value: unknown, record?: number)
  constructor(value: unknown, record = newRwLock(value)) {
    super(record)
  }

  /**
   * Waits until nobody writes, nor waits to write, and reads beside other readers.
   *
   * Throws `PoisonError` if a writer panicked, `DeadlockError` if this thread would block on itself.
   */
  read(): Wait<ReadGuard<T>> {
    return this.#reading
  }

  /**
   * Waits until nobody else reads or writes, and locks the value for writing.
   *
   * Throws `PoisonError` if a writer panicked, `DeadlockError` if this thread would block on itself.
   */
  write(): Wait<WriteGuard<T>> {
    return this.#writing
  }

  /**
   * Reads beside other readers, as the only one who may become the writer: `upgrade()` of the guard.
   *
   * ```ts
   * const cache = new RwLock(new Map<string, number>())
   * using seen = await cache.upgradableRead()
   * if (!seen.value.has('a')) {
   *   using c = await seen.upgrade() // nobody has written in between
   *   c.value.set('a', 1)
   * }
   * ```
   *
   * Waits for writers as `read` does, and for another upgradable reader. Throws what `read` throws.
   */
  upgradableRead(): Wait<UpgradableGuard<T>> {
    return new UpgradableLock<T>(this, false)
  }

  /**
   * Replaces the value by what `f` makes of it, as the writer; gives the new value, frozen. A throwing `f` poisons the lock.
   *
   * Throws what `write` throws, and `BorrowError` if `f` is async: the lock is released when it returns.
   */
  update(f: (value: T) => SendSync<T>): Wait<Snapshot<T>> {
    return new WriteUse<T, Snapshot<T>>(this, f as unknown as (value: T) => Snapshot<T>, 'update')
  }

  /**
   * Calls `f` with the value, as the writer, and writes back what it changed in it; gives what `f` returns. What that has of
   * the value is frozen. A throwing `f` poisons the lock.
   *
   * Throws what `write` throws, and `BorrowError` if `f` is async: the lock is released when it returns.
   */
  with<R>(f: (value: T) => AtOnce<R>): Wait<R>
  /** @internal */
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R>
  with<R>(f: (value: T) => AtOnce<R>, known?: unknown): Wait<R> {
    return new WriteUse<T, R>(this, f as (value: T) => R, methodOf(known))
  }

  /**
   * The right to change the value, without waiting: for the only owner.
   *
   * Throws `SharedError` if there are others, `PoisonError`, and `DeadlockError` if a guard of this thread is alive.
   */
  getMut(): WriteGuard<T> {
    refuseShared('RwLock', thingOf(this), MUTEX_OWNERS)
    const guard = (this.#writing as WriteLock<T>).poll()
    if (guard === PENDING) throw heldHere()
    return guard
  }

  /** The value, and the end of the RwLock: for the only owner. Throws what `getMut` throws; nothing has changed then. */
  intoInner(): T {
    const guard = this.getMut()
    const lock = thingOf(this)
    let value: T
    try {
      // A weak owner may have become one meanwhile; it waits for our guard.
      leaveNoOthers('RwLock', lock, MUTEX_OWNERS)
      value = readValue(lock) as T
    } catch (error) {
      guard[Symbol.dispose]()
      throw error
    }
    guard[Symbol.dispose]()
    dropHandle(this)
    return value
  }

  /** Whether a reader or a writer holds the lock: a snapshot, useful for looking, never for deciding. */
  get isLocked(): boolean {
    return core.rwInUse(thingOf(this)) !== 0
  }

  /** Whether a writer holds the lock: a snapshot as well. */
  get isLockedExclusive(): boolean {
    return Atomics.load(i32, (thingOf(this) + MUTEX_LOCK) >> 2) > 0
  }

  /** Whether a writer panicked, and nobody has cleared it since. */
  get isPoisoned(): boolean {
    return i32[(thingOf(this) + MUTEX_POISONED) >> 2] !== 0
  }

  /** Declares the value sound again. */
  clearPoison(): void {
    Atomics.store(i32, (thingOf(this) + MUTEX_POISONED) >> 2, 0)
  }

  /** @internal The value as a reader sees it; a struct is lent. The caller has a share of the lock. */
  peek(lock: number): Read<T> {
    if (isNumber(lock)) return f64[(lock + MUTEX_NUMBER) >> 3] as Read<T>
    const struct = lendStruct(lock)
    if (struct !== undefined) return struct as Read<T>
    const version = i32[(lock + MUTEX_VERSION) >> 2]
    if (version !== this.#version) {
      // A reader that decodes nothing again: rw-lock.bench.ts.
      this.#seen = freeze(
        peek(blockOf(lock).at),
        'several threads may read it at a time. Take the lock by `write()` to change it.',
      )
      this.#version = version
    }
    return this.#seen as Read<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function newRwLock(value: unknown): number {
  const lock = core.takeThing(self, RW_LOCKS)
  if (lock === 0) throw heapFull(128)
  const lost = i32[(lock + MUTEX_LOST) >> 2]
  i32.fill(0, lock >> 2, (lock + 128) >> 2)
  i32[(lock + MUTEX_LOST) >> 2] = lost
  startCounts(lock, MUTEX_OWNERS, MUTEX_WEAKS)
  i32[(lock + RW_SITE) >> 2] = siteOfCaller()
  let record = 0
  try {
    record = newRecord(RW_LOCK, lock, false)
    // The last step, because it gives the value away.
    writeValue(lock, value, refuseUnshareable, INTO_LOCK)
    return record
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    core.release(self, lock)
    throw error
  }
}

defineCounted(RW_LOCK, RwLock as { readonly prototype: Handle }, {
  name: 'RwLock',
  owners: MUTEX_OWNERS,
  weaks: MUTEX_WEAKS,
  end: lock => {
    // A guard that outlives its lock still writes to the lock's words: they are never used again.
    if (core.rwInUse(lock) !== 0) return false
    dropValue(lock)
    core.freeSeats(self, lock)
    return true
  },
  endsUnseen: lock => core.rwInUse(lock) === 0,
  measure: measureLock,
  revive: record => new RwLock(undefined, record),
})
