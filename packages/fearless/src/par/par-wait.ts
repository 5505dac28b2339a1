/**
 * The wait for a parallel iterator. The calling thread owns the run and takes part in the work, in each form of the
 * wait.
 */
import { platform } from '#platform'
import { PENDING, monotonicNow } from '../wait/operation.ts'
import { Cancellation } from '../wait/cancellation.ts'
import { Wait, parseLimits, remainingMs, type TryResult, type WaitLimits } from '../wait/wait.ts'
import { yieldUntilComplete } from '../wait/yield.ts'
import type { Recipe } from './pipeline.ts'
import { Run } from './run/owner.ts'
import type { From } from './sources/files.ts'

export class ParWait<T> extends Wait<T> {
  readonly #source: From
  readonly #recipe: Recipe
  readonly #ms: number
  readonly #signals: readonly AbortSignal[]
  /** Whether the caller blocks on the next run. */
  #blocks = false

  constructor(source: From, recipe: Recipe, ms = Infinity, signals: readonly AbortSignal[] = []) {
    super()
    this.#source = source
    this.#recipe = recipe
    this.#ms = ms
    this.#signals = signals
  }

  /** @internal */
  override begin(): Run<T> {
    return this.#run(false, false)
  }

  override wait(limit?: number | Date): T {
    this.#blocks = true
    return super.wait(limit)
  }

  /** Runs all of the work on this thread, now. The result is never `pending`. */
  override tryResult(): TryResult<T> {
    try {
      return { status: 'fulfilled', value: this.try() }
    } catch (reason) {
      return { status: 'rejected', reason }
    }
  }

  /** Runs all of the work on this thread, now. */
  override try(): T {
    this.#blocks = true
    const run = this.#run(false, true)
    try {
      for (;;) {
        const value = run.tryComplete()
        if (value !== PENDING) return value
      }
    } finally {
      run.finish()
    }
  }

  override within(limit: number | Date | WaitLimits): Wait<T> {
    const { ms, signal } = parseLimits(limit)
    const signals = signal === undefined ? this.#signals : [...this.#signals, signal]
    return new ParWait<T>(this.#source, this.#recipe, Math.min(remainingMs(ms), this.#ms), signals)
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a Wait exists to be awaited.
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#drive().then(onValue, onError)
  }

  /**
   * Computes in slices, so that the event loop stays responsive. Then yields until other threads have finished their
   * jobs.
   */
  async #drive(): Promise<T> {
    const under = Cancellation.current
    // No `await` before the first slice, so the loans are as they were when the wait began.
    if (under !== undefined) await under.refusal()
    const run = this.#run(true, false)
    try {
      for (;;) {
        const value = run.tryComplete()
        if (value !== PENDING) return value
        if (!run.isSliced) return await yieldUntilComplete(run, under)
        await platform.turn()
        if (under !== undefined) await under.refusal()
      }
    } finally {
      run.finish()
    }
  }

  #run(mayRunOuterJobs: boolean, isAlone: boolean): Run<T> {
    const blocks = this.#blocks
    this.#blocks = false
    return new Run<T>(this.#source, this.#recipe, {
      mayRunOuterJobs,
      isAlone,
      blocks,
      deadline: monotonicNow() + this.#ms,
      signals: this.#signals,
    })
  }
}
