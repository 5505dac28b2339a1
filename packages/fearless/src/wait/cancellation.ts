/**
 * Cancellation: the end of waits before their time, because their task was aborted, their job's time is over, or their scope ends.
 *
 * A function that may be cancelled (a task, a job of `timeout`, the function of a scope) runs under a `Cancellation`. So does all
 * that it calls and awaits: the platform carries it along.
 *
 * - A wait of an event loop is in the set of its cancellation while it is pending. Cancelled, it leaves its queue and has taken
 *   nothing; one to which something was handed over already gives that.
 * - Every wait that begins later fails at once. A function with a signal of its own is told once instead: by a wait that ends, by a
 *   listener of its signal, or when it looks at the signal. From then on its waits wait, so that it can clean up.
 * - When its function has ended, a cancellation is over: what the function has left running belongs to the one around it.
 */
import { platform } from '#platform'
import { dropHandle, isAlive, type Handle } from '../memory/handles/handle.ts'
import { noteForTasks, noteMade, objectsIn } from '../memory/handles/made.ts'
import type { AsyncContext } from '../platform/platform.ts'

/** A wait, or the cancellation of a function inside of another one. */
export interface Cancellable {
  /** Ends with this error. */
  cancel(error: Error): unknown
}

const OPEN = 0
const CANCELLED = 1
const OVER = 2

/** A function that catches its cancellation this often, and waits again each time, is in an endless loop. */
const MOST_REFUSALS = 100_000

let context: AsyncContext<Cancellation> | undefined

/** What functions were cancelled with. */
const cancellations = new WeakSet<object>()

/** Whether an error ends a function because it was cancelled. */
export function isCancellation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && cancellations.has(error)
}

export class Cancellation implements Cancellable {
  readonly #outer: Cancellation | undefined
  readonly #isToldOnce: boolean
  readonly #onCancel: ((error: Error) => void) | undefined
  #state = OPEN
  #error: Error | undefined
  #pending: Set<Cancellable> | undefined
  /** Weak: what the function keeps no longer is not kept here. */
  #made: WeakSet<Handle> | undefined
  /** How many waits are still to be refused. */
  #refusals: number

  /** Of a function inside of `outer`, whose cancellation is also this one's. */
  constructor(outer: Cancellation | undefined, isToldOnce: boolean, onCancel?: (error: Error) => void) {
    this.#outer = outer
    this.#isToldOnce = isToldOnce
    this.#onCancel = onCancel
    this.#refusals = isToldOnce ? 1 : MOST_REFUSALS
    outer?.add(this)
  }

  /** The innermost one that the running code is under and that is not over. */
  static get current(): Cancellation | undefined {
    let at = context?.get()
    while (at !== undefined && at.#state === OVER) at = at.#outer
    return at
  }

  /** Runs a function under this one. */
  run<R>(f: () => R): R {
    context ??= newContext()
    return context.run(this, f)
  }

  /** Runs a step of a wait of the function, and notes the handles that it receives. */
  noting<R>(step: () => R): R {
    const received: Handle[] = []
    try {
      return noteMade(received, step)
    } finally {
      for (const handle of received) this.note(handle)
    }
  }

  /** The function has made a handle whose end others may see. */
  note(handle: Handle): void {
    ;(this.#made ??= new WeakSet()).add(handle)
  }

  /** What the function has given is taken over by no code: the handles in it that the function has made end. */
  discard(value: unknown): void {
    const made = this.#made
    if (made === undefined) return
    for (const handle of objectsIn(value, object => made.has(object as Handle)) as readonly Handle[])
      if (isAlive(handle)) dropHandle(handle)
  }

  add(wait: Cancellable): void {
    ;(this.#pending ??= new Set()).add(wait)
  }
  delete(wait: Cancellable): void {
    this.#pending?.delete(wait)
  }

  /** What it was cancelled with. */
  get error(): Error | undefined {
    return this.#error
  }

  /** Cancels it; false if it was cancelled, or is over. */
  cancel(error: Error): boolean {
    if (this.#state !== OPEN) return false
    this.#state = CANCELLED
    this.#error = error
    cancellations.add(error)
    const pending = this.#pending
    if (pending !== undefined && pending.size > 0) this.tell()
    for (const wait of pending ?? []) {
      pending!.delete(wait)
      wait.cancel(error)
    }
    this.#onCancel?.(error)
    return true
  }

  /** The function knows that it was cancelled. */
  tell(): void {
    if (this.#isToldOnce) this.#refusals = 0
  }

  /** The function has ended. */
  end(): void {
    if (this.#state === OPEN) this.#state = OVER
    this.#outer?.delete(this)
  }

  /** What a wait that would begin now is instead; undefined if it may begin. */
  refusal(): Promise<never> | undefined {
    if (this.#state !== CANCELLED) return undefined
    if (this.#refusals > 0) {
      if (--this.#refusals === 0 && !this.#isToldOnce) reportEndlessLoop()
      return Promise.reject(this.#error!)
    }
    return this.#isToldOnce ? undefined : new Promise<never>(() => {})
  }
}

function newContext(): AsyncContext<Cancellation> {
  noteForTasks(handle => Cancellation.current?.note(handle))
  return platform.asyncContext()
}

function reportEndlessLoop(): void {
  platform.printError(
    `A task that was aborted has caught its CancelledError ${MOST_REFUSALS} times, and waited again each time. From now on its ` +
      'waits never end. Let the error pass: `catch (error) { if (error instanceof CancelledError) throw error }`.\n',
  )
}

/**
 * The promise of a `then`. A task that is aborted may never come to the `await` of a promise that it has made before: where that
 * promise fails only because of the abort, it is no unhandled rejection.
 */
export function thenUnder<T, A, B>(
  under: Cancellation | undefined,
  promise: Promise<T>,
  onValue?: ((value: T) => A | PromiseLike<A>) | null,
  onError?: ((error: unknown) => B | PromiseLike<B>) | null,
): Promise<A | B> {
  const derived = promise.then(onValue, onError)
  if (under !== undefined) {
    promise.then(undefined, error => {
      if (isCancellation(error)) derived.then(undefined, () => {})
    })
  }
  return derived
}

/** Runs a function whose waits nothing cancels. */
export function uncancelled<R>(f: () => R): R {
  return context === undefined ? f() : context.run(undefined, f)
}

/** Aborts the signal of a function that was cancelled, which tells the function if it listens, or when it looks. */
export function abortSignal(controller: AbortController, error: Error, cancellation: Cancellation): void {
  const { signal } = controller
  if (platform.isListenedTo(signal)) cancellation.tell()
  controller.abort(error)
  const look = <T>(value: T): T => {
    cancellation.tell()
    return value
  }
  Object.defineProperties(signal, {
    aborted: { get: () => look(true) },
    reason: { get: () => look(error) },
    throwIfAborted: {
      value() {
        throw look(error)
      },
    },
  })
}

interface Listening {
  readonly calls: Set<() => void>
  readonly listener: () => void
}

/** One listener serves all waits of a signal: a signal may live long, and have many. */
const listening = new WeakMap<AbortSignal, Listening>()

/** Calls `f` when the signal is aborted. Returns a function that calls this off. */
export function onAbort(signal: AbortSignal, f: () => void): () => void {
  const { calls, listener } = listening.get(signal) ?? listen(signal)
  calls.add(f)
  return () => {
    calls.delete(f)
    if (calls.size > 0) return
    signal.removeEventListener('abort', listener)
    if (listening.get(signal)?.calls === calls) listening.delete(signal)
  }
}

function listen(signal: AbortSignal): Listening {
  const calls = new Set<() => void>()
  const listener = (): void => {
    for (const f of calls) f()
  }
  const entry = { calls, listener }
  listening.set(signal, entry)
  signal.addEventListener('abort', listener)
  return entry
}
