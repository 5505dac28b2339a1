/**
 * Atomic 64-bit integers as bigints, after std's `AtomicI64` and `AtomicU64`. They use `Atomics` on a view, because
 * WebAssembly makes the bigint no cheaper.
 */
import { describe } from '../describe.ts'
import { ATOMIC_VALUE } from '../core/atomic.ts'
import { Handle, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { i64, u64 } from '../memory/heap.ts'
import { ATOMIC_I64, ATOMIC_U64 } from '../memory/handles/kinds.ts'
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

type View = BigInt64Array<SharedArrayBuffer> | BigUint64Array<SharedArrayBuffer>

/** The operations of both atomic 64-bit integers. */
abstract class AtomicBigInt extends Handle {
  /** @internal */
  protected abstract readonly view: View

  load(order?: LoadOrdering): bigint {
    checkLoadOrdering(order)
    return Atomics.load(this.view, this.#at())
  }
  store(value: bigint, order?: StoreOrdering): void {
    checkStoreOrdering(order)
    Atomics.store(this.view, this.#at(), this.#in(value))
  }
  swap(value: bigint, order?: Ordering): bigint {
    checkOrdering(order)
    return Atomics.exchange(this.view, this.#at(), this.#in(value))
  }
  /**
   * Stores `value` if the present value equals `expected`. Returns the previous value, which equals `expected` on
   * success.
   */
  compareExchange(expected: bigint, value: bigint, success?: Ordering, failure?: LoadOrdering): bigint {
    checkOrdering(success)
    checkLoadOrdering(failure)
    return Atomics.compareExchange(this.view, this.#at(), this.#in(expected), this.#in(value))
  }
  /** Adds `value` and wraps around on overflow. */
  fetchAdd(value: bigint, order?: Ordering): bigint {
    checkOrdering(order)
    return Atomics.add(this.view, this.#at(), this.#in(value))
  }
  /** Subtracts `value` and wraps around on overflow. */
  fetchSub(value: bigint, order?: Ordering): bigint {
    checkOrdering(order)
    return Atomics.sub(this.view, this.#at(), this.#in(value))
  }
  fetchAnd(value: bigint, order?: Ordering): bigint {
    checkOrdering(order)
    return Atomics.and(this.view, this.#at(), this.#in(value))
  }
  /** Stores `~(previous & value)`. */
  fetchNand(value: bigint, order?: Ordering): bigint {
    const mask = this.#in(value)
    return this.#change(seen => ~(seen & mask), order)
  }
  fetchOr(value: bigint, order?: Ordering): bigint {
    checkOrdering(order)
    return Atomics.or(this.view, this.#at(), this.#in(value))
  }
  fetchXor(value: bigint, order?: Ordering): bigint {
    checkOrdering(order)
    return Atomics.xor(this.view, this.#at(), this.#in(value))
  }
  /** Stores the larger of `value` and the present value. */
  fetchMax(value: bigint, order?: Ordering): bigint {
    const other = this.#in(value)
    return this.#change(seen => (seen > other ? seen : other), order)
  }
  /** Stores the smaller of `value` and the present value. */
  fetchMin(value: bigint, order?: Ordering): bigint {
    const other = this.#in(value)
    return this.#change(seen => (seen < other ? seen : other), order)
  }
  /**
   * Stores `f(previous)` and returns the previous value. If `f` returns `undefined`, stores nothing and returns
   * `undefined`. `f` is called again if another thread changed the value first, so it should have no side effects.
   */
  fetchUpdate(f: (value: bigint) => bigint | undefined): bigint | undefined {
    for (let seen = this.load(); ;) {
      const next = f(seen)
      refuseAsync('fetchUpdate', next)
      if (next === undefined) return undefined
      const found = this.compareExchange(seen, next)
      if (found === seen) return seen
      seen = found
    }
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }

  #change(f: (value: bigint) => bigint, order: Ordering | undefined): bigint {
    checkOrdering(order)
    return this.fetchUpdate(f)!
  }
  #in(value: bigint): bigint {
    if (typeof value !== 'bigint') throw noBigInt(this.constructor.name, value)
    return value
  }
  #at(): number {
    return (liveObjectOf(this) + ATOMIC_VALUE) >> 3
  }
}

/**
 * A 64-bit signed integer that several threads may change at the same time. It wraps around on overflow.
 *
 * ```ts
 * const bytes = new AtomicI64(0n)
 * await thread.spawn(move(() => bytes.fetchAdd(5_000_000_000n))).join() // => 0n
 * bytes.load() // => 5000000000n
 * ```
 *
 * A bigint costs several times as much as a number: prefer `AtomicI32`, or `AtomicF64` up to 2^53. Crossing a thread
 * shares it. Each operation is sequentially consistent and never waits. Operations that change the value return the
 * previous value. A value that is not a bigint, and an ordering that the operation cannot have, throws `RangeError`. A
 * bigint beyond the range wraps around.
 */
export class AtomicI64 extends AtomicBigInt {
  declare readonly [crossing]: Crossing<'AtomicI64', 'always', 'always'>
  /** @internal */
  protected override readonly view: View = i64

  constructor(value: bigint)
  /** @internal */
  constructor(value: bigint, record?: number)
  constructor(value: bigint, record = newBig('AtomicI64', ATOMIC_I64, value)) {
    super(record)
  }
}

/**
 * A 64-bit unsigned integer, from 0 to 2^64 - 1. Otherwise as `AtomicI64`.
 *
 * ```ts
 * const ids = new AtomicU64(2n ** 53n)
 * ids.fetchAdd(1n) // => 9_007_199_254_740_992n
 * ids.load() // => 9_007_199_254_740_993n
 * ```
 */
export class AtomicU64 extends AtomicBigInt {
  declare readonly [crossing]: Crossing<'AtomicU64', 'always', 'always'>
  /** @internal */
  protected override readonly view: View = u64

  constructor(value: bigint)
  /** @internal */
  constructor(value: bigint, record?: number)
  constructor(value: bigint, record = newBig('AtomicU64', ATOMIC_U64, value)) {
    super(record)
  }
}

/** Returns the error for a value that is not a bigint. Without this check, `Atomics` would convert the value. */
function noBigInt(name: string, value: unknown): RangeError {
  return new RangeError(`An ${name} holds a bigint, got ${describe(value)}. Convert it with \`BigInt(n)\`.`)
}

function newBig(name: string, kind: number, value: bigint): number {
  if (typeof value !== 'bigint') throw noBigInt(name, value)
  return newAtomicOf(kind, at => Atomics.store(i64, at >> 3, value))
}

defineAtomic('AtomicI64', ATOMIC_I64, AtomicI64, record => new AtomicI64(0n, record))
defineAtomic('AtomicU64', ATOMIC_U64, AtomicU64, record => new AtomicU64(0n, record))
