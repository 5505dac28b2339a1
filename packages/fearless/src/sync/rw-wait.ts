/**
 * The waits for an RwLock.
 *
 * There are three wait queues: one for readers, one for writers, and one for the upgrading reader (core/rw-lock.ts).
 */
import { core, self } from '../core/index.ts'
import { get, load } from '../core/memory.ts'
import { LOCKED_POISONED, MUTEX_POISONED } from '../core/mutex.ts'
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
import { isAlive, liveObjectOf, type Handle } from '../memory/handles/handle.ts'
import { heapFullError } from '../memory/heap.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { unwrapReported } from '../wait/unwaited.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import type { Wait } from '../wait/wait.ts'
import { callUnderGuard, type LockMethod } from './guard.ts'
import { readGuardOf, UpgradableGuard, WriteGuard, type ReadGuard } from './rw-guard.ts'
import type { RwLock } from './rw-lock.ts'

const { mayBlock } = platform

/** The base class of the waits for an RwLock. With `anyway`, a wait ignores the poison mark. */
abstract class RwWait<T, G> extends QueueWait<G> {
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
  /** The offset of the wait queue in which this wait registers. */
  abstract readonly queueAt: number
  /** Throws `DeadlockError` if this thread would wait for a lock that it holds itself. */
  abstract refuseSelf(lock: number): void
  override queue(): number {
    return liveObjectOf(this.lock) + this.queueAt
  }
  override register(waiter: number): boolean {
    if (get(waiter + WAITER_YIELDS) === 0) this.refuseSelf(liveObjectOf(this.lock))
    return super.register(waiter)
  }
  transferred(guard: G): void {
    const { watch } = guard as { watch?: () => void }
    watch?.call(guard)
  }
  protected check(lock: number, release: () => void): void {
    if (this.anyway || get(lock + MUTEX_POISONED) === 0) return
    release()
    throw new PoisonError<G>(
      'A thread panicked while it wrote under this RwLock, so its value may be half changed. ' +
        'Read it through `guard` of this error, repair it, and call `clearPoison()`.',
      () => this.ignorePoison().wait(),
    )
  }
  abstract ignorePoison(): Wait<G>
}

export class ReadWait<T> extends RwWait<T, ReadGuard<T>> {
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
    if ((held & HOLDS_WRITE) !== 0 || (held !== 0 && writerWaits(lock))) throw deadlock()
  }
  override ignorePoison(): Wait<ReadGuard<T>> {
    return new ReadWait<T>(this.lock, true)
  }
}

export class UpgradableWait<T> extends RwWait<T, UpgradableGuard<T>> {
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
    if ((held & ~HOLDS_READ) !== 0 || (held !== 0 && writerWaits(lock))) throw deadlock()
  }
  override ignorePoison(): Wait<UpgradableGuard<T>> {
    return new UpgradableWait<T>(this.lock, true)
  }
}

/**
 * A wait of a writer, which keeps new readers out. When it ends without the lock, or was notified in vain, waiting
 * readers must check again.
 */
abstract class WriterWait<T, G> extends RwWait<T, G> {
  override unregister(waiter: number): boolean {
    const left = super.unregister(waiter)
    this.letIn()
    return left
  }
  override accept(): G | Pending {
    try {
      return this.tryComplete()
    } finally {
      this.letIn()
    }
  }
  finish(): void {
    if (isAlive(this.lock)) this.letIn()
  }
  /**
   * Wakes the readers that this wait kept out. The lock stays allocated until the wait has ended, even if our handle
   * was dropped.
   */
  protected letIn(): void {
    const lock = this.lock.thing
    if (load(lock + RW_READERS + 4) !== 0 || writerWaits(lock)) core.wakeAdmitted(self, lock)
  }
}

export class WriteWait<T> extends WriterWait<T, WriteGuard<T>> {
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
    if (core.rwHeld(self, lock) !== 0) throw deadlock()
  }
  override ignorePoison(): Wait<WriteGuard<T>> {
    return new WriteWait<T>(this.lock, true)
  }
}

/** The wait of the upgradable reader until the other readers have released the lock. */
export class UpgradeWait<T> extends WriterWait<T, WriteGuard<T>> {
  readonly queueAt = RW_UPGRADE
  readonly #seat: UpgradableGuard<T>

  constructor(lock: RwLock<T>, seat: UpgradableGuard<T>) {
    super(lock, true)
    this.#seat = seat
  }
  override tryComplete(): WriteGuard<T> | Pending {
    const lock = this.#seat.seatedLock()
    if (core.upgradeTry(self, lock) === 0) return PENDING
    this.#seat.detachSeat()
    return new WriteGuard<T>(this.lock, lock)
  }
  override isReady(): boolean {
    return core.mayUpgrade(this.#seat.seatedLock()) !== 0
  }
  override refuseSelf(lock: number): void {
    if ((core.rwHeld(self, lock) & HOLDS_READ) !== 0) throw deadlock()
  }
  override ignorePoison(): Wait<WriteGuard<T>> {
    return this
  }
}

/** The wait of `update` and `with`: acquires the lock for writing, calls the function, and releases the lock. */
export class WriteCallWait<T, R> extends WriterWait<T, R> {
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

function writerWaits(lock: number): boolean {
  return load(lock + RW_WRITERS + 4) !== 0 || load(lock + RW_UPGRADE + 4) !== 0
}

/**
 * Returns the error of a thread that would wait for itself. Only another task of its event loop could release the
 * lock, and no task runs while the thread blocks.
 */
function deadlock(): DeadlockError {
  return new DeadlockError(
    'This thread blocks on an RwLock that it holds itself, and would wait for ever. ' +
      'Release the first guard before, or `await` the lock if another task of this thread holds it.',
  )
}
