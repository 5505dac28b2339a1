/** An atomic double. Its 64 bits change in one atomic step (core/atomic.ts). */
import { describe } from '../describe.ts'
import { ATOMIC_VALUE } from '../core/atomic.ts'
import { core } from '../core/index.ts'
import { Handle, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { ATOMIC_F64 } from '../memory/handles/kinds.ts'
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
 * A number that several threads may change at the same time: any number, not only an integer.
 *
 * ```ts
 * const total = new AtomicF64(0)
 * await thread.spawn(move(() => total.fetchAdd(0.5))).join() // => 0
 * total.load() // => 0.5
 * ```
 *
 * Crossing a thread shares it. Each operation is sequentially consistent and never waits. Operations that change the
 * value return the previous value. Values are compared by their bits, as `Object.is` does: NaN equals NaN, and 0
 * differs from -0. The order in which threads add determines the rounding of a sum. A value that is not a number, and
 * an ordering that the operation cannot have, throws `RangeError`.
 */
export class AtomicF64 extends Handle {
  declare readonly [crossing]: Crossing<'AtomicF64', 'always', 'always'>

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newFloat(value)) {
    super(record)
  }
  load(order?: LoadOrdering): number {
    checkLoadOrdering(order)
    return core.floatLoad(liveObjectOf(this) + ATOMIC_VALUE)
  }
  store(value: number, order?: StoreOrdering): void {
    checkStoreOrdering(order)
    core.floatStore(liveObjectOf(this) + ATOMIC_VALUE, floatOf(value))
  }
  swap(value: number, order?: Ordering): number {
    checkOrdering(order)
    return core.floatSwap(liveObjectOf(this) + ATOMIC_VALUE, floatOf(value))
  }
  /** Stores `value` if the present value is `expected`. Returns the previous value, which is `expected` on success. */
  compareExchange(expected: number, value: number, success?: Ordering, failure?: LoadOrdering): number {
    checkOrdering(success)
    checkLoadOrdering(failure)
    return core.floatCompareExchange(liveObjectOf(this) + ATOMIC_VALUE, floatOf(expected), floatOf(value))
  }
  fetchAdd(value: number, order?: Ordering): number {
    checkOrdering(order)
    return core.floatAdd(liveObjectOf(this) + ATOMIC_VALUE, floatOf(value))
  }
  fetchSub(value: number, order?: Ordering): number {
    return this.fetchAdd(-floatOf(value), order)
  }
  /** Stores the larger of `value` and the present value. A number replaces a NaN. */
  fetchMax(value: number, order?: Ordering): number {
    checkOrdering(order)
    return core.floatMax(liveObjectOf(this) + ATOMIC_VALUE, floatOf(value))
  }
  /** Stores the smaller of `value` and the present value. A number replaces a NaN. */
  fetchMin(value: number, order?: Ordering): number {
    checkOrdering(order)
    return core.floatMin(liveObjectOf(this) + ATOMIC_VALUE, floatOf(value))
  }
  /**
   * Stores `f(previous)` and returns the previous value. If `f` returns `undefined`, stores nothing and returns
   * `undefined`. `f` is called again if another thread changed the value first, so it should have no side effects.
   */
  fetchUpdate(f: (value: number) => number | undefined): number | undefined {
    for (let seen = this.load(); ;) {
      const next = f(seen)
      refuseAsync('fetchUpdate', next)
      if (next === undefined) return undefined
      const found = this.compareExchange(seen, next)
      if (Object.is(found, seen)) return seen
      seen = found
    }
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Returns the number unchanged. Throws `RangeError` for any other value, which WebAssembly would convert. */
function floatOf(value: number): number {
  if (typeof value === 'number') return value
  throw new RangeError(`An AtomicF64 holds a number, got ${describe(value)}. Convert it with \`Number(x)\`.`)
}

function newFloat(value: number): number {
  const float = floatOf(value)
  return newAtomicOf(ATOMIC_F64, at => core.floatStore(at, float))
}

defineAtomic('AtomicF64', ATOMIC_F64, AtomicF64, record => new AtomicF64(0, record))
