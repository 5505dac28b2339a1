/**
 * Operations that wait in the wait queue of one object, as most do: the two base classes for a wait that is its own
 * operation, and for an operation that a wait creates for each run.
 */
import { core, self } from '../core/index.ts'
import type { Attempt, Pending } from './attempt.ts'
import { PlainWait } from './wait.ts'

/** A wait that is its own operation and registers in one wait queue. */
export abstract class QueueWait<T> extends PlainWait<T> {
  /** @internal Returns the address of the wait queue. */
  abstract queue(): number
  override enter(waiter: number): boolean {
    core.enterQueue(self, this.queue(), waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}

/** One run of a wait, which registers in one wait queue. */
export abstract class QueueOperation<T> implements Attempt<T> {
  abstract poll(): T | Pending
  abstract ready(): boolean
  /** Returns the address of the wait queue. */
  abstract queue(): number
  get deadline(): number {
    return Infinity
  }
  enter(waiter: number): boolean {
    core.enterQueue(self, this.queue(), waiter)
    return true
  }
  leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  woken(_waiter: number): T | Pending {
    return this.poll()
  }
}
