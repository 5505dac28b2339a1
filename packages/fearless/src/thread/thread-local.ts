/**
 * Values that every thread has for itself, made when the thread first asks and disposed when it ends.
 *
 * A worker runs many threads, one after another; module state would leak from one to the next, this does not.
 */

const made = new Map<ThreadLocal<unknown>, unknown>()

/** A value per thread. */
export class ThreadLocal<T> {
  readonly #initial: () => T

  /** @internal */
  constructor(initial: () => T) {
    this.#initial = initial
  }

  /** This thread's value, made now if this is its first use here. */
  get value(): T {
    if (!made.has(this)) made.set(this, this.#initial())
    return made.get(this) as T
  }
  set value(value: T) {
    made.set(this, value)
  }

  /** Calls `f` with this thread's value. */
  with<R>(f: (value: T) => R): R {
    return f(this.value)
  }
}

/**
 * A value that every thread has for itself.
 *
 * ```ts
 * const counter = threadLocal(() => 0)
 * counter.value += 1
 * await thread.spawn(() => counter.value).join() // => 0
 * ```
 *
 * `initial` runs in each thread that asks, once. A value with `[Symbol.dispose]` is disposed when its thread ends, before
 * `join` returns.
 */
export function threadLocal<T>(initial: () => T): ThreadLocal<T> {
  return new ThreadLocal(initial)
}

/** Disposes what the ending thread made, last made first. */
export function endThreadLocals(): void {
  for (const value of [...made.values()].reverse()) {
    const dispose = (value as Partial<Disposable> | null)?.[Symbol.dispose]
    if (typeof dispose === 'function') dispose.call(value)
  }
  made.clear()
}
