/**
 * A cell that is written once, after std's `OnceLock`. core/once.ts defines its words and protocol.
 *
 * - The value is encoded in the heap and never changes once it is set.
 * - Each handle decodes it once, frozen (shared-reader.ts).
 * - An initialiser that throws, or whose thread dies, leaves the cell empty.
 */
import { core, self } from '../core/index.ts'
import { getFloat } from '../core/memory.ts'
import { MUTEX_NUMBER } from '../core/mutex.ts'
import { LOCK_CELL, ONCE_BUSY, ONCE_DONE, ONCE_NEW } from '../core/once.ts'
import { Handle, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'

import { ONCE_LOCK } from '../memory/handles/kinds.ts'
import { refuseUnshareable } from '../memory/codec/message.ts'
import { INTO_ONCE_LOCK } from '../memory/codec/moved.ts'
import type { Crossing, Read, SendSync, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import type { Wait } from '../wait/wait.ts'
import { isThenableOrGenerator, asyncUnderLockError } from './lock-snapshot.ts'
import { defineLock, newLock } from './lock-memory.ts'
import { OnceWait, onceStateOf } from './once-wait.ts'
import { holdsNumber, valueAddressOf, writeLockValue } from './lock-value.ts'
import { newSharedReader, readShared, type SharedReader } from './shared-reader.ts'

/** Reads the value of a filled cell. */
export class CellReader {
  #reader: SharedReader | undefined

  read(cell: number): unknown {
    if (holdsNumber(cell)) return getFloat(cell + MUTEX_NUMBER)
    this.#reader ??= newSharedReader()
    const block = valueAddressOf(cell)
    return readShared(this.#reader, block, 0, 'several threads read it in a OnceLock. Put a Mutex there to change it.')
  }
}

/**
 * A value that the first thread sets once, and all threads read.
 *
 * ```ts
 * const config = new OnceLock<{ retries: number }>()
 * const t = thread.spawn(move(() => config.getOrInit(() => ({ retries: 3 })).wait().retries))
 * await t.join() // => 3
 * config.get()?.retries // => 3
 * ```
 *
 * The value lies in shared memory; each thread decodes it once, frozen. The accesses before it was set happen before
 * those of its readers. An initialiser that fails leaves the cell empty. Crossing a thread shares the cell.
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

  /** Returns the value, or `undefined` if it is not set. */
  get(): Read<T> | undefined {
    return onceStateOf(this) === ONCE_DONE ? this.read() : undefined
  }

  /**
   * Sets the value and returns `true`. Returns `false` if the value was already set; `value` then still belongs to
   * this thread. Waits while another thread sets it.
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
   * Returns the value, and creates it with `f` if it is not set. If several threads call at the same time, one calls
   * its `f` and the others wait.
   *
   * Throws the errors of `f`, `BorrowError` if `f` is async (the cell stays empty in both cases), and `DeadlockError`
   * if it blocks inside its own `f`.
   */
  getOrInit(f: () => SendSync<T>): Wait<Read<T>> {
    return new Fill<T, Read<T>>(this, f, undefined, () => this.read())
  }

  /** Waits until a thread has set the value, and returns it. */
  filled(): Wait<Read<T>> {
    return new Filled(this)
  }

  /** @internal Returns the value of a filled cell. */
  read(): Read<T> {
    return this.#reader.read(liveObjectOf(this)) as Read<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** The wait of `set` and `getOrInit`: fills the cell, or finds it filled. */
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
  override tryComplete(): R | Pending {
    const cell = liveObjectOf(this.handle)
    const state = core.onceBegin(self, cell, 0)
    if (state === ONCE_BUSY) return PENDING
    if (state === ONCE_DONE) return this.#found()
    let outcome = ONCE_NEW
    try {
      const made = this.#make()
      // `writeLockValue` refuses a promise passed to `set`, as in any message.
      if (this.#made === undefined && isThenableOrGenerator(made))
        throw asyncUnderLockError('getOrInit', made, 'Wait first: `cell.set(await f())`.')
      writeLockValue(cell, made, refuseUnshareable, INTO_ONCE_LOCK)
      outcome = ONCE_DONE
    } finally {
      core.onceComplete(self, cell, outcome)
    }
    return this.#made ?? this.#found()
  }
}

class Filled<T> extends OnceWait<Read<T>> {
  override tryComplete(): Read<T> | Pending {
    return onceStateOf(this.handle) === ONCE_DONE ? (this.handle as OnceLock<T>).read() : PENDING
  }
  override isReady(): boolean {
    return onceStateOf(this.handle) === ONCE_DONE
  }
}

defineLock(ONCE_LOCK, 'OnceLock', OnceLock as { readonly prototype: Handle }, record => new OnceLock(record))
