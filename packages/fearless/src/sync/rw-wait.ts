/**
 * The base of the waits for an RwLock.
 *
 * There are three wait queues: one for readers, one for writers, and one for the upgrading reader (core/rw-lock.ts).
 */
import { core, self } from '../core/index.ts'
import { get, load } from '../core/memory.ts'
import { MUTEX_POISONED } from '../core/mutex.ts'
import { RW_READERS, RW_UPGRADE, RW_WRITERS } from '../core/rw-lock.ts'
import { QUEUE_FIRST, WAITER_YIELDS } from '../core/wait-queue.ts'
import { DeadlockError, PoisonError } from '../errors.ts'
import { isAlive, liveObjectOf, type Handle } from '../memory/handles/handle.ts'
import type { Read } from '../send.ts'
import type { Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import type { Wait } from '../wait/wait.ts'

/** An `RwLock`, as its waits and guards use it. */
export interface RwLockHandle<T> extends Handle {
  /** Returns the value for a reader; a struct is lent in place. The caller must hold a read lock. */
  peek(lock: number): Read<T>
}

/** The base class of the waits for an RwLock. With `anyway`, a wait ignores the poison mark. */
export abstract class RwWait<T, G> extends QueueWait<G> {
  readonly lock: RwLockHandle<T>
  readonly anyway: boolean

  constructor(lock: RwLockHandle<T>, anyway: boolean) {
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

/**
 * A wait of a writer, which keeps new readers out. When it ends without the lock, or was notified in vain, waiting
 * readers must check again.
 */
export abstract class WriterWait<T, G> extends RwWait<T, G> {
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
    if (load(lock + RW_READERS + QUEUE_FIRST) !== 0 || writerWaits(lock)) core.wakeAdmitted(self, lock)
  }
}

/** Returns whether a writer or the upgrading reader is registered, so that no new reader is admitted. */
export function writerWaits(lock: number): boolean {
  return load(lock + RW_WRITERS + QUEUE_FIRST) !== 0 || load(lock + RW_UPGRADE + QUEUE_FIRST) !== 0
}

/**
 * Returns the error of a thread that would wait for itself. Only another task of its event loop could release the
 * lock, and no task runs while the thread blocks.
 */
export function rwDeadlockError(): DeadlockError {
  return new DeadlockError(
    'This thread blocks on an RwLock that it holds itself, and would wait for ever. ' +
      'Release the first guard before, or `await` the lock if another task of this thread holds it.',
  )
}
