/** An atomic boolean: a word that is 0 or 1 (core/atomic.ts). */
import { describe } from '../describe.ts'
import { ATOMIC_VALUE } from '../core/atomic.ts'
import { core } from '../core/index.ts'
import { Handle, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { ATOMIC_BOOL } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { defineAtomic, newAtomicOf } from './atomic.ts'
import { refuseAsync } from './lock-snapshot.ts'
import {
  checkOrdering,
  checkLoadOrdering,
  checkStoreOrdering,
  type LoadOrdering,
  type Ordering,
  type StoreOrdering,
} from './ordering.ts'

/**
 * A boolean that several threads may change at the same time.
 *
 * ```ts
 * const stop = new AtomicBool(false)
 * const t = thread.spawn(move(() => { while (!stop.load()) sleep(1).wait() }))
 * stop.store(true)
 * await t.join()
 * ```
 *
 * Crossing a thread shares it. Each operation is sequentially consistent and never waits. Operations that change the
 * value return the previous value. An ordering that the operation cannot have throws `RangeError`.
 */
export class AtomicBool extends Handle {
  declare readonly [crossing]: Crossing<'AtomicBool', 'always', 'always'>

  constructor(value: boolean)
  /** @internal */
  constructor(value: boolean, record?: number)
  constructor(value: boolean, record = newBool(value)) {
    super(record)
  }
  load(order?: LoadOrdering): boolean {
    checkLoadOrdering(order)
    return core.wordLoad(liveObjectOf(this) + ATOMIC_VALUE) !== 0
  }
  store(value: boolean, order?: StoreOrdering): void {
    checkStoreOrdering(order)
    core.wordStore(liveObjectOf(this) + ATOMIC_VALUE, wordOf(value))
  }
  swap(value: boolean, order?: Ordering): boolean {
    checkOrdering(order)
    return core.wordSwap(liveObjectOf(this) + ATOMIC_VALUE, wordOf(value)) !== 0
  }
  /**
   * Stores `value` if the present value equals `expected`. Returns the previous value, which equals `expected` on
   * success.
   */
  compareExchange(expected: boolean, value: boolean, success?: Ordering, failure?: LoadOrdering): boolean {
    checkOrdering(success)
    checkLoadOrdering(failure)
    return core.wordCompareExchange(liveObjectOf(this) + ATOMIC_VALUE, wordOf(expected), wordOf(value)) !== 0
  }
  fetchAnd(value: boolean, order?: Ordering): boolean {
    checkOrdering(order)
    return core.wordAnd(liveObjectOf(this) + ATOMIC_VALUE, wordOf(value)) !== 0
  }
  /** Stores `!(previous && value)`. */
  fetchNand(value: boolean, order?: Ordering): boolean {
    checkOrdering(order)
    return core.wordNandWithin(liveObjectOf(this) + ATOMIC_VALUE, wordOf(value), 31, 0) !== 0
  }
  fetchOr(value: boolean, order?: Ordering): boolean {
    checkOrdering(order)
    return core.wordOr(liveObjectOf(this) + ATOMIC_VALUE, wordOf(value)) !== 0
  }
  /** Stores the opposite of the present value and returns the previous value. */
  fetchNot(order?: Ordering): boolean {
    return this.fetchXor(true, order)
  }
  fetchXor(value: boolean, order?: Ordering): boolean {
    checkOrdering(order)
    return core.wordXor(liveObjectOf(this) + ATOMIC_VALUE, wordOf(value)) !== 0
  }
  /**
   * Stores `f(previous)` and returns the previous value. If `f` returns `undefined`, stores nothing and returns
   * `undefined`. `f` is called again if another thread changed the value first, so it should have no side effects.
   */
  fetchUpdate(f: (value: boolean) => boolean | undefined): boolean | undefined {
    for (let seen = this.load(); ; seen = !seen) {
      const next = f(seen)
      refuseAsync('fetchUpdate', next)
      if (next === undefined) return undefined
      if (this.compareExchange(seen, next) === seen) return seen
    }
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Returns the boolean as a word. Throws `RangeError` for any other value. */
function wordOf(value: boolean): 0 | 1 {
  if (typeof value === 'boolean') return value ? 1 : 0
  throw new RangeError(`An AtomicBool holds a boolean, got ${describe(value)}. Convert it with \`Boolean(x)\`.`)
}

function newBool(value: boolean): number {
  const word = wordOf(value)
  return newAtomicOf(ATOMIC_BOOL, at => core.wordStore(at, word))
}

defineAtomic('AtomicBool', ATOMIC_BOOL, AtomicBool, record => new AtomicBool(false, record))
