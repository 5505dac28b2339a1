/**
 * A task, after tokio's: a function that runs on this thread's event loop, with a handle for its outcome.
 *
 *   QUEUED                    the body has not begun; it is stored in `#outcome`
 *   RUNNING                   the body runs
 *   DONE, FAILED, CANCELLED   the task is settled: `#outcome` is the value, or the error that `join` throws
 *
 * - A task is settled once.
 * - If the body takes no signal, an abort settles the task at once. The body may then run on until its next wait.
 * - The owner (a set, a scope) is notified of both ends, and always of `settled` before `ended`.
 * - A task that is settled before it begins, behind a gate that never opens, has no second end.
 */
import { describe } from '../describe.ts'
import { CancelledError } from '../errors.ts'
import { refuseClass } from '../memory/codec/refuse.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Operation, type Pending } from '../wait/operation.ts'
import { Cancellation, abortSignalOfFunction } from '../wait/cancellation.ts'
import { Wait } from '../wait/wait.ts'
import { yieldTurnIfDue } from '../wait/yield.ts'
import { LocalWaitQueue, LocalQueueWait } from './local-wait-queue.ts'
import { discardUnjoinedError, rememberUnjoinedError } from './unjoined-errors.ts'

/**
 * Runs `f` as a task on this thread's event loop. The task runs whether or not it is joined.
 *
 * ```ts
 * const greeting = task.spawn(async () => {
 *   await sleep(10)
 *   return 'hi'
 * })
 * await greeting.join() // => 'hi'
 * ```
 *
 * `f` never begins inside of `spawn`: tasks begin in order, as soon as the code that spawned them yields. A task that
 * may be aborted takes a signal and passes it on: `task.spawn(async signal => fetch(url, { signal }))`.
 */
export function spawn<R>(f: TaskBody<R>): TaskHandle<Awaited<R>> {
  return new TaskHandle<Awaited<R>>(f, undefined)
}

/** The body of a task. It gets a signal only if it declares the parameter. */
export type TaskBody<R> = (signal: AbortSignal) => R

/** The set or scope that a task belongs to. */
export interface TaskOwner {
  /** Called when the task has its outcome. The owner decides whether the error is taken. */
  settled(task: TaskHandle<unknown>): void
  /** Called when the gate is open and the body has ended, or will never begin. */
  ended(task: TaskHandle<unknown>): void
}

const QUEUED = 0
const RUNNING = 1
const DONE = 2
const FAILED = 3
const CANCELLED = 4

const OPEN = Promise.resolve()

/**
 * Waits for a task, gets the value that it returns, and aborts it. It is a `Wait`.
 *
 * ```ts
 * const handle = task.spawn(async () => 6 * 7)
 * await handle // => 42
 * ```
 *
 * Waits until the task has ended, then returns its value; a task can be joined any number of times. Throws the same
 * error object that the task threw. Throws `CancelledError` if the task was aborted, and `DeadlockError` if this thread
 * would block on a task of its own event loop.
 *
 * Dropping the handle, or never keeping it, detaches the task: it runs on. If it then throws, the error is reported on
 * stderr.
 */
export class TaskHandle<T> extends Wait<T> {
  declare readonly [crossing]: Crossing<
    'TaskHandle',
    'never: it belongs to its event loop, send the value of join()',
    'never: it belongs to its event loop, send the value of join()',
    T
  >
  #state = QUEUED
  /** The body while QUEUED; then the value, or the error that `join` throws. */
  #outcome: unknown
  readonly #owner: TaskOwner | undefined
  #controller: AbortController | undefined = undefined
  /** The cancellation of the body, from its begin. */
  #cancellation: Cancellation | undefined = undefined
  #promise: PromiseWithResolvers<unknown> | undefined = undefined
  #line: LocalWaitQueue | undefined = undefined
  /** Whether code of the program has taken the error, or waits for it. */
  #isErrorTaken = false
  /** Whether the value was given to code of the program, or was discarded. */
  #isGiven = false
  /** Whether the handle was dropped. */
  #isDetached = false

  /** @internal Starts the body after the gate has opened, in the asynchronous context of this call. */
  constructor(body: TaskBody<unknown>, owner: TaskOwner | undefined, gate: Promise<void> = OPEN) {
    super()
    if (typeof body !== 'function') {
      throw new TypeError(`\`spawn\` expects a function, got ${describe(body)}. Write \`spawn(async () => ...)\`.`)
    }
    this.#outcome = body
    this.#owner = owner
    void gate.then(() => this.#begin())
  }

  /** Returns the handle itself, under tokio's name: `await handle.join()`. */
  join(): Wait<T> {
    return this
  }

  /** @internal */
  override begin(): Operation<T> {
    return new Join(this)
  }

  /** Yields until the task has ended; `await` calls this method. */
  override then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (Cancellation.current !== undefined) return new Join(this).then(onValue, onError)
    return yieldTurnIfDue(this.#settlement()).then(onValue, onError)
  }

  override get [Symbol.toStringTag](): string {
    return 'TaskHandle'
  }

  /**
   * Aborts the task: `join` then throws `CancelledError`. Does nothing if the task has ended.
   *
   * A task that has not begun never begins. A running task is cancelled at its waits (`await rx.recv()`, `await
   * m.lock()`): at its current wait, and at each later one. The wait throws `CancelledError` and takes nothing. If it
   * has already received a value, it returns the value.
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
   * The value or error of such a task is dropped, with the handles in it that the task has made. A task that takes its
   * signal (`async signal => ...`) ends when its body does, and is notified only once: by a wait that throws, by a
   * listener of its signal, or when it reads the signal. After that it may wait, to clean up.
   */
  abort(): void {
    if (this.#state > RUNNING) return
    const error = cancelled()
    const controller = this.#controller
    if (controller === undefined) this.#settle(CANCELLED, error)
    const cancellation = this.#cancellation
    if (cancellation?.cancel(error) === true && controller !== undefined)
      abortSignalOfFunction(controller, error, cancellation)
  }

  /** Whether the task is settled, so that `join` would not wait. */
  isFinished(): boolean {
    return this.#state > RUNNING
  }

  /** Detaches the task: it runs on, and its value is dropped. */
  [Symbol.dispose](): void {
    this.#isDetached = true
    this.discard()
  }

  #begin(): void {
    if (this.#state !== QUEUED) return this.#owner?.ended(this)
    const body = this.#outcome as TaskBody<unknown>
    this.#outcome = undefined
    this.#state = RUNNING
    const takesSignal = hasParameters(body)
    if (takesSignal) this.#controller = new AbortController()
    this.#cancellation = new Cancellation(undefined, takesSignal)
    this.#cancellation.run(() => this.#run(body))
  }

  #run(body: TaskBody<unknown>): void {
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
    if (state === FAILED && !this.#isErrorTaken) rememberUnjoinedError(this, outcome)
    if (this.#isDetached) this.discard()
  }

  /** @internal Throws the error of a settled task. */
  check(): void {
    if (this.#state !== DONE) this.poll()
  }

  /** @internal Drops the handles in the value, unless it was given to code of the program. */
  discard(): void {
    if (this.#state !== DONE || this.#isGiven) return
    this.#isGiven = true
    this.#cancellation!.discard(this.#outcome)
  }

  /** @internal Takes the error for the caller; undefined if there is none, or if it was already taken. */
  takeFailure(): { readonly error: unknown } | undefined {
    if (this.#state !== FAILED || this.#isErrorTaken) return undefined
    this.#isErrorTaken = true
    return { error: this.#outcome }
  }

  /** @internal */
  poll(): T | Pending {
    if (this.#state <= RUNNING) return PENDING
    if (this.#state === DONE) {
      this.#isGiven = true
      return this.#outcome as T
    }
    this.#markErrorTaken()
    throw this.#outcome
  }

  /** @internal */
  line(): LocalWaitQueue {
    return (this.#line ??= new LocalWaitQueue())
  }

  #settlement(): Promise<T> {
    if (this.#state === DONE) {
      this.#isGiven = true
      return Promise.resolve(this.#outcome as T)
    }
    if (this.#state > RUNNING) {
      this.#markErrorTaken()
      return Promise.reject(this.#outcome)
    }
    this.#isErrorTaken = true
    this.#promise ??= withResolvers()
    return this.#promise.promise as Promise<T>
  }

  #markErrorTaken(): void {
    if (!this.#isErrorTaken) discardUnjoinedError(this)
    this.#isErrorTaken = true
  }
}
refuseClass(TaskHandle, 'Send the value that `join()` gives, because the task belongs to its event loop.')

/** One join of a task. */
class Join<T> extends LocalQueueWait<T> {
  readonly #task: TaskHandle<T>

  constructor(task: TaskHandle<T>) {
    super()
    this.#task = task
  }
  override tryComplete(): T | Pending {
    return this.#task.poll()
  }
  override isReady(): boolean {
    return this.#task.isFinished()
  }
  override line(): LocalWaitQueue {
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
  const text = 'This task was aborted. Catch CancelledError where you join a task that may be aborted.'
  return cause === undefined ? new CancelledError(text) : new CancelledError(text, { cause })
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === 'object' && typeof (value as { then?: unknown }).then === 'function'
}

/** Whether a body has parameters. A proxy may throw here; its call then throws, too. */
function hasParameters(body: TaskBody<unknown>): boolean {
  try {
    return body.length > 0
  } catch {
    return false
  }
}
