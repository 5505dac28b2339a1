/**
 * A task: an ordinary function that runs on this thread's event loop, and the right to its outcome.
 *
 *   QUEUED                    its body has not begun; it is in `#outcome`
 *   RUNNING                   its body runs
 *   DONE, FAILED, CANCELLED   it is settled: in `#outcome` is the value, or what `join` throws
 *
 * It is settled once. A task whose body does not take its signal is settled the moment it is aborted, while the body
 * may still run, until its next wait; its owner (a set, a scope) is told of both ends, `settled` always before `ended`. A task that is
 * settled before it begins, behind a gate that never opens, has no second end.
 */
import { CancelledError } from '../errors.ts'
import { refuseClass } from '../memory/codec/refuse.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { Cancellation, abortSignal } from '../wait/cancellation.ts'
import { Wait } from '../wait/wait.ts'
import { afterTurnIfDue } from '../wait/yield.ts'
import { Line, LineWait } from './line.ts'
import { forgetUnjoined, rememberUnjoined } from './unjoined.ts'

/** What a task runs. It is given a signal only if it declares the parameter. */
export type Body<R> = (signal: AbortSignal) => R

/** Whoever counts tasks. */
export interface Owner {
  /** The task has its outcome; whether somebody will ask for it is the owner's to say. */
  settled(task: TaskHandle<unknown>): void
  /** The gate is open, and the body runs no longer, or never will. */
  ended(task: TaskHandle<unknown>): void
}

const QUEUED = 0
const RUNNING = 1
const DONE = 2
const FAILED = 3
const CANCELLED = 4

const OPEN = Promise.resolve()

/**
 * The right to wait for a task, to get what it returns, and to abort it. It is a `Wait`.
 *
 * ```ts
 * const handle = task.spawn(async () => 6 * 7)
 * await handle // => 42
 * ```
 *
 * Waits until the task has ended and gives what it returned; as often as you like. Throws the very error that the task
 * threw; `CancelledError` if it was aborted; `DeadlockError` if this thread would block on a task of its own event loop.
 *
 * Dropping it, or never keeping it, detaches the task: it runs on. If it then throws, that is reported on stderr.
 */
export class TaskHandle<T> extends Wait<T> {
  declare readonly [crossing]: Crossing<
    'TaskHandle',
    'never: it belongs to its event loop, send what join() gives',
    'never: it belongs to its event loop, send what join() gives',
    T
  >
  #state = QUEUED
  /** The body while QUEUED, then its value, or what `join` throws. */
  #outcome: unknown
  readonly #owner: Owner | undefined
  #controller: AbortController | undefined = undefined
  /** Of the body, from when it begins. */
  #cancellation: Cancellation | undefined = undefined
  #promise: PromiseWithResolvers<unknown> | undefined = undefined
  #line: Line | undefined = undefined
  /** Somebody has, or will get, what it threw. */
  #heard = false
  /** What it returned was given to some code, or is discarded. */
  #isGiven = false
  /** No code keeps the handle. */
  #isDetached = false

  /** @internal The body begins after the gate has opened, in the asynchronous context of this call. */
  constructor(body: Body<unknown>, owner: Owner | undefined, gate: Promise<void> = OPEN) {
    super()
    if (typeof body !== 'function') {
      throw new TypeError(`A task is a function, not ${typeof body}. Write spawn(async () => ...).`)
    }
    this.#outcome = body
    this.#owner = owner
    void gate.then(() => this.#begin())
  }

  /** The same as the handle itself, under tokio's name: `await handle.join()`. */
  join(): Wait<T> {
    return this
  }

  /** @internal */
  override begin(): Attempt<T> {
    return new Join(this)
  }

  /** Yields until the task has ended; this is what `await` calls. */
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (Cancellation.current !== undefined) return new Join(this).then(onValue, onError)
    return afterTurnIfDue(this.#settlement()).then(onValue, onError)
  }

  override get [Symbol.toStringTag](): string {
    return 'TaskHandle'
  }

  /**
   * Asks the task to end: `join` then throws `CancelledError`. Does nothing if it has ended.
   *
   * A task that has not begun never does. One that runs is ended at a wait (`await rx.recv()`, `await m.lock()`): at the one
   * that it is in, and at each that it begins later. The wait throws `CancelledError` and takes nothing; if something was
   * handed over to it already, it gives that.
   *
   * ```ts
   * const [tx, rx] = mpsc.channel<number>()
   * const job = task.spawn(async () => await rx.recv())
   * await task.yieldNow()
   * job.abort()
   * tx.send(7)
   * await rx.recv() // => 7
   * ```
   *
   * What such a task returns or throws is dropped: a `Sender` in it that the task has made ends. A task that takes its signal
   * (`async signal => ...`) ends when its body does, and is told only once: by a wait that ends, by a listener of its signal, or
   * when it looks at the signal. After that it may wait, to clean up.
   */
  abort(): void {
    if (this.#state > RUNNING) return
    const error = cancelled()
    const controller = this.#controller
    if (controller === undefined) this.#settle(CANCELLED, error)
    const cancellation = this.#cancellation
    if (cancellation?.cancel(error) === true && controller !== undefined) abortSignal(controller, error, cancellation)
  }

  /** Whether the task is settled: `join` would not wait. */
  isFinished(): boolean {
    return this.#state > RUNNING
  }

  /** Detaches the task: it runs on, and what it returns is dropped. */
  [Symbol.dispose](): void {
    this.#isDetached = true
    this.discard()
  }

  #begin(): void {
    if (this.#state !== QUEUED) return this.#owner?.ended(this)
    const body = this.#outcome as Body<unknown>
    this.#outcome = undefined
    this.#state = RUNNING
    const takesSignal = hasParameters(body)
    if (takesSignal) this.#controller = new AbortController()
    this.#cancellation = new Cancellation(undefined, takesSignal)
    this.#cancellation.run(() => this.#run(body))
  }

  #run(body: Body<unknown>): void {
    try {
      const result = body(this.#controller?.signal as AbortSignal)
      if (isThenable(result))
        result.then(
          value => this.#end(DONE, value),
          (error: unknown) => this.#end(FAILED, error),
        )
      else this.#end(DONE, result)
    } catch (error) {
      this.#end(FAILED, error)
    }
  }

  #end(state: typeof DONE | typeof FAILED, outcome: unknown): void {
    this.#cancellation!.end()
    if (this.#state === RUNNING) {
      const reason = this.#cancellation!.error
      if (reason === undefined) this.#settle(state, outcome)
      else {
        if (state === DONE) this.#cancellation!.discard(outcome)
        this.#settle(CANCELLED, state === FAILED && outcome !== reason ? cancelled(outcome) : reason)
      }
    } else this.#cancellation!.discard(outcome)
    this.#owner?.ended(this)
  }

  #settle(state: number, outcome: unknown): void {
    this.#state = state
    this.#outcome = outcome
    if (this.#promise !== undefined) {
      this.#isGiven = true
      if (state === DONE) this.#promise.resolve(outcome)
      else this.#promise.reject(outcome)
    }
    this.#line?.wakeAll()
    this.#owner?.settled(this)
    if (state === FAILED && !this.#heard) rememberUnjoined(this, outcome)
    if (this.#isDetached) this.discard()
  }

  /** @internal Throws what the settled task threw. */
  check(): void {
    if (this.#state !== DONE) this.poll()
  }

  /** @internal No code will ask for what it returned: unless some has, the handles in it end. */
  discard(): void {
    if (this.#state !== DONE || this.#isGiven) return
    this.#isGiven = true
    this.#cancellation!.discard(this.#outcome)
  }

  /** @internal What it threw and nobody has heard of; from now on the caller has. */
  takeFailure(): { readonly error: unknown } | undefined {
    if (this.#state !== FAILED || this.#heard) return undefined
    this.#heard = true
    return { error: this.#outcome }
  }

  /** @internal */
  poll(): T | Pending {
    if (this.#state <= RUNNING) return PENDING
    if (this.#state === DONE) {
      this.#isGiven = true
      return this.#outcome as T
    }
    this.#hear()
    throw this.#outcome
  }

  /** @internal */
  line(): Line {
    return (this.#line ??= new Line())
  }

  #settlement(): Promise<T> {
    if (this.#state === DONE) {
      this.#isGiven = true
      return Promise.resolve(this.#outcome as T)
    }
    if (this.#state > RUNNING) {
      this.#hear()
      return Promise.reject(this.#outcome)
    }
    this.#heard = true
    this.#promise ??= withResolvers()
    return this.#promise.promise as Promise<T>
  }

  #hear(): void {
    if (!this.#heard) forgetUnjoined(this)
    this.#heard = true
  }
}
refuseClass(TaskHandle, 'it belongs to its event loop, send what join() gives')

/** One run of a wait for a task. */
class Join<T> extends LineWait<T> {
  readonly #task: TaskHandle<T>

  constructor(task: TaskHandle<T>) {
    super()
    this.#task = task
  }
  override poll(): T | Pending {
    return this.#task.poll()
  }
  override ready(): boolean {
    return this.#task.isFinished()
  }
  override line(): Line {
    return this.#task.line()
  }
}

function withResolvers(): PromiseWithResolvers<unknown> {
  let resolve!: (value: unknown) => void
  let reject!: (error: unknown) => void
  const promise = new Promise((a, b) => {
    resolve = a
    reject = b
  })
  return { promise, resolve, reject }
}

function cancelled(cause?: unknown): CancelledError {
  const text = 'This task was aborted. Catch CancelledError where you join what you abort.'
  return cause === undefined ? new CancelledError(text) : new CancelledError(text, { cause })
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === 'object' && typeof (value as { then?: unknown }).then === 'function'
}

/** A function may be a proxy that answers nothing; its call then says so. */
function hasParameters(body: Body<unknown>): boolean {
  try {
    return body.length > 0
  } catch {
    return false
  }
}
