/**
 * Wait<T>: an operation that may have to wait, as a value. It does nothing until a caller waits, in one of four ways.
 *
 * Underneath, an `Attempt` is one run of it. `poll` tries and takes effect only if it succeeds. A waiter that does
 * not succeed enters a queue, asks `ready` once more (wait-queue.ts says why that loses no wake), and sleeps.
 *
 * - A `Wait` is a promise to every idiom that takes one: it has `then`, `catch`, `finally` and a tag, and each of them
 *   begins one run.
 * - A handle may be a `Wait` as well (JoinHandle): it implements the class without extending it, so `isWait` decides.
 */
import { describe } from '../describe.ts'
import { TimeoutError } from '../errors.ts'
import { PENDING, now, type Attempt, type Pending } from './attempt.ts'
import { Handle } from '../memory/handles/handle.ts'
import { Cancellation, thenUnder } from './cancellation.ts'
import { block } from './park.ts'
import { yieldUntil } from './yield.ts'

/**
 * What a wait has without waiting, in the words of a promise: `pending` if it would have to wait, `fulfilled` with its value,
 * or `rejected` with what it throws.
 */
export type TryResult<T> =
  | { readonly status: 'pending' }
  | { readonly status: 'fulfilled'; readonly value: T }
  | { readonly status: 'rejected'; readonly reason: unknown }

/**
 * Something that may have to wait, not yet begun.
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
  abstract begin(): Attempt<T>

  /** @internal Whether it stands in several lines at once. */
  get selects(): boolean {
    return false
  }

  /** Does not wait: the value, or `undefined` if it would have to. Throws what the wait would end with now. */
  try(): T | undefined {
    const attempt = this.begin()
    try {
      const value = attempt.poll()
      return value === PENDING ? undefined : value
    } finally {
      attempt.end?.()
    }
  }

  /**
   * Does not wait, and tells apart what `try` cannot: nothing yet, a value that is `undefined`, and an end with an error.
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
   * Throws nothing. A send that finds no room is `pending`, and has kept its value.
   */
  tryResult(): TryResult<T> {
    try {
      const attempt = this.begin()
      try {
        const value = attempt.poll()
        return value === PENDING ? { status: 'pending' } : { status: 'fulfilled', value }
      } finally {
        attempt.end?.()
      }
    } catch (reason) {
      return { status: 'rejected', reason }
    }
  }

  /**
   * Blocks this thread until the value is there, at most that many milliseconds, or until that date.
   *
   * Throws `TimeoutError` when the time is over, `BlockingError` on a page's main thread, contended or not.
   */
  wait(limit?: number | Date): T {
    const attempt = limit === undefined ? this.begin() : new Limited(this.begin(), limit)
    return block(attempt)
  }

  /**
   * The same wait, given at most that many milliseconds from when it begins, or until that date: it then ends with a
   * `TimeoutError`. With a `signal` it ends when that is aborted, with the signal's `reason`.
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
   * A wait that is ended so has taken nothing. One that was woken before the abort still gives its value. No signal comes
   * while `.wait()` blocks the thread: only one that was aborted before ends that.
   */
  within(limit: number | Date | WaitLimits): Wait<T> {
    return new Within(this, limit)
  }

  /** Yields until the value is there; this is what `await` calls. */
  // oxlint-disable-next-line unicorn/no-thenable -- a Wait is awaited: that is what it is for.
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const under = Cancellation.current
    return thenUnder(under, yieldUntil(this.begin(), under), onValue, onError)
  }

  /** Yields until the value is there; `onError` answers for an error, as a promise's `catch` does. */
  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onError)
  }

  /** Yields until the wait is over; then calls `onEnd`, however it ended, as a promise's `finally` does. */
  finally(onEnd?: (() => void) | null): Promise<T> {
    return this.then().finally(onEnd)
  }

  /** With this, TypeScript takes a `Wait` wherever it takes a `Promise`. */
  get [Symbol.toStringTag](): string {
    return 'Wait'
  }
}

/** The limits of a wait. */
export interface WaitLimits {
  /** At most that many milliseconds from when it begins, or until that date; it then ends with a `TimeoutError`. */
  readonly ms?: number | Date
  /** When this is aborted, the wait ends with the signal's `reason`. */
  readonly signal?: AbortSignal
}

/** Whether it is a `Wait`, as a class of its own or as a handle. */
export function isWait(value: unknown): value is Wait<unknown> {
  return value instanceof Wait || (value instanceof Handle && 'begin' in value)
}

/** The parts of a limit. Throws `TypeError` for a signal that is none. */
export function limitsOf(limit: number | Date | WaitLimits): { ms: number | Date; signal: AbortSignal | undefined } {
  if (typeof limit !== 'object' || limit === null || limit instanceof Date) return { ms: limit, signal: undefined }
  const { ms = Infinity, signal } = limit
  if (signal === undefined || signal instanceof AbortSignal) return { ms, signal }
  throw new TypeError(
    `The signal of a wait must be an AbortSignal, not ${describe(signal)}. Give it \`controller.signal\`.`,
  )
}

/** How long a limit leaves from now on. Throws `RangeError` for what is none. */
export function millisecondsOf(limit: number | Date): number {
  const ms = limit instanceof Date ? Math.max(0, limit.getTime() - Date.now()) : limit
  if (typeof ms === 'number' && ms >= 0) return ms
  throw new RangeError(`A time limit must be 0 or more milliseconds, or a Date, not ${describe(limit)}.`)
}

/** An attempt that gives up at a deadline, before which it polls, or when a signal is aborted. */
class Limited<T> implements Attempt<T> {
  readonly #inner: Attempt<T>
  readonly #ms: number
  readonly #end: number
  readonly #signal: AbortSignal | undefined

  constructor(inner: Attempt<T>, limit: number | Date | WaitLimits) {
    const { ms, signal } = limitsOf(limit)
    this.#inner = inner
    this.#ms = millisecondsOf(ms)
    this.#end = now() + this.#ms
    this.#signal = signal
  }
  get deadline(): number {
    return Math.min(this.#inner.deadline, this.#end)
  }
  get meets(): boolean {
    return this.#inner.meets === true
  }
  get sliced(): boolean {
    return this.#inner.sliced === true
  }
  poll(): T | Pending {
    this.#signal?.throwIfAborted()
    const value = this.#inner.poll()
    if (value === PENDING && now() >= this.#end) this.#timedOut()
    return value
  }
  ready(): boolean {
    return this.#signal?.aborted === true || this.#inner.ready() || now() >= this.#end
  }
  enter(waiter: number): boolean {
    return this.#inner.enter(waiter)
  }
  leave(waiter: number): boolean {
    return this.#inner.leave(waiter)
  }
  woken(waiter: number): T | Pending {
    const value = this.#inner.woken(waiter)
    if (value !== PENDING) return value
    this.#signal?.throwIfAborted()
    if (now() >= this.#end) this.#timedOut()
    return PENDING
  }
  handed(waiter: number): boolean {
    return this.#inner.handed?.(waiter) === true
  }
  forgo(waiter: number): void {
    this.#inner.forgo?.(waiter)
  }
  signals(): readonly AbortSignal[] {
    const inner = this.#inner.signals?.() ?? []
    return this.#signal === undefined ? inner : [...inner, this.#signal]
  }
  get unwatched(): boolean {
    return this.#inner.unwatched === true
  }
  owners(): readonly Handle[] {
    return this.#inner.owners?.() ?? []
  }
  taken(value: T): void {
    this.#inner.taken?.(value)
  }
  end(): void {
    this.#inner.end?.()
  }
  #timedOut(): never {
    const value = (this.#inner as { value?: unknown }).value
    throw new TimeoutError(`Nothing came within ${this.#ms} ms. Wait longer, or go on without it.`, value)
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
  override begin(): Attempt<T> {
    return new Limited(this.#inner.begin(), this.#limit)
  }
}

/** A wait that has no state of its own between runs: it is its own attempt, and waiting for it allocates nothing. */
export abstract class PlainWait<T> extends Wait<T> implements Attempt<T> {
  override begin(): Attempt<T> {
    return this
  }
  get deadline(): number {
    return Infinity
  }
  abstract poll(): T | Pending
  abstract ready(): boolean
  abstract enter(waiter: number): boolean
  abstract leave(waiter: number): boolean
  woken(_waiter: number): T | Pending {
    return this.poll()
  }
}
