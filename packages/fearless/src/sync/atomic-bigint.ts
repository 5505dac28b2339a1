/** Atomic integers of 64 bits, as bigints: `Atomics` on a view, because WebAssembly makes the bigint no cheaper. */
import { describe } from '../describe.ts'
import { ATOMIC_VALUE } from '../core/atomic.ts'
import { Handle, dropHandle, thingOf } from '../memory/handles/handle.ts'
import { i64, u64 } from '../memory/heap.ts'
import { ATOMIC_I64, ATOMIC_U64 } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { defineAtomic, newAtomicOf } from './atomic.ts'
import { refuseLater } from './lent.ts'
import { check, checkLoad, checkStore, type LoadOrdering, type Ordering, type StoreOrdering } from './ordering.ts'

type View = BigInt64Array<SharedArrayBuffer> | BigUint64Array<SharedArrayBuffer>

/** What both atomic integers of 64 bits do. */
export abstract class AtomicBigInt extends Handle {
  /** @internal */
  protected abstract readonly view: View

  load(order?: LoadOrdering): bigint {
    checkLoad(order)
    return Atomics.load(this.view, this.#at())
  }
  store(value: bigint, order?: StoreOrdering): void {
    checkStore(order)
    Atomics.store(this.view, this.#at(), this.#in(value))
  }
  swap(value: bigint, order?: Ordering): bigint {
    check(order)
    return Atomics.exchange(this.view, this.#at(), this.#in(value))
  }
  /** Stores `value` if `expected` is there; returns what was there, which equals `expected` if it did. */
  compareExchange(expected: bigint, value: bigint, success?: Ordering, failure?: LoadOrdering): bigint {
    check(success)
    checkLoad(failure)
    return Atomics.compareExchange(this.view, this.#at(), this.#in(expected), this.#in(value))
  }
  /** Adds, and wraps around on overflow. */
  fetchAdd(value: bigint, order?: Ordering): bigint {
    check(order)
    return Atomics.add(this.view, this.#at(), this.#in(value))
  }
  /** Subtracts, and wraps around on overflow. */
  fetchSub(value: bigint, order?: Ordering): bigint {
    check(order)
    return Atomics.sub(this.view, this.#at(), this.#in(value))
  }
  fetchAnd(value: bigint, order?: Ordering): bigint {
    check(order)
    return Atomics.and(this.view, this.#at(), this.#in(value))
  }
  /** Stores `~(what is there & value)`. */
  fetchNand(value: bigint, order?: Ordering): bigint {
    const mask = this.#in(value)
    return this.#change(seen => ~(seen & mask), order)
  }
  fetchOr(value: bigint, order?: Ordering): bigint {
    check(order)
    return Atomics.or(this.view, this.#at(), this.#in(value))
  }
  fetchXor(value: bigint, order?: Ordering): bigint {
    check(order)
    return Atomics.xor(this.view, this.#at(), this.#in(value))
  }
  /** Stores the larger one of `value` and what is there. */
  fetchMax(value: bigint, order?: Ordering): bigint {
    const other = this.#in(value)
    return this.#change(seen => (seen > other ? seen : other), order)
  }
  /** Stores the smaller one of `value` and what is there. */
  fetchMin(value: bigint, order?: Ordering): bigint {
    const other = this.#in(value)
    return this.#change(seen => (seen < other ? seen : other), order)
  }
  /**
   * Stores what `f` makes of what is there, and returns what was there; nothing and `undefined` if `f` gives `undefined`.
   * `f` is called again when another thread was faster, so it should do nothing else.
   */
  fetchUpdate(f: (value: bigint) => bigint | undefined): bigint | undefined {
    for (let seen = this.load(); ;) {
      const next = f(seen)
      refuseLater('fetchUpdate', next)
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
    check(order)
    return this.fetchUpdate(f)!
  }
  #in(value: bigint): bigint {
    if (typeof value !== 'bigint') throw noBigInt(this.constructor.name, value)
    return value
  }
  #at(): number {
    return (thingOf(this) + ATOMIC_VALUE) >> 3
  }
}

/**
 * A 64-bit integer that several threads may change at a time; it wraps around on overflow.
 *
 * ```ts
 * const bytes = new AtomicI64(0n)
 * await thread.spawn(move(() => bytes.fetchAdd(5_000_000_000n))).join() // => 0n
 * bytes.load() // => 5000000000n
 * ```
 *
 * A bigint costs several times what a number does: prefer `AtomicI32`, or `AtomicF64` up to 2^53. Crossing a thread shares
 * it. Every operation is sequentially consistent and never waits; those that change it return what was there before. What is no
 * bigint, and an ordering that cannot be, throws `RangeError`; a bigint beyond the range wraps around.
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
 * A 64-bit integer without a sign, from 0 to 2^64 - 1; else as `AtomicI64`.
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

/** `Atomics` would convert it. */
function noBigInt(name: string, value: unknown): RangeError {
  return new RangeError(`An ${name} holds a bigint, not ${describe(value)}.`)
}

function newBig(name: string, kind: number, value: bigint): number {
  if (typeof value !== 'bigint') throw noBigInt(name, value)
  return newAtomicOf(kind, at => Atomics.store(i64, at >> 3, value))
}

defineAtomic('AtomicI64', ATOMIC_I64, AtomicI64, record => new AtomicI64(0n, record))
defineAtomic('AtomicU64', ATOMIC_U64, AtomicU64, record => new AtomicU64(0n, record))
