/**
 * Guard: the right to use what a mutex protects, until it is released.
 *
 * Every access asks whether the guard is alive: not released, nor taken away because its thread ended with it. A value that is not a number was read into this thread: the guard
 * writes it back when it is released, so changes inside it count.
 */
import { core, self } from '../core/index.ts'
import { MUTEX_LOST, MUTEX_NUMBER, MUTEX_POISONED, MUTEX_VALUE, VALUE_NUMBER } from '../core/mutex.ts'
import { DroppedError } from '../errors.ts'
import { refuseClass } from '../memory/codec.ts'
import { f64, i32 } from '../memory/heap.ts'
import type { Crossing, crossing } from '../send.ts'
import { UNWIND } from './unwind.ts'
import { readValue, writeValue } from './mutex.ts'

const UNREAD: unique symbol = Symbol('unread')

/** The right to use what a `Mutex` protects. Release it with `using`, with `drop(guard)`, or at the end of its thread. */
export class Guard<T> implements Disposable {
  declare readonly [crossing]: Crossing<
    'Guard',
    'never: it must be released where it was taken',
    'never: lock again where you need it',
    T
  >
  /** The locked mutex; 0 once released. */
  #mutex: number
  /** How many holders the mutex had lost when this one took it. */
  readonly #lost: number
  #read: T | typeof UNREAD = UNREAD

  /** @internal */
  constructor(mutex: number) {
    this.#mutex = mutex
    this.#lost = i32[(mutex + MUTEX_LOST) >> 2]
  }

  /** The protected value. Throws `DroppedError` if the guard was released. */
  get value(): T {
    const mutex = this.#mutex
    if (mutex === 0 || i32[(mutex + MUTEX_LOST) >> 2] !== this.#lost) throw released()
    if (i32[(mutex + MUTEX_VALUE) >> 2] === VALUE_NUMBER) return f64[(mutex + MUTEX_NUMBER) >> 3] as T
    if (this.#read === UNREAD) this.#read = readValue(mutex) as T
    return this.#read
  }
  set value(value: T) {
    const mutex = this.#mutex
    if (mutex === 0 || i32[(mutex + MUTEX_LOST) >> 2] !== this.#lost) throw released()
    if (typeof value === 'number' && i32[(mutex + MUTEX_VALUE) >> 2] === VALUE_NUMBER) {
      f64[(mutex + MUTEX_NUMBER) >> 3] = value
    } else {
      writeValue(mutex, value)
      this.#read = UNREAD
    }
  }

  /** Releases the lock. Releasing it twice is no error. */
  [Symbol.dispose](): void {
    const mutex = this.#mutex
    if (mutex === 0) return
    this.#mutex = 0
    if (i32[(mutex + MUTEX_LOST) >> 2] !== this.#lost) return
    try {
      if (this.#read !== UNREAD && isObject(this.#read)) writeValue(mutex, this.#read)
    } finally {
      core.mutexUnlock(self, mutex)
    }
  }

  /** @internal Releases the lock because of a panic. */
  [UNWIND](): void {
    if (this.#mutex === 0 || i32[(this.#mutex + MUTEX_LOST) >> 2] !== this.#lost) return
    Atomics.store(i32, (this.#mutex + MUTEX_POISONED) >> 2, 1)
    this[Symbol.dispose]()
  }
}

/** Releases a guard because its section threw: the lock is poisoned. */
export function releasePoisoned(guard: Guard<unknown>): void {
  guard[UNWIND]()
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function released(): DroppedError {
  return new DroppedError(
    'This guard was released, or its thread has ended; another may be using the value. Lock again.',
  )
}

refuseClass(Guard, 'release it where it was taken')
