/**
 * Atomic integers of up to 32 bits in shared memory, after std's `AtomicI32` and its siblings. core/atomic.ts
 * implements them.
 *
 * They call the core's WebAssembly: an add costs 0.8 times `Atomics.add` on a view, a load a third (atomic.bench.ts).
 */
import { describe } from '../describe.ts'
import { ATOMIC_BYTES, ATOMIC_OWNERS, ATOMIC_VALUE, ATOMIC_WEAKS } from '../core/atomic.ts'
import { core } from '../core/index.ts'
import { Handle, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { allocate, free } from '../memory/heap.ts'
import { ATOMIC_I16, ATOMIC_I32, ATOMIC_I8, ATOMIC_U16, ATOMIC_U32, ATOMIC_U8 } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { defineCounted, initCounts } from './owner-count.ts'
import { refuseAsync } from './lock-snapshot.ts'
import {
  checkOrdering,
  checkLoadOrdering,
  checkStoreOrdering,
  type LoadOrdering,
  type Ordering,
  type StoreOrdering,
} from './ordering.ts'

/** The width of an integer type: the number of unused upper bits of a word, and whether the type is signed. */
interface Width {
  readonly shift: number
  readonly signed: 0 | 1
}

const SIGN = -0x8000_0000

/** The operations of all atomic integers of up to 32 bits. */
abstract class AtomicInteger extends Handle {
  /** @internal */
  protected abstract readonly width: Width

  load(order?: LoadOrdering): number {
    checkLoadOrdering(order)
    return this.#out(core.wordLoad(liveObjectOf(this) + ATOMIC_VALUE))
  }
  store(value: number, order?: StoreOrdering): void {
    checkStoreOrdering(order)
    core.wordStore(liveObjectOf(this) + ATOMIC_VALUE, this.#in(value))
  }
  swap(value: number, order?: Ordering): number {
    checkOrdering(order)
    return this.#out(core.wordSwap(liveObjectOf(this) + ATOMIC_VALUE, this.#in(value)))
  }
  /**
   * Stores `value` if the present value equals `expected`. Returns the previous value, which equals `expected` on
   * success.
   */
  compareExchange(expected: number, value: number, success?: Ordering, failure?: LoadOrdering): number {
    checkOrdering(success)
    checkLoadOrdering(failure)
    return this.#out(core.wordCompareExchange(liveObjectOf(this) + ATOMIC_VALUE, this.#in(expected), this.#in(value)))
  }
  /** Adds `value` and wraps around on overflow. */
  fetchAdd(value: number, order?: Ordering): number {
    checkOrdering(order)
    if (typeof value !== 'number' || (value | 0) !== value) this.#checkInteger(value)
    const { shift, signed } = this.width
    const at = liveObjectOf(this) + ATOMIC_VALUE
    return shift === 0 ? this.#out(core.wordAdd(at, value)) : core.wordAddWithin(at, value, shift, signed)
  }
  /** Subtracts `value` and wraps around on overflow. */
  fetchSub(value: number, order?: Ordering): number {
    // Checked before the negation, because the negative of a string would be a number.
    if (typeof value !== 'number' || (value | 0) !== value) this.#checkInteger(value)
    return this.fetchAdd(-value, order)
  }
  fetchAnd(value: number, order?: Ordering): number {
    checkOrdering(order)
    return this.#out(core.wordAnd(liveObjectOf(this) + ATOMIC_VALUE, this.#in(value)))
  }
  /** Stores `~(previous & value)`. */
  fetchNand(value: number, order?: Ordering): number {
    checkOrdering(order)
    if (typeof value !== 'number' || (value | 0) !== value) this.#checkInteger(value)
    const { shift, signed } = this.width
    return this.#out(core.wordNandWithin(liveObjectOf(this) + ATOMIC_VALUE, value, shift, signed))
  }
  fetchOr(value: number, order?: Ordering): number {
    checkOrdering(order)
    return this.#out(core.wordOr(liveObjectOf(this) + ATOMIC_VALUE, this.#in(value)))
  }
  fetchXor(value: number, order?: Ordering): number {
    checkOrdering(order)
    return this.#out(core.wordXor(liveObjectOf(this) + ATOMIC_VALUE, this.#in(value)))
  }
  /** Stores the larger of `value` and the present value. */
  fetchMax(value: number, order?: Ordering): number {
    checkOrdering(order)
    return this.#out(
      core.wordMax(liveObjectOf(this) + ATOMIC_VALUE, this.#in(value), this.width.signed === 1 ? 0 : SIGN),
    )
  }
  /** Stores the smaller of `value` and the present value. */
  fetchMin(value: number, order?: Ordering): number {
    checkOrdering(order)
    return this.#out(
      core.wordMin(liveObjectOf(this) + ATOMIC_VALUE, this.#in(value), this.width.signed === 1 ? 0 : SIGN),
    )
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
      if (found === seen) return seen
      seen = found
    }
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }

  /**
   * Wraps an integer beyond the range around, as an array of its type does. Checks the type first, because `|` would
   * call the `valueOf` of an object.
   */
  #in(value: number): number {
    if (typeof value !== 'number' || (value | 0) !== value) this.#checkInteger(value)
    const { shift, signed } = this.width
    return signed === 1 ? (value << shift) >> shift : ((value << shift) >>> shift) | 0
  }
  #checkInteger(value: number): void {
    if (!Number.isInteger(value)) throw noInteger(this.constructor.name, value)
  }
  #out(word: number): number {
    return this.width.signed === 1 ? word : word >>> 0
  }
}

const I8: Width = { shift: 24, signed: 1 }
const I16: Width = { shift: 16, signed: 1 }
const I32: Width = { shift: 0, signed: 1 }
const U8: Width = { shift: 24, signed: 0 }
const U16: Width = { shift: 16, signed: 0 }
const U32: Width = { shift: 0, signed: 0 }

/**
 * A 32-bit signed integer that several threads may change at the same time. It wraps around on overflow.
 *
 * ```ts
 * const hits = new AtomicI32(0)
 * await thread.spawn(move(() => hits.fetchAdd(1))).join() // => 0
 * hits.load() // => 1
 * ```
 *
 * Crossing a thread shares it. Each operation is sequentially consistent, whichever ordering it is given, and never
 * waits. Operations that change the value return the previous value. A value that is not an integer, and an ordering
 * that the operation cannot have, throws `RangeError`. An integer beyond the range wraps around.
 */
export class AtomicI32 extends AtomicInteger {
  declare readonly [crossing]: Crossing<'AtomicI32', 'always', 'always'>
  /** @internal */
  protected override readonly width: Width = I32

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newAtomic('AtomicI32', ATOMIC_I32, value, I32)) {
    super(record)
  }
}

/**
 * A 32-bit unsigned integer, from 0 to 4,294,967,295. Otherwise as `AtomicI32`.
 *
 * ```ts
 * const mask = new AtomicU32(0xf0)
 * mask.fetchOr(0x8000_0000) // => 0xf0
 * mask.load() // => 0x8000_00f0
 * ```
 */
export class AtomicU32 extends AtomicInteger {
  declare readonly [crossing]: Crossing<'AtomicU32', 'always', 'always'>
  /** @internal */
  protected override readonly width: Width = U32

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newAtomic('AtomicU32', ATOMIC_U32, value, U32)) {
    super(record)
  }
}

/**
 * A 16-bit signed integer, from -32,768 to 32,767. Otherwise as `AtomicI32`.
 *
 * ```ts
 * const n = new AtomicI16(32_767)
 * n.fetchAdd(1) // => 32_767
 * n.load() // => -32_768
 * ```
 */
export class AtomicI16 extends AtomicInteger {
  declare readonly [crossing]: Crossing<'AtomicI16', 'always', 'always'>
  /** @internal */
  protected override readonly width: Width = I16

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newAtomic('AtomicI16', ATOMIC_I16, value, I16)) {
    super(record)
  }
}

/**
 * A 16-bit unsigned integer, from 0 to 65,535. Otherwise as `AtomicI32`.
 *
 * ```ts
 * const n = new AtomicU16(0)
 * n.fetchSub(1) // => 0
 * n.load() // => 65_535
 * ```
 */
export class AtomicU16 extends AtomicInteger {
  declare readonly [crossing]: Crossing<'AtomicU16', 'always', 'always'>
  /** @internal */
  protected override readonly width: Width = U16

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newAtomic('AtomicU16', ATOMIC_U16, value, U16)) {
    super(record)
  }
}

/**
 * An 8-bit signed integer, from -128 to 127. Otherwise as `AtomicI32`.
 *
 * ```ts
 * const n = new AtomicI8(5)
 * n.fetchMin(-7) // => 5
 * n.load() // => -7
 * ```
 */
export class AtomicI8 extends AtomicInteger {
  declare readonly [crossing]: Crossing<'AtomicI8', 'always', 'always'>
  /** @internal */
  protected override readonly width: Width = I8

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newAtomic('AtomicI8', ATOMIC_I8, value, I8)) {
    super(record)
  }
}

/**
 * An 8-bit unsigned integer, from 0 to 255. Otherwise as `AtomicI32`.
 *
 * ```ts
 * const state = new AtomicU8(0)
 * state.compareExchange(0, 1) // => 0
 * state.swap(2) // => 1
 * ```
 */
export class AtomicU8 extends AtomicInteger {
  declare readonly [crossing]: Crossing<'AtomicU8', 'always', 'always'>
  /** @internal */
  protected override readonly width: Width = U8

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newAtomic('AtomicU8', ATOMIC_U8, value, U8)) {
    super(record)
  }
}

function noInteger(name: string, value: unknown): RangeError {
  return new RangeError(`An ${name} holds an integer, got ${describe(value)}. Round it, or use an AtomicF64.`)
}

function newAtomic(name: string, kind: number, value: number, { shift, signed }: Width): number {
  if (!Number.isInteger(value)) throw noInteger(name, value)
  const word = signed === 1 ? (value << shift) >> shift : (value << shift) >>> shift
  return newAtomicOf(kind, at => core.wordStore(at, word))
}

/** Allocates an atomic and its handle record. `write` stores the initial value. Returns the record. */
export function newAtomicOf(kind: number, write: (at: number) => void): number {
  const atomic = allocate(ATOMIC_BYTES)
  initCounts(atomic, ATOMIC_OWNERS, ATOMIC_WEAKS)
  write(atomic + ATOMIC_VALUE)
  try {
    return newRecord(kind, atomic, true)
  } catch (error) {
    free(atomic)
    throw error
  }
}

export function defineAtomic(
  name: string,
  kind: number,
  constructor: { readonly prototype: Handle },
  revive: (record: number) => Handle,
): void {
  defineCounted(kind, constructor, { name, owners: ATOMIC_OWNERS, weaks: ATOMIC_WEAKS, revive })
}

defineAtomic('AtomicI32', ATOMIC_I32, AtomicI32, record => new AtomicI32(0, record))
defineAtomic('AtomicU32', ATOMIC_U32, AtomicU32, record => new AtomicU32(0, record))
defineAtomic('AtomicI16', ATOMIC_I16, AtomicI16, record => new AtomicI16(0, record))
defineAtomic('AtomicU16', ATOMIC_U16, AtomicU16, record => new AtomicU16(0, record))
defineAtomic('AtomicI8', ATOMIC_I8, AtomicI8, record => new AtomicI8(0, record))
defineAtomic('AtomicU8', ATOMIC_U8, AtomicU8, record => new AtomicU8(0, record))
