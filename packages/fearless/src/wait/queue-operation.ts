/**
 * Operations that wait in the wait queue of one object, as most do: the two base classes for a wait that is its own
 * operation, and for an operation that a wait creates for each run.
 */
import { core, self } from '../core/index.ts'
import type { Operation, Pending } from './operation.ts'
import { StatelessWait } from './wait.ts'

/** A wait that is its own operation and registers in one wait queue. */
export abstract class QueueWait<T> extends StatelessWait<T> {
  /** @internal Returns the address of the wait queue. */
  abstract queue(): number
  override register(waiter: number): boolean {
    core.registerWaiter(self, this.queue(), waiter)
    return true
  }
  override unregister(waiter: number): boolean {
    return core.unregisterWaiter(self, waiter) !== 0
  }
}

/** One run of a wait, which registers in one wait queue. */
export abstract class QueueOperation<T> implements Operation<T> {
  abstract tryComplete(): T | Pending
  abstract isReady(): boolean
  /** Returns the address of the wait queue. */
  abstract queue(): number
  get deadline(): number {
    return Infinity
  }
  register(waiter: number): boolean {
    core.registerWaiter(self, this.queue(), waiter)
    return true
  }
  unregister(waiter: number): boolean {
    return core.unregisterWaiter(self, waiter) !== 0
  }
  accept(_waiter: number): T | Pending {
    return this.tryComplete()
  }
}
