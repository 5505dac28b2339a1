/**
 * Wait<T>: an operation that may have to wait, as a value. It starts only when a caller waits: by `await`, `.wait()`,
 * `.try()` or `.tryResult()`.
 *
 * - An `Operation` is one run of a Wait. `tryComplete` tries to complete, and has an effect only if it succeeds. After
 *   a failed poll the waiter is registered, `isReady` is checked again (wait-queue.ts shows why that loses no wake-up),
 *   and the waiter sleeps.
 * - A `Wait` is thenable and behaves as a promise: it has `then`, `catch`, `finally` and a tag, and each call of them
 *   starts one run.
 * - A handle may be a `Wait` as well (JoinHandle). It implements the class without extending it, so use `isWait`, not
 *   `instanceof`.
 */
import { describe } from '../describe.ts'
import { TimeoutError } from '../errors.ts'
import { PENDING, monotonicNow, type Operation, type Pending } from './operation.ts'
import { Handle } from '../memory/handles/handle.ts'
import { Cancellation, chainUnderCancellation } from './cancellation.ts'
import { blockUntil } from './park.ts'
import { yieldUntilComplete } from './yield.ts'

/**
 * The result of a wait that did not wait, with the status names of a promise: `pending` if it would have to wait,
 * `fulfilled` with its value, or `rejected` with its error.
 */
export type TryResult<T> =
  | { readonly status: 'pending' }
  | { readonly status: 'fulfilled'; readonly value: T }
  | { readonly status: 'rejected'; readonly reason: unknown }

/**
 * An operation that may have to wait and has not started yet.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>()
 * tx.send(1)
 * await rx.recv() // => 1
 * rx.recv().try() // => undefined
 * ```
 *
 * `await` yields and is right everywhere; `.wait()` blocks this thread; `.try()` does not wait at all.
 */
export abstract class Wait<T> implements PromiseLike<T> {
  /** @internal */
  abstract begin(): Operation<T>

  /** @internal Whether it registers in several wait queues at once. */
  get selects(): boolean {
    return false
  }

  /**
   * Completes the operation without waiting. Returns its value, or `undefined` if it would have to wait. Throws the
   * error with which the wait would end now.
   */
  try(): T | undefined {
    const attempt = this.begin()
    try {
      const value = attempt.tryComplete()
      return value === PENDING ? undefined : value
    } finally {
      attempt.finish?.()
    }
  }

  /**
   * Completes the operation without waiting, and distinguishes three cases that `try` cannot: no value yet, a value
   * that is `undefined`, and an error.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number | undefined>()
   * rx.recv().tryResult() // => { status: 'pending' }
   * tx.send(undefined)
   * rx.recv().tryResult() // => { status: 'fulfilled', value: undefined }
   * drop(tx)
   * const last = rx.recv().tryResult()
   * last.status === 'rejected' && last.reason instanceof ClosedError // => true
   * ```
   *
   * Throws nothing. A send into a full channel is `pending` and keeps its value.
   */
  tryResult(): TryResult<T> {
    try {
      const attempt = this.begin()
      try {
        const value = attempt.tryComplete()
        return value === PENDING ? { status: 'pending' } : { status: 'fulfilled', value }
      } finally {
        attempt.finish?.()
      }
    } catch (reason) {
      return { status: 'rejected', reason }
    }
  }

  /**
   * Blocks this thread until the value is available, for at most `limit` milliseconds or until that date.
   *
   * Throws `TimeoutError` when the limit is reached. Throws `BlockingError` on a page's main thread, even if the value
   * is available at once.
   */
  wait(limit?: number | Date): T {
    const attempt = limit === undefined ? this.begin() : new Limited(this.begin(), limit)
    return blockUntil(attempt)
  }

  /**
   * Returns the same wait with a limit: a number of milliseconds from its start, or a date. When the limit is reached,
   * the wait fails with a `TimeoutError`. With a `signal`, it fails with the signal's `reason` when the signal is
   * aborted.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * const deadline = new Date(Date.now() + 20) // for several waits together
   * await rx.recv().within(deadline) // => throws TimeoutError
   * await rx.recv().within(10) // => throws TimeoutError
   * const controller = new AbortController()
   * setTimeout(() => controller.abort(new RangeError('no more')), 10)
   * await rx.recv().within({ ms: 1000, signal: controller.signal }) // => throws RangeError
   * ```
   *
   * A wait that fails in this way has no effect: it has received no message and acquired no lock. A wait that was woken
   * before the abort still returns its value. A signal cannot be aborted while `.wait()` blocks its thread, so it ends
   * a blocking wait only if it was aborted before.
   */
  within(limit: number | Date | WaitLimits): Wait<T> {
    return new Within(this, limit)
  }

  /** Yields until the value is available. `await` calls this method. */
  // oxlint-disable-next-line unicorn/no-thenable -- a Wait is meant to be awaited.
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const under = Cancellation.current
    return chainUnderCancellation(under, yieldUntilComplete(this.begin(), under), onValue, onError)
  }

  /** Yields until the value is available; calls `onError` if the wait fails, as a promise's `catch` does. */
  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onError)
  }

  /** Yields until the wait is over; then calls `onEnd` in every case, as a promise's `finally` does. */
  finally(onEnd?: (() => void) | null): Promise<T> {
    return this.then().finally(onEnd)
  }

  /** Makes `Wait` assignable to `Promise` in TypeScript. */
  get [Symbol.toStringTag](): string {
    return 'Wait'
  }
}

/** The limits of a wait. */
export interface WaitLimits {
  /** The most milliseconds from its start, or a date. The wait then fails with a `TimeoutError`. */
  readonly ms?: number | Date
  /** When this signal is aborted, the wait fails with the signal's `reason`. */
  readonly signal?: AbortSignal
}

/** Returns whether a value is a `Wait`: an instance of the class, or a handle that implements it. */
export function isWait(value: unknown): value is Wait<unknown> {
  return value instanceof Wait || (value instanceof Handle && 'begin' in value)
}

/** Splits a limit into its parts. Throws `TypeError` if the signal is not an AbortSignal. */
export function parseLimits(limit: number | Date | WaitLimits): { ms: number | Date; signal: AbortSignal | undefined } {
  if (typeof limit !== 'object' || limit === null || limit instanceof Date) return { ms: limit, signal: undefined }
  const { ms = Infinity, signal } = limit
  if (signal === undefined || signal instanceof AbortSignal) return { ms, signal }
  throw new TypeError(
    `The signal of a wait must be an AbortSignal, got ${describe(signal)}. Pass \`controller.signal\`.`,
  )
}

/** Returns the milliseconds until a limit is reached. Throws `RangeError` for any other value. */
export function remainingMs(limit: number | Date): number {
  const ms = limit instanceof Date ? Math.max(0, limit.getTime() - Date.now()) : limit
  if (typeof ms === 'number' && ms >= 0) return ms
  throw new RangeError(
    `A time limit must be 0 or more milliseconds, or a Date, got ${describe(limit)}. Pass \`Infinity\` for no limit.`,
  )
}

/** A run of a wait that fails when its deadline is reached, after a last poll, or when its signal is aborted. */
class Limited<T> implements Operation<T> {
  readonly #inner: Operation<T>
  readonly #ms: number
  readonly #end: number
  readonly #signal: AbortSignal | undefined

  constructor(inner: Operation<T>, limit: number | Date | WaitLimits) {
    const { ms, signal } = parseLimits(limit)
    this.#inner = inner
    this.#ms = remainingMs(ms)
    this.#end = monotonicNow() + this.#ms
    this.#signal = signal
  }
  get deadline(): number {
    return Math.min(this.#inner.deadline, this.#end)
  }
  get isRendezvous(): boolean {
    return this.#inner.isRendezvous === true
  }
  get isSliced(): boolean {
    return this.#inner.isSliced === true
  }
  tryComplete(): T | Pending {
    this.#signal?.throwIfAborted()
    const value = this.#inner.tryComplete()
    if (value === PENDING && monotonicNow() >= this.#end) this.#timedOut()
    return value
  }
  isReady(): boolean {
    return this.#signal?.aborted === true || this.#inner.isReady() || monotonicNow() >= this.#end
  }
  register(waiter: number): boolean {
    return this.#inner.register(waiter)
  }
  unregister(waiter: number): boolean {
    return this.#inner.unregister(waiter)
  }
  accept(waiter: number): T | Pending {
    const value = this.#inner.accept(waiter)
    if (value !== PENDING) return value
    this.#signal?.throwIfAborted()
    if (monotonicNow() >= this.#end) this.#timedOut()
    return PENDING
  }
  hasHandover(waiter: number): boolean {
    return this.#inner.hasHandover?.(waiter) === true
  }
  discardWake(waiter: number): void {
    this.#inner.discardWake?.(waiter)
  }
  signals(): readonly AbortSignal[] {
    const inner = this.#inner.signals?.() ?? []
    return this.#signal === undefined ? inner : [...inner, this.#signal]
  }
  get neverSpins(): boolean {
    return this.#inner.neverSpins === true
  }
  owners(): readonly Handle[] {
    return this.#inner.owners?.() ?? []
  }
  transferred(value: T): void {
    this.#inner.transferred?.(value)
  }
  finish(): void {
    this.#inner.finish?.()
  }
  #timedOut(): never {
    const value = (this.#inner as { value?: unknown }).value
    throw new TimeoutError(
      `The wait did not complete within ${this.#ms} ms. Pass a longer limit, or continue without the value.`,
      value,
    )
  }
}

class Within<T> extends Wait<T> {
  readonly #inner: Wait<T>
  readonly #limit: number | Date | WaitLimits

  constructor(inner: Wait<T>, limit: number | Date | WaitLimits) {
    super()
    this.#inner = inner
    this.#limit = limit
  }
  override get selects(): boolean {
    return this.#inner.selects
  }
  override begin(): Operation<T> {
    return new Limited(this.#inner.begin(), this.#limit)
  }
}

/** A wait without state between its runs. It is its own `Operation`, so waiting for it allocates nothing. */
export abstract class StatelessWait<T> extends Wait<T> implements Operation<T> {
  override begin(): Operation<T> {
    return this
  }
  get deadline(): number {
    return Infinity
  }
  abstract tryComplete(): T | Pending
  abstract isReady(): boolean
  abstract register(waiter: number): boolean
  abstract unregister(waiter: number): boolean
  accept(_waiter: number): T | Pending {
    return this.tryComplete()
  }
}
