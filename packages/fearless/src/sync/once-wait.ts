/**
 * The base class of the waits of Once, OnceLock and LazyLock: one thread initialises, the others wait for it
 * (core/once.ts).
 */
import { self } from '../core/index.ts'
import { get, load } from '../core/memory.ts'
import { MUTEX_LOCK } from '../core/mutex.ts'
import { ONCE_QUEUE, ONCE_NEW, ONCE_STATE } from '../core/once.ts'
import { SLOT_ID } from '../core/layout.ts'
import { WAITER_YIELDS } from '../core/wait-queue.ts'
import { DeadlockError } from '../errors.ts'
import { liveObjectOf, type Handle } from '../memory/handles/handle.ts'

import type { Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'

export function onceStateOf(handle: Handle): number {
  return load(liveObjectOf(handle) + ONCE_STATE)
}

export abstract class OnceWait<T> extends QueueWait<T> {
  readonly handle: Handle

  constructor(handle: Handle) {
    super()
    this.handle = handle
  }
  abstract override tryComplete(): T | Pending
  override isReady(): boolean {
    return onceStateOf(this.handle) !== ONCE_NEW || this.isFree()
  }
  /** Whether no thread is initialising, so that this wait could run the initialiser. */
  protected isFree(): boolean {
    return load(liveObjectOf(this.handle) + MUTEX_LOCK) === 0
  }
  override queue(): number {
    return liveObjectOf(this.handle) + ONCE_QUEUE
  }
  override register(waiter: number): boolean {
    if (get(waiter + WAITER_YIELDS) === 0) this.refuseSelf(liveObjectOf(this.handle))
    return super.register(waiter)
  }
  owners(): readonly Handle[] {
    return [this.handle]
  }
  /** Throws `DeadlockError` if this thread is the one that is initialising. */
  protected refuseSelf(once: number): void {
    if (load(once + MUTEX_LOCK) === get(self + SLOT_ID)) throw selfInitialisationError()
  }
}

export function selfInitialisationError(): DeadlockError {
  return new DeadlockError(
    'The initialiser asked for the value that it creates, so its thread would wait for ever. ' +
      'Compute the value in the initialiser without reading it.',
  )
}
