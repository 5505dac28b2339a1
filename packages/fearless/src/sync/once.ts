/**
 * One-time initialisation, after std's `Once`. core/once.ts defines its words and protocol.
 *
 * A caller whose function throws, or whose thread dies, leaves the Once poisoned and wakes the waiters.
 */
import { core, self } from '../core/index.ts'
import { LOCK_ONCE, ONCE_BUSY, ONCE_DONE, ONCE_NEW, ONCE_POISONED } from '../core/once.ts'
import { describe } from '../describe.ts'
import { PoisonError } from '../errors.ts'
import { Handle, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { ONCE } from '../memory/handles/kinds.ts'
import type { AtOnce, Crossing, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import type { Wait } from '../wait/wait.ts'
import { isThenableOrGenerator, asyncUnderLockError } from './lock-snapshot.ts'
import { defineLock, newLock } from './lock-memory.ts'
import { OnceWait, onceStateOf } from './once-wait.ts'

/**
 * A function call that happens once, in the first thread that requests it.
 *
 * ```ts
 * const setup = new Once()
 * await thread.spawn(move(() => setup.callOnce(() => console.log('ready')).wait())).join() // => true
 * await setup.callOnce(() => console.log('never printed')) // => false
 * ```
 *
 * The effects of the function happen before the end of every wait of this Once. If the function throws, or its thread
 * dies, the Once is poisoned. Crossing a thread shares it.
 */
export class Once extends Handle {
  declare readonly [crossing]: Crossing<'Once', 'always', 'always'>

  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newLock(ONCE, LOCK_ONCE, true, () => {})) {
    super(record)
  }

  /**
   * Calls `f` if no call has run, or waits while another call runs. Returns whether this `f` ran.
   *
   * Throws `PoisonError` if a call has failed, the errors of `f`, `BorrowError` if `f` is async (which counts as a
   * failure), and `DeadlockError` if it blocks inside its own `f`.
   */
  callOnce<R>(f: () => AtOnce<R>): Wait<boolean> {
    return new Call(this, f, false)
  }

  /** Does the same as `callOnce`, but also after a call has failed. `f` learns of the failure from `isPoisoned`. */
  callOnceForce<R>(f: (state: { readonly isPoisoned: boolean }) => AtOnce<R>): Wait<boolean> {
    return new Call(this, f, true)
  }

  /** Whether a call has succeeded. */
  get isCompleted(): boolean {
    return onceStateOf(this) === ONCE_DONE
  }

  /** Waits until a call has succeeded in any thread, and returns `true`. Throws `PoisonError` if a call has failed. */
  completed(): Wait<true> {
    return new Completed(this)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class Call extends OnceWait<boolean> {
  readonly #f: (state: { readonly isPoisoned: boolean }) => unknown
  readonly #forces: boolean

  constructor(once: Once, f: (state: { readonly isPoisoned: boolean }) => unknown, forces: boolean) {
    super(once)
    if (typeof f !== 'function')
      throw new TypeError(`\`callOnce\` expects a function, got ${describe(f)}. Pass it a function.`)
    this.#f = f
    this.#forces = forces
  }
  override tryComplete(): boolean | Pending {
    const once = liveObjectOf(this.handle)
    const state = core.onceBegin(self, once, this.#forces ? 1 : 0)
    if (state === ONCE_BUSY) return PENDING
    if (state === ONCE_DONE) return false
    if (state === ONCE_POISONED) throw poisoned()
    let outcome = ONCE_POISONED
    try {
      const answer: unknown = this.#f({ isPoisoned: onceStateOf(this.handle) === ONCE_POISONED })
      if (isThenableOrGenerator(answer))
        throw asyncUnderLockError(
          this.#forces ? 'callOnceForce' : 'callOnce',
          answer,
          'Use a OnceLock: `await cell.set(await f())`.',
        )
      outcome = ONCE_DONE
    } finally {
      core.onceComplete(self, once, outcome)
    }
    return true
  }
  override isReady(): boolean {
    const state = onceStateOf(this.handle)
    return state === ONCE_DONE || (state === ONCE_POISONED && !this.#forces) || this.isFree()
  }
}

class Completed extends OnceWait<true> {
  override tryComplete(): true | Pending {
    const state = onceStateOf(this.handle)
    if (state === ONCE_POISONED) throw poisoned()
    return state === ONCE_DONE ? true : PENDING
  }
  override isReady(): boolean {
    return onceStateOf(this.handle) !== ONCE_NEW
  }
}

function poisoned(): PoisonError<undefined> {
  return new PoisonError(
    'The initialiser of this Once panicked and may be half done. Use `callOnceForce` to run it again.',
    () => undefined,
  )
}

defineLock(ONCE, 'Once', Once, record => new Once(record))
