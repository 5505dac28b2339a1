/**
 * A readers-writer lock around a value of any plain kind. Its words and the protocol are in core/rw-lock.ts.
 *
 * The value lies as in a Mutex. Readers of a block decode it once per version and handle, frozen: what one of them
 * changed nobody else would see.
 */
import { RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import {
  LOCKED_POISONED,
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
  RW_UPGRADE,
  RW_WRITERS,
} from '../core/rw-lock.ts'
import { WAITER_YIELDS } from '../core/wait-queue.ts'
import { platform } from '#platform'
import { DeadlockError, PoisonError } from '../errors.ts'
import { peek } from '../memory/codec.ts'
import { Handle, dropHandle, isAlive, newRecord, thingOf } from '../memory/handle.ts'
import { f64, heapFull, i32 } from '../memory/heap.ts'
import { RW_LOCK } from '../memory/kinds.ts'
import type { Crossing, Read, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { defineCounted, startCounts } from './counted.ts'
import { freeze, refuseUnshareable } from './frozen.ts'
import { releasePoisoned } from './guard.ts'
import { ReadGuard, UpgradableGuard, WriteGuard } from './rw-guard.ts'
import { blockOf, dropValue, isNumber, writeValue } from './value.ts'

const { mayBlock } = platform

/**
 * A lock around a value that many may read at a time, or one may change.
 *
 * ```ts
 * const config = new Arc(new RwLock({ retries: 3 }))
 * await thread.spawn(move(() => config.read().wait().value.retries)).join() // => 3
 * { using c = await config.write(); c.value.retries = 5 }
 * { using c = await config.read(); c.value.retries } // => 5
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
  constructor(value: Send<T>)
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

  /** Replaces the value by what `f` makes of it, as the writer; gives the new value. A throwing `f` poisons the lock. */
  update(f: (value: T) => Send<T>): Wait<T> {
    return new WriteUse(this, guard => (guard.value = f(guard.value) as T))
  }

  /** Calls `f` with the value, as the writer, and writes back what it changed in it. A throwing `f` poisons the lock. */
  with<R>(f: (value: T) => R): Wait<R> {
    return new WriteUse(this, guard => f(guard.value))
  }

  /** Whether a writer panicked, and nobody has cleared it since. */
  get isPoisoned(): boolean {
    return i32[(thingOf(this) + MUTEX_POISONED) >> 2] !== 0
  }

  /** Declares the value sound again. */
  clearPoison(): void {
    Atomics.store(i32, (thingOf(this) + MUTEX_POISONED) >> 2, 0)
  }

  /** @internal The value as a reader sees it. The caller has a share of the lock. */
  peek(lock: number): Read<T> {
    if (isNumber(lock)) return f64[(lock + MUTEX_NUMBER) >> 3] as Read<T>
    const version = i32[(lock + MUTEX_VERSION) >> 2]
    if (version !== this.#version) {
      // A reader that decodes nothing again: rw-lock.bench.ts.
      this.#seen = freeze(peek(blockOf(lock).at))
      this.#version = version
    }
    return this.#seen as Read<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** What the waits for a lock have in common; `anyway`: they do not mind the poison. */
abstract class RwWait<T, G> extends PlainWait<G> {
  readonly lock: RwLock<T>
  readonly anyway: boolean

  constructor(lock: RwLock<T>, anyway: boolean) {
    super()
    this.lock = lock
    this.anyway = anyway
  }
  owners(): readonly Handle[] {
    return [this.lock]
  }
  /** Which line it stands in. */
  abstract readonly queue: number
  /** Throws if this thread would wait for itself. */
  abstract refuseSelf(lock: number): void
  override enter(waiter: number): boolean {
    const lock = thingOf(this.lock)
    if (i32[(waiter + WAITER_YIELDS) >> 2] === 0) this.refuseSelf(lock)
    core.enterQueue(self, lock + this.queue, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  protected check(lock: number, release: () => void): void {
    if (this.anyway || i32[(lock + MUTEX_POISONED) >> 2] === 0) return
    release()
    throw new PoisonError<G>(
      'A thread panicked while it wrote under this RwLock, so its value may be half changed. ' +
        'Look at it through `guard` of this error, repair it, and call `clearPoison()`.',
      () => this.despite().wait(),
    )
  }
  abstract despite(): Wait<G>
}

class ReadLock<T> extends RwWait<T, ReadGuard<T>> {
  readonly queue = RW_READERS

  /** As in `Mutex`: a lock that is open, without the machinery of waiting. */
  override wait(ms?: number): ReadGuard<T> {
    if (mayBlock) {
      const guard = this.poll()
      if (guard !== PENDING) return guard
    }
    return super.wait(ms)
  }
  override poll(): ReadGuard<T> | Pending {
    const lock = thingOf(this.lock)
    const seat = core.readTry(self, lock)
    if (seat === READ_PENDING) return PENDING
    if (seat === READ_NO_ROOM) throw heapFull(64)
    if (i32[(lock + MUTEX_POISONED) >> 2] !== 0) this.check(lock, () => core.readEnd(self, lock, seat))
    return new ReadGuard<T>(this.lock, lock, seat)
  }
  override ready(): boolean {
    return core.mayRead(thingOf(this.lock)) !== 0
  }
  override refuseSelf(lock: number): void {
    const held = core.rwHeld(self, lock)
    if ((held & HOLDS_WRITE) !== 0 || (held !== 0 && writerWaits(lock))) throw deadlock()
  }
  override despite(): Wait<ReadGuard<T>> {
    return new ReadLock<T>(this.lock, true)
  }
}

class UpgradableLock<T> extends RwWait<T, UpgradableGuard<T>> {
  readonly queue = RW_READERS

  override poll(): UpgradableGuard<T> | Pending {
    const lock = thingOf(this.lock)
    if (core.upgradableTry(self, lock) === 0) return PENDING
    this.check(lock, () => core.upgradableEnd(self, lock))
    return new UpgradableGuard<T>(this.lock, lock)
  }
  override ready(): boolean {
    return core.mayReadUpgradable(thingOf(this.lock)) !== 0
  }
  override refuseSelf(lock: number): void {
    const held = core.rwHeld(self, lock)
    if ((held & ~HOLDS_READ) !== 0 || (held !== 0 && writerWaits(lock))) throw deadlock()
  }
  override despite(): Wait<UpgradableGuard<T>> {
    return new UpgradableLock<T>(this.lock, true)
  }
}

/** A wait that keeps new readers out: when it is over without a lock, or was passed over, these have to look again. */
abstract class WriterWait<T, G> extends RwWait<T, G> {
  override leave(waiter: number): boolean {
    const left = super.leave(waiter)
    this.letIn()
    return left
  }
  override woken(): G | Pending {
    try {
      return this.poll()
    } finally {
      this.letIn()
    }
  }
  end(): void {
    if (isAlive(this.lock)) this.letIn()
  }
  /** The lock is there until our wait has ended, also if our handle has gone. */
  protected letIn(): void {
    const lock = this.lock.thing
    if (Atomics.load(i32, (lock + RW_READERS + 4) >> 2) !== 0 || writerWaits(lock)) core.settle(self, lock)
  }
}

class WriteLock<T> extends WriterWait<T, WriteGuard<T>> {
  readonly queue = RW_WRITERS

  override wait(ms?: number): WriteGuard<T> {
    if (mayBlock) {
      const guard = this.poll()
      if (guard !== PENDING) return guard
    }
    return super.wait(ms)
  }
  override poll(): WriteGuard<T> | Pending {
    const lock = thingOf(this.lock)
    const locked = core.writeTry(self, lock)
    if (locked === 0) return PENDING
    if (locked === LOCKED_POISONED) this.check(lock, () => core.writeEnd(self, lock))
    return new WriteGuard<T>(this.lock, lock)
  }
  override ready(): boolean {
    return core.mayWrite(thingOf(this.lock)) !== 0
  }
  override refuseSelf(lock: number): void {
    if (core.rwHeld(self, lock) !== 0) throw deadlock()
  }
  override despite(): Wait<WriteGuard<T>> {
    return new WriteLock<T>(this.lock, true)
  }
}

/** The wait of the reader in the upgrade seat for the others to leave. */
export class Upgrade<T> extends WriterWait<T, WriteGuard<T>> {
  readonly queue = RW_UPGRADE
  readonly #seat: UpgradableGuard<T>

  constructor(lock: RwLock<T>, seat: UpgradableGuard<T>) {
    super(lock, true)
    this.#seat = seat
  }
  override poll(): WriteGuard<T> | Pending {
    const lock = this.#seat.seated()
    if (core.upgradeTry(self, lock) === 0) return PENDING
    this.#seat.forget()
    return new WriteGuard<T>(this.lock, lock)
  }
  override ready(): boolean {
    return core.mayUpgrade(this.#seat.seated()) !== 0
  }
  override refuseSelf(lock: number): void {
    if ((core.rwHeld(self, lock) & HOLDS_READ) !== 0) throw deadlock()
  }
  override despite(): Wait<WriteGuard<T>> {
    return this
  }
}

/** A lock held for writing for the time of one function. */
class WriteUse<T, R> extends WriterWait<T, R> {
  readonly queue = RW_WRITERS
  readonly #write: WriteLock<T>
  readonly #f: (guard: WriteGuard<T>) => R

  constructor(lock: RwLock<T>, f: (guard: WriteGuard<T>) => R) {
    super(lock, false)
    this.#write = lock.write() as WriteLock<T>
    this.#f = f
  }
  override poll(): R | Pending {
    const guard = this.#write.poll()
    if (guard === PENDING) return PENDING
    let result: R
    try {
      result = this.#f(guard)
    } catch (error) {
      releasePoisoned(guard)
      throw error
    }
    guard[Symbol.dispose]()
    return result
  }
  override ready(): boolean {
    return this.#write.ready()
  }
  override refuseSelf(lock: number): void {
    this.#write.refuseSelf(lock)
  }
  override despite(): Wait<R> {
    return this
  }
}

function writerWaits(lock: number): boolean {
  return Atomics.load(i32, (lock + RW_WRITERS + 4) >> 2) !== 0 || Atomics.load(i32, (lock + RW_UPGRADE + 4) >> 2) !== 0
}

/** This thread waits for itself: only another task of its event loop could give the lock back, and none can run. */
function deadlock(): DeadlockError {
  return new DeadlockError(
    'This thread blocks on an RwLock that it holds itself, and would wait for ever. ' +
      'Release the first guard before, or `await` the lock if another task of this thread holds it.',
  )
}

function newRwLock(value: unknown): number {
  const lock = core.takeThing(self, RW_LOCKS)
  if (lock === 0) throw heapFull(128)
  const lost = i32[(lock + MUTEX_LOST) >> 2]
  i32.fill(0, lock >> 2, (lock + 128) >> 2)
  i32[(lock + MUTEX_LOST) >> 2] = lost
  startCounts(lock, MUTEX_OWNERS, MUTEX_WEAKS)
  let record = 0
  try {
    record = newRecord(RW_LOCK, lock, false)
    // The last step, because it gives the value away.
    writeValue(lock, value, refuseUnshareable)
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
  revive: record => new RwLock(undefined, record),
})
