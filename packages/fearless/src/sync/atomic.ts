/** Atomic integers that threads share. */
import { Handle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handle.ts'
import { allocate, i32, release } from '../memory/heap.ts'
import { ATOMIC_I32 } from '../memory/kinds.ts'
import type { Crossing, crossing } from '../send.ts'

// +0 owners, +4 the integer
const OWNERS = 0
const VALUE = 4

/**
 * A 32-bit integer that several threads may change at a time; it wraps around on overflow.
 *
 * ```ts
 * const hits = new AtomicI32(0)
 * await thread.spawn(move(() => hits.fetchAdd(1))).join() // => 0
 * hits.load() // => 1
 * ```
 *
 * Crossing a thread shares it. Every operation is sequentially consistent and never waits; those that change it
 * return what was there before.
 */
export class AtomicI32 extends Handle {
  declare readonly [crossing]: Crossing<'AtomicI32', 'always', 'always'>

  constructor(value: number)
  /** @internal */
  constructor(value: number, record?: number)
  constructor(value: number, record = newAtomic(value)) {
    super(record)
  }
  load(): number {
    return Atomics.load(i32, (thingOf(this) + VALUE) >> 2)
  }
  store(value: number): void {
    Atomics.store(i32, (thingOf(this) + VALUE) >> 2, value)
  }
  swap(value: number): number {
    return Atomics.exchange(i32, (thingOf(this) + VALUE) >> 2, value)
  }
  /** Stores `value` if `expected` is there; returns what was there, which equals `expected` if it did. */
  compareExchange(expected: number, value: number): number {
    return Atomics.compareExchange(i32, (thingOf(this) + VALUE) >> 2, expected, value)
  }
  fetchAdd(value: number): number {
    return Atomics.add(i32, (thingOf(this) + VALUE) >> 2, value)
  }
  fetchSub(value: number): number {
    return Atomics.sub(i32, (thingOf(this) + VALUE) >> 2, value)
  }
  fetchAnd(value: number): number {
    return Atomics.and(i32, (thingOf(this) + VALUE) >> 2, value)
  }
  fetchOr(value: number): number {
    return Atomics.or(i32, (thingOf(this) + VALUE) >> 2, value)
  }
  fetchXor(value: number): number {
    return Atomics.xor(i32, (thingOf(this) + VALUE) >> 2, value)
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function newAtomic(value: number): number {
  if (!Number.isInteger(value)) throw new RangeError(`An AtomicI32 holds an integer, not ${value}.`)
  const atomic = allocate(8)
  i32[(atomic + OWNERS) >> 2] = 1
  Atomics.store(i32, (atomic + VALUE) >> 2, value)
  try {
    return newRecord(ATOMIC_I32, atomic, true)
  } catch (error) {
    release(atomic)
    throw error
  }
}

defineKind(ATOMIC_I32, AtomicI32, {
  name: 'AtomicI32',
  share: atomic => Atomics.add(i32, (atomic + OWNERS) >> 2, 1),
  drop: atomic => {
    if (Atomics.sub(i32, (atomic + OWNERS) >> 2, 1) === 1) release(atomic)
  },
  revive: record => new AtomicI32(0, record),
  onlyMemory: true,
})
