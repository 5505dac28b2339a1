/**
 * Waits for a change that only this event loop makes: the outcome of a task, the next task of a set.
 *
 * The wait queue is in this thread's own memory, in FIFO order. It contains waiters (of a select, or of a wait with a
 * time limit), and functions of `await`s, which need no waiter. No other code of this thread runs between a poll and a
 * registration, so no wake-up can be lost, and spinning would be useless.
 */
import { get } from '../core/memory.ts'
import { WAITER_YIELDS } from '../core/wait-queue.ts'
import { DeadlockError } from '../errors.ts'

import { PENDING, type StrandedWait } from '../wait/operation.ts'
import { StatelessWait } from '../wait/wait.ts'
import { Cancellation, chainUnderCancellation } from '../wait/cancellation.ts'
import { yieldTurnIfDue, wakeLocalWaiter } from '../wait/yield.ts'

export class LocalWaitQueue {
  readonly #waiters = new Set<number | (() => void)>()

  /** Registers a waiter, or the function of an `await`, at the end of the queue. */
  register(waiter: number | (() => void)): void {
    if (typeof waiter === 'number' && get(waiter + WAITER_YIELDS) === 0) {
      throw new DeadlockError(
        'This thread would have blocked on a task of its own event loop, which does not run while the thread blocks. ' +
          'Use `await` instead of `.wait()`.',
      )
    }
    this.#waiters.add(waiter)
  }

  /** Unregisters it; false if it was woken. */
  unregister(waiter: number | (() => void)): boolean {
    return this.#waiters.delete(waiter)
  }

  /** Wakes the first waiter that can be woken; a waiter whose select has chosen another arm cannot. */
  wakeOne(): void {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter)
      if (typeof waiter === 'function') return waiter()
      if (wakeLocalWaiter(waiter)) return
    }
  }
  wakeAll(): void {
    // A waiter whose wake-up was spurious registers again, behind those of now.
    for (let left = this.#waiters.size; left > 0; left--) this.wakeOne()
  }
}

/** A wait in such a queue. */
export abstract class LocalQueueWait<T> extends StatelessWait<T> {
  /** @internal */
  abstract line(): LocalWaitQueue

  override register(waiter: number): boolean {
    this.line().register(waiter)
    return true
  }
  override unregister(waiter: number): boolean {
    return this.line().unregister(waiter)
  }
  strandedBy(): StrandedWait {
    return { what: 'a task of its own', repair: 'End the task that it waits for, or complete the wait of that task.' }
  }
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return chainUnderCancellation(Cancellation.current, yieldTurnIfDue(this.#begin()), onValue, onError)
  }

  #begin(): Promise<T> {
    const under = Cancellation.current
    const refusal = under?.refusal()
    if (refusal !== undefined) return refusal
    try {
      const value = this.tryComplete()
      return value === PENDING
        ? new Promise((resolve, reject) => this.#stand(under, resolve, reject))
        : Promise.resolve(value)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #stand(under: Cancellation | undefined, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    const line = this.line()
    const woken = (): void => {
      under?.delete(wait)
      try {
        const value = this.tryComplete()
        if (value === PENDING) this.#stand(under, resolve, reject)
        else resolve(value)
      } catch (error) {
        reject(error)
      }
    }
    const wait = {
      cancel(error: Error): void {
        line.unregister(woken)
        reject(error)
      },
    }
    line.register(woken)
    under?.add(wait)
  }
}
