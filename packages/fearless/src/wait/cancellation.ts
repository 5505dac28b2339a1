/**
 * Cancellation: ends waits before they complete, because their task was aborted, their job's time limit was reached, or
 * their scope ends.
 *
 * A function that may be cancelled (a task, a job of `timeout`, the function of a scope) runs under a `Cancellation`.
 * So does all code that it calls and awaits: the platform's async context carries the `Cancellation` along.
 *
 * - A pending wait of an event loop is in the set of its cancellation. A cancelled wait unregisters its waiter and has
 *   no effect; if a value was already transferred to it, it completes with that value.
 * - Every wait that starts later fails at once. A function that has a signal of its own is notified only once: by a
 *   wait that fails, by a listener of its signal, or when it reads the signal. Its later waits work normally, so that
 *   it can clean up.
 * - A cancellation is over when its function has finished. Work that the function left running belongs to the enclosing
 *   one.
 */
import { platform } from '#platform'
import { dropHandle, isAlive, type Handle } from '../memory/handles/handle.ts'
import { setTaskRecorder, recordHandlesOf, objectsIn } from '../memory/handles/created-handles.ts'
import type { AsyncContext } from '../platform/platform.ts'

/** A wait, or the cancellation of a function nested in another one. */
export interface Cancellable {
  /** Fails with this error. */
  cancel(error: Error): unknown
}

const OPEN = 0
const CANCELLED = 1
const OVER = 2

/** A function that catches its cancellation this many times, and waits again each time, is in an endless loop. */
const MOST_REFUSALS = 100_000

let context: AsyncContext<Cancellation> | undefined

/** The errors with which functions were cancelled. */
const cancellations = new WeakSet<object>()

/** Returns whether an error ends a function because the function was cancelled. */
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
  /** Weak, so that a handle which the function no longer keeps is not kept alive here. */
  #made: WeakSet<object> | undefined
  /** The number of waits that are still to fail. */
  #refusals: number

  /** Creates the cancellation of a function nested in `outer`; a cancellation of `outer` cancels it, too. */
  constructor(outer: Cancellation | undefined, isToldOnce: boolean, onCancel?: (error: Error) => void) {
    this.#outer = outer
    this.#isToldOnce = isToldOnce
    this.#onCancel = onCancel
    this.#refusals = isToldOnce ? 1 : MOST_REFUSALS
    outer?.add(this)
  }

  /** The innermost cancellation that the running code is under and that is not over. */
  static get current(): Cancellation | undefined {
    let at = context?.get()
    while (at !== undefined && at.#state === OVER) at = at.#outer
    return at
  }

  /** Runs a function under this cancellation. */
  run<R>(f: () => R): R {
    context ??= newContext()
    return context.run(this, f)
  }

  /** Runs one step of a wait of the function, and records the handles that the step returns. */
  noting<R>(step: () => R): R {
    const received: object[] = []
    try {
      return recordHandlesOf(received, step)
    } finally {
      for (const handle of received) this.note(handle)
    }
  }

  /** Records a handle that the function has created and whose drop other threads may observe. */
  note(handle: object): void {
    ;(this.#made ??= new WeakSet()).add(handle)
  }

  /** Drops the handles in a result that no code takes over, as far as the function has created them. */
  discard(value: unknown): void {
    const made = this.#made
    if (made === undefined) return
    for (const handle of objectsIn(value, object => made.has(object)) as readonly Handle[])
      if (isAlive(handle)) dropHandle(handle)
  }

  add(wait: Cancellable): void {
    ;(this.#pending ??= new Set()).add(wait)
  }
  delete(wait: Cancellable): void {
    this.#pending?.delete(wait)
  }

  /** The error with which it was cancelled. */
  get error(): Error | undefined {
    return this.#error
  }

  /** Cancels the function. Returns false if it was already cancelled, or is over. */
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

  /** Records that the function has been notified of its cancellation. */
  tell(): void {
    if (this.#isToldOnce) this.#refusals = 0
  }

  /** Called when the function has finished. */
  end(): void {
    if (this.#state === OPEN) this.#state = OVER
    this.#outer?.delete(this)
  }

  /** Returns the promise of a wait that must not start because of the cancellation; undefined if the wait may start. */
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
  setTaskRecorder(handle => Cancellation.current?.note(handle))
  return platform.asyncContext()
}

function reportEndlessLoop(): void {
  platform.printError(
    `An aborted task caught its CancelledError ${MOST_REFUSALS} times and waited again each time. ` +
      'Its further waits never complete. Rethrow the error: `catch (error) { if (error instanceof CancelledError) throw error }`.\n',
  )
}

/**
 * Returns the promise of a `then`. An aborted task may never reach the `await` of a promise that it created before. If
 * that promise fails only because of the abort, it is not reported as an unhandled rejection.
 */
export function chainUnderCancellation<T, A, B>(
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

/** Runs a function whose waits no cancellation ends. */
export function runUncancelled<R>(f: () => R): R {
  return context === undefined ? f() : context.run(undefined, f)
}

/**
 * Aborts the signal of a cancelled function. The function counts as notified if the signal has a listener, or when it
 * reads the signal.
 */
export function abortSignalOfFunction(controller: AbortController, error: Error, cancellation: Cancellation): void {
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

/** One listener per signal serves all waits: a signal may live long and have many waits. */
const listening = new WeakMap<AbortSignal, Listening>()

/** Calls `f` when the signal is aborted. Returns a function that removes the callback. */
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
