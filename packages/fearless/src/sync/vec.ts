/**
 * Vecs: large numeric data in the shared heap. Handing one to another thread copies nothing.
 *
 * A `Vec` has one owner, who may read and write it. `freeze()` makes a `FrozenVec` of it, which several threads may
 * have and nobody may change. Numbers are reached through a view, for the time of one function.
 */
import { core, self } from '../core/index.ts'
import { VEC_AT, VEC_CELL, VEC_LENGTH, VEC_OWNERS, VEC_USED } from '../core/vecs.ts'
import { BorrowError } from '../errors.ts'
import { Handle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handle.ts'
import { heapFull, i32, u8 } from '../memory/heap.ts'
import { FROZEN_VEC, VEC } from '../memory/kinds.ts'
import { CELLS, arrayOf, sizeOf, viewOf, type Cell, type VecView } from '../memory/views.ts'
import type { Crossing, ReadonlyView, crossing } from '../send.ts'

export type { VecView } from '../memory/views.ts'

/** A number of a vec. */
type Element<V extends VecView> = V[number]

/** What lies behind a vec. */
export interface VecMemory {
  readonly cell: Cell
  readonly at: number
  readonly length: number
}

abstract class Numbers<V extends VecView> extends Handle {
  /** How many numbers there are. */
  get length(): number {
    return i32[(thingOf(this) + VEC_LENGTH) >> 2]
  }

  /** @internal */
  get memory(): VecMemory {
    const vec = thingOf(this)
    return {
      cell: CELLS[i32[(vec + VEC_CELL) >> 2]],
      at: i32[(vec + VEC_AT) >> 2],
      length: i32[(vec + VEC_LENGTH) >> 2],
    }
  }

  /** The number at `index`; `undefined` if there is none. For many of them, `with` is faster. */
  get(index: number): Element<V> | undefined {
    return viewFor<V>(this)[index]
  }

  /** A copy as an ordinary typed array. */
  toArray(): V {
    return viewFor<V>(this).slice() as V
  }

  /** The numbers as they are now, one after the other. */
  [Symbol.iterator](): ArrayIterator<Element<V>> {
    return this.toArray()[Symbol.iterator]() as ArrayIterator<Element<V>>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * A fixed number of numbers in the shared heap, with one owner. Make it by `vec.f64(n)` and its siblings.
 *
 * ```ts
 * const data = vec.f64(1_000_000)
 * const back = await thread.spawn(v => { v.with(view => { view.fill(1) }); return v }, data).join()
 * back.get(0) // => 1
 * ```
 *
 * Crossing a thread moves it; no number is copied. In a `Mutex`, several threads may write to it in turn.
 */
export class Vec<V extends VecView> extends Numbers<V> {
  declare readonly [crossing]: Crossing<'Vec', 'always', 'never: put it in a Mutex, or freeze() it', V>

  /**
   * Calls `f` with a view of the numbers, to read and to write; gives what `f` returns.
   *
   * The view is for that call: `f` may not return it nor be async (`BorrowError`), and keeping it elsewhere is an error
   * even where nothing notices.
   */
  with<R>(f: (view: V) => R): R {
    return lendView(this, f as (view: VecView) => R)
  }

  /** Writes one number. Throws `RangeError` if there is no such index. */
  set(index: number, value: Element<V>): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`A vec of ${this.length} numbers has no index ${index}.`)
    }
    ;(viewFor<V>(this) as { [index: number]: number | bigint })[index] = value
  }

  /** Gives this vec away, and makes one of it that several threads may read and nobody may change. */
  freeze(): FrozenVec<V> {
    const thing = thingOf(this)
    const record = newRecord(FROZEN_VEC, thing, true)
    Atomics.add(i32, (thing + VEC_OWNERS) >> 2, 1)
    const frozen = new FrozenVec<V>(record)
    dropHandle(this)
    this.moved = true
    return frozen
  }
}

/**
 * Numbers in the shared heap that several threads may read at a time.
 *
 * ```ts
 * const table = vec.f64([1, 2, 4, 8]).freeze()
 * await thread.spawn(move(() => table.get(3))).join() // => 8
 * table.get(0) // => 1
 * ```
 *
 * Crossing a thread shares it: nothing is copied, and the last owner frees the memory.
 */
export class FrozenVec<V extends VecView> extends Numbers<V> {
  declare readonly [crossing]: Crossing<'FrozenVec', 'always', 'always', V>

  /** Calls `f` with a view of the numbers, to read; gives what `f` returns. The view is for that call. */
  with<R>(f: (view: ReadonlyView<V>) => R): R {
    return lendView(this, f as unknown as (view: VecView) => R)
  }
}

function viewFor<V extends VecView>(numbers: Numbers<V>): V {
  const { cell, at, length } = numbers.memory
  return viewOf(cell, at, length) as V
}

function lendView<R>(numbers: Numbers<VecView>, f: (view: VecView) => R): R {
  const view = viewFor(numbers)
  const result: unknown = f(view)
  const escapes = typeof result === 'object' && result !== null
  if (escapes && (result === view || typeof (result as { then?: unknown }).then === 'function')) {
    throw new BorrowError(
      'A view of a vec may not outlive the function that it was lent to, and this one returns it or waits with it. ' +
        'Return a copy (`view.slice()`), and wait outside.',
    )
  }
  return result as R
}

/** How many numbers, which are then 0, or the numbers. */
type Content<V extends VecView> = number | ArrayLike<Element<V>>

type Maker<V extends VecView> = (content: Content<V>) => Vec<V>

function maker<V extends VecView>(cell: Cell): Maker<V> {
  return content => {
    if (typeof content === 'number') return new Vec<V>(newVec(cell, content))
    const numbers = arrayOf(cell, content)
    const made = new Vec<V>(newVec(cell, numbers.length))
    viewFor(made).set(numbers as never)
    return made
  }
}

/**
 * Makes vecs: `vec.f64(1000)` of zeros, `vec.i32([1, 2, 3])` of numbers.
 *
 * ```ts
 * const squares = vec.f64(4)
 * squares.with(view => view.forEach((_, i) => { view[i] = i * i }))
 * squares.toArray() // => new Float64Array([0, 1, 4, 9])
 * ```
 *
 * Throws `RangeError` if the length is not a whole number from 0 on, `HeapFullError` if the heap has no room.
 */
export const vec: {
  readonly i8: Maker<Int8Array>
  readonly u8: Maker<Uint8Array>
  readonly i16: Maker<Int16Array>
  readonly u16: Maker<Uint16Array>
  readonly i32: Maker<Int32Array>
  readonly u32: Maker<Uint32Array>
  readonly i64: Maker<BigInt64Array>
  readonly u64: Maker<BigUint64Array>
  readonly f32: Maker<Float32Array>
  readonly f64: Maker<Float64Array>
} = {
  i8: maker('i8'),
  u8: maker('u8'),
  i16: maker('i16'),
  u16: maker('u16'),
  i32: maker('i32'),
  u32: maker('u32'),
  i64: maker('i64'),
  u64: maker('u64'),
  f32: maker('f32'),
  f64: maker('f64'),
}

const MOST_BYTES = 2 ** 30

function newVec(cell: Cell, length: number): number {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new RangeError(`The length of a vec must be a whole number from 0 on, not ${length}.`)
  }
  const bytes = length * sizeOf(cell)
  const thing = bytes > MOST_BYTES ? 0 : core.newVec(self, bytes)
  if (thing === 0) throw heapFull(bytes)
  i32[(thing + VEC_LENGTH) >> 2] = length
  i32[(thing + VEC_CELL) >> 2] = CELLS.indexOf(cell)
  const at = i32[(thing + VEC_AT) >> 2]
  if (i32[(thing + VEC_USED) >> 2] !== 0) u8.fill(0, at, at + bytes)
  try {
    return newRecord(VEC, thing, false)
  } catch (error) {
    core.freeVec(self, thing)
    throw error
  }
}

function dropVec(thing: number): void {
  if (Atomics.sub(i32, (thing + VEC_OWNERS) >> 2, 1) === 1) core.freeVec(self, thing)
}

defineKind(VEC, Vec as { readonly prototype: Handle }, {
  name: 'Vec',
  drop: dropVec,
  revive: record => new Vec(record),
  onlyMemory: true,
})
defineKind(FROZEN_VEC, FrozenVec as { readonly prototype: Handle }, {
  name: 'FrozenVec',
  share: thing => Atomics.add(i32, (thing + VEC_OWNERS) >> 2, 1),
  drop: dropVec,
  revive: record => new FrozenVec(record),
  onlyMemory: true,
})
