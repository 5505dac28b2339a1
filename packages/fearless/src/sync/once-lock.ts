/**
 * OnceLock: a value that is set once and read by all. The protocol is in core/once.ts.
 *
 * The value lies encoded in the heap and never changes once it is there: each handle reads it once, frozen.
 */
import { core, self } from '../core/index.ts'
import { MUTEX_NUMBER } from '../core/mutex.ts'
import { LOCK_CELL, ONCE_BUSY, ONCE_DONE, ONCE_NEW } from '../core/once.ts'
import { peek } from '../memory/codec/codec.ts'
import { freeze } from '../memory/codec/refuse-unshareable.ts'
import { Handle, dropHandle, thingOf } from '../memory/handles/handle.ts'
import { f64 } from '../memory/heap.ts'
import { ONCE_LOCK } from '../memory/handles/kinds.ts'
import { refuseUnshareable } from '../memory/codec/message.ts'
import { INTO_ONCE_LOCK } from '../memory/codec/moved.ts'
import type { Crossing, Read, SendSync, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import type { Wait } from '../wait/wait.ts'
import { runsLater, laterError } from './lent.ts'
import { defineLock, newLock } from './lock-memory.ts'
import { OnceWait, stateOf } from './once-wait.ts'
import { blockOf, isNumber, writeValue } from './value.ts'

/** The value of a cell that is filled. */
export class CellReader {
  #value: unknown
  #isRead = false

  read(cell: number): unknown {
    if (isNumber(cell)) return f64[(cell + MUTEX_NUMBER) >> 3]
    if (!this.#isRead) {
      this.#value = freeze(
        peek(blockOf(cell).at),
        'several threads read it in a OnceLock. Put a Mutex there to change it.',
      )
      this.#isRead = true
    }
    return this.#value
  }
}

/**
 * A value that is set once, by whichever thread comes first, and read by all.
 *
 * ```ts
 * const config = new OnceLock<{ retries: number }>()
 * const t = thread.spawn(move(() => config.getOrInit(() => ({ retries: 3 })).wait().retries))
 * await t.join() // => 3
 * config.get()?.retries // => 3
 * ```
 *
 * The value lies in shared memory; each thread reads it once, frozen. What was done before it was set is visible to whom
 * it is given. A function that fails to make it leaves the cell empty. Crossing a thread shares the cell.
 */
export class OnceLock<T> extends Handle {
  declare readonly [crossing]: Crossing<'OnceLock', 'if Send and Sync', 'if Send and Sync', T>
  readonly #reader = new CellReader()

  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newLock(ONCE_LOCK, LOCK_CELL, true, () => {})) {
    super(record)
  }

  /** The value, or `undefined` if it is not set yet. */
  get(): Read<T> | undefined {
    return stateOf(this) === ONCE_DONE ? this.read() : undefined
  }

  /**
   * Sets the value and gives `true`; `false` if it was set before, and `value` is still this thread's. Waits while another
   * thread is about to set it.
   */
  set(value: SendSync<T>): Wait<boolean> {
    return new Fill<T, boolean>(
      this,
      () => value,
      true,
      () => false,
    )
  }

  /**
   * Gives the value; makes it by `f` if it is not set. Of all who come at a time one calls its `f`, the others wait.
   *
   * Throws what `f` throws, and the cell stays empty, as it does for an async `f` (`BorrowError`); `DeadlockError` if it blocks inside of its own `f`.
   */
  getOrInit(f: () => SendSync<T>): Wait<Read<T>> {
    return new Fill<T, Read<T>>(this, f, undefined, () => this.read())
  }

  /** Waits until the value is set, by whomever, and gives it. */
  filled(): Wait<Read<T>> {
    return new Filled(this)
  }

  /** @internal The value of a cell that is filled. */
  read(): Read<T> {
    return this.#reader.read(thingOf(this)) as Read<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Fills the cell, or finds it filled. */
class Fill<T, R> extends OnceWait<R> {
  readonly #make: () => unknown
  readonly #made: R | undefined
  readonly #found: () => R

  constructor(cell: OnceLock<T>, make: () => unknown, made: R | undefined, found: () => R) {
    super(cell)
    this.#make = make
    this.#made = made
    this.#found = found
  }
  override poll(): R | Pending {
    const cell = thingOf(this.handle)
    const state = core.onceTry(self, cell, 0)
    if (state === ONCE_BUSY) return PENDING
    if (state === ONCE_DONE) return this.#found()
    let outcome = ONCE_NEW
    try {
      const made = this.#make()
      // What `set` was given is refused as any promise is.
      if (this.#made === undefined && runsLater(made))
        throw laterError('getOrInit', made, 'Wait first: `cell.set(await f())`.')
      writeValue(cell, made, refuseUnshareable, INTO_ONCE_LOCK)
      outcome = ONCE_DONE
    } finally {
      core.onceEnd(self, cell, outcome)
    }
    return this.#made ?? this.#found()
  }
}

class Filled<T> extends OnceWait<Read<T>> {
  override poll(): Read<T> | Pending {
    return stateOf(this.handle) === ONCE_DONE ? (this.handle as OnceLock<T>).read() : PENDING
  }
  override ready(): boolean {
    return stateOf(this.handle) === ONCE_DONE
  }
}

defineLock(ONCE_LOCK, 'OnceLock', OnceLock as { readonly prototype: Handle }, record => new OnceLock(record))
