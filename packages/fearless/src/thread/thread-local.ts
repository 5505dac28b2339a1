/**
 * Thread-local values: made on a thread's first use, disposed when the thread finishes.
 *
 * A worker runs one thread after another, so module state leaks from one thread to the next. A thread-local does not.
 */
import { DroppedError } from '../errors.ts'
import { withoutRecording } from '../memory/handles/created-handles.ts'

const made = new Map<ThreadLocal<unknown>, unknown>()
let ending = false

/** A value that each thread has for itself, from `threadLocal`. */
export class ThreadLocal<T> {
  readonly #initial: () => T

  /** @internal */
  constructor(initial: () => T) {
    this.#initial = initial
  }

  /** This thread's value. The first use in a thread makes it. */
  get value(): T {
    if (!made.has(this)) {
      refuseIfEnding()
      made.set(this, withoutRecording(this.#initial))
    }
    return made.get(this) as T
  }
  set value(value: T) {
    refuseIfEnding()
    made.set(this, value)
  }

  /** Sets this thread's value to `value` and returns the old one. Disposes nothing. */
  replace(value: T): T {
    const before = this.value
    this.value = value
    return before
  }

  /**
   * Removes this thread's value and returns it. The next use makes a new one. The caller must dispose the old one.
   *
   * ```ts
   * const seen = threadLocal(() => [] as string[])
   * seen.value.push('a')
   * seen.take() // => ['a']
   * seen.value // => []
   * ```
   */
  take(): T {
    const { value } = this
    made.delete(this)
    return value
  }

  /** Calls `f` with this thread's value. */
  with<R>(f: (value: T) => R): R {
    return f(this.value)
  }
}

/**
 * Declares a value that each thread has for itself.
 *
 * ```ts
 * const counter = threadLocal(() => 0)
 * counter.value += 1
 * await thread.spawn(() => counter.value).join() // => 0
 * ```
 *
 * `initial` runs once in each thread that uses the value. A value with `[Symbol.dispose]` is disposed when its thread
 * finishes, before `join` returns.
 */
export function threadLocal<T>(initial: () => T): ThreadLocal<T> {
  return new ThreadLocal(initial)
}

/** Throws while thread-locals are disposed: a value that is made then would never be disposed. */
function refuseIfEnding(): void {
  if (ending)
    throw new DroppedError(
      'This thread was disposing its thread-local values. Do not use a thread-local in a disposer.',
    )
}

/**
 * Disposes the thread-locals of this thread, the newest first. Throws the first error of a disposer after all have run.
 */
export function endThreadLocals(): void {
  if (made.size === 0) return
  const errors: unknown[] = []
  ending = true
  for (const [local, value] of [...made].reverse()) {
    made.delete(local)
    try {
      const dispose = (value as Partial<Disposable> | null | undefined)?.[Symbol.dispose]
      if (typeof dispose === 'function') dispose.call(value)
    } catch (error) {
      errors.push(error)
    }
  }
  ending = false
  if (errors.length > 0) throw errors[0]
}
