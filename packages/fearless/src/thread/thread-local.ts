/**
 * Values that every thread has for itself, made when the thread first asks and disposed when it ends.
 *
 * A worker runs many threads, one after another; module state would leak from one to the next, this does not.
 */
import { DroppedError } from '../errors.ts'
import { unnoted } from '../memory/handles/made.ts'

const made = new Map<ThreadLocal<unknown>, unknown>()
let ending = false

/** A value per thread. */
export class ThreadLocal<T> {
  readonly #initial: () => T

  /** @internal */
  constructor(initial: () => T) {
    this.#initial = initial
  }

  /** This thread's value, made now if this is its first use here. */
  get value(): T {
    if (!made.has(this)) {
      refuseIfEnding()
      made.set(this, unnoted(this.#initial))
    }
    return made.get(this) as T
  }
  set value(value: T) {
    refuseIfEnding()
    made.set(this, value)
  }

  /** Puts `value` in the place of this thread's value, and returns what was there; nothing is disposed. */
  replace(value: T): T {
    const before = this.value
    this.value = value
    return before
  }

  /**
   * Takes this thread's value away: the next use makes another one. It is the caller's to dispose.
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

/** A value made while the others are disposed would never be disposed itself. */
function refuseIfEnding(): void {
  if (ending)
    throw new DroppedError('This thread ends, and its thread-local values with it. Do not use them in a disposer.')
}

/** Disposes what the ending thread made, last made first. Throws the first error of a disposer, after all have run. */
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
