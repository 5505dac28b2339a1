/**
 * Waits for what only this event loop changes: the outcome of a task, the next one of a set.
 *
 * Who waits stands in a line of this thread's own memory, oldest first: a waiter (of a select, or of a wait with a time
 * limit), or a function of an `await`, which needs no waiter. Nothing can change between a poll and a step into the
 * line, because no other code of this thread runs there; so no wake is lost, and watching would be in vain.
 */
import { WAITER_YIELDS } from '../core/wait-queue.ts'
import { DeadlockError } from '../errors.ts'
import { i32 } from '../memory/heap.ts'
import { PENDING } from '../wait/attempt.ts'
import type { Stranded } from '../wait/loop-deadlock.ts'
import { PlainWait } from '../wait/wait.ts'
import { Cancellation, thenUnder } from '../wait/cancellation.ts'
import { afterTurnIfDue, wakeHere } from '../wait/yield.ts'

export class Line {
  readonly #standing = new Set<number | (() => void)>()

  /** Puts a waiter, or what an `await` does when it is woken, at the end. */
  enter(who: number | (() => void)): void {
    if (typeof who === 'number' && i32[(who + WAITER_YIELDS) >> 2] === 0) {
      throw new DeadlockError(
        'This thread would wait for a task of its own event loop, which stands still while the thread blocks. ' +
          'Use `await` instead of `.wait()`.',
      )
    }
    this.#standing.add(who)
  }

  /** Takes it out; false: it was woken. */
  leave(who: number | (() => void)): boolean {
    return this.#standing.delete(who)
  }

  /** Wakes the first that can be woken: a waiter whose select has chosen another arm cannot. */
  wakeOne(): void {
    for (const who of this.#standing) {
      this.#standing.delete(who)
      if (typeof who === 'function') return who()
      if (wakeHere(who)) return
    }
  }
  wakeAll(): void {
    // Who is woken in vain stands in line again, behind those of now.
    for (let left = this.#standing.size; left > 0; left--) this.wakeOne()
  }
}

/** A wait in such a line. */
export abstract class LineWait<T> extends PlainWait<T> {
  /** @internal */
  abstract line(): Line

  override enter(waiter: number): boolean {
    this.line().enter(waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return this.line().leave(waiter)
  }
  stranded(): Stranded {
    return { what: 'a task of its own', repair: 'End the task that it waits for, or what that task waits for.' }
  }
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return thenUnder(Cancellation.current, afterTurnIfDue(this.#begin()), onValue, onError)
  }

  #begin(): Promise<T> {
    const under = Cancellation.current
    const refusal = under?.refusal()
    if (refusal !== undefined) return refusal
    try {
      const value = this.poll()
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
        const value = this.poll()
        if (value === PENDING) this.#stand(under, resolve, reject)
        else resolve(value)
      } catch (error) {
        reject(error)
      }
    }
    const wait = {
      cancel(error: Error): void {
        line.leave(woken)
        reject(error)
      },
    }
    line.enter(woken)
    under?.add(wait)
  }
}
