/**
 * Vecs: large numeric data in the shared heap. Moving one to another thread copies no number.
 *
 * A `Vec` has one owner, which may read and write it. `freeze()` converts it to a `FrozenVec`, which several threads
 * may own and none may change. A program accesses single numbers, or calls a function with a view.
 *
 * 1. A view of the heap cannot be revoked. So `with` lends one only to a function that the compiler has proved to
 *    keep no view (`CONFINED`). Any other function gets a copy, which is written back and detached when the function
 *    ends. A function that certainly keeps its view (`KEEPS_VIEW`) is refused, because writes to the elements of a
 *    detached array have no effect.
 * 2. Changes to either are in the vec after the call, even if the function throws. So a program cannot tell which
 *    one it got.
 * 3. While a function has a view, the vec is lent: it cannot be read, dropped, moved or frozen. A lent frozen vec
 *    can be read, but not dropped.
 */
import { core, self } from '../core/index.ts'
import { VEC_ELEMENTS, VEC_ELEMENT_TYPE, VEC_LENGTH, VEC_OWNERS, VEC_SITE, VEC_USED } from '../core/vecs.ts'
import { describe } from '../describe.ts'
import { BorrowError } from '../errors.ts'
import {
  Handle,
  defineHandleClass,
  dropHandle,
  newRecord,
  liveObjectOf,
  type MemoryUsage,
} from '../memory/handles/handle.ts'
import { allocationBytes, heapFullError, i32, garbageReclaimer, u8 } from '../memory/heap.ts'
import { FROZEN_VEC, VEC } from '../memory/handles/kinds.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import {
  CELLS,
  CONFINED,
  CONFINED_READER,
  KEEPS_VIEW,
  arrayOf,
  endView,
  lengthOf,
  sizeOf,
  createView,
  type Cell,
  type VecView,
} from '../memory/struct/views.ts'
import { wallsAreOn } from '../platform/settings.ts'
import type { AtOnce, Crossing, ReadonlyView, crossing } from '../send.ts'

export type { VecView } from '../memory/struct/views.ts'

/** The type of a vec's elements. */
type Element<V extends VecView> = V[number]

/** The memory of a vec. */
export interface VecMemory {
  readonly cell: Cell
  readonly at: number
  readonly length: number
}

abstract class Numbers<V extends VecView> extends Handle {
  /** The number of elements. */
  get length(): number {
    return i32[(liveObjectOf(this) + VEC_LENGTH) >> 2]
  }

  /** @internal */
  get memory(): VecMemory {
    const vec = liveObjectOf(this)
    return {
      cell: CELLS[i32[(vec + VEC_ELEMENT_TYPE) >> 2]],
      at: i32[(vec + VEC_ELEMENTS) >> 2],
      length: i32[(vec + VEC_LENGTH) >> 2],
    }
  }

  /** Returns the number at `index`; `undefined` if the index is out of range. For many numbers, `with` is faster. */
  get(index: number): Element<V> | undefined {
    return viewFor<V>(this)[index]
  }

  /** Returns a copy as an ordinary typed array. */
  toArray(): V {
    return viewFor<V>(this).slice() as V
  }

  /** Iterates over a copy of the numbers, made at the call. */
  [Symbol.iterator](): ArrayIterator<Element<V>> {
    return this.toArray()[Symbol.iterator]() as ArrayIterator<Element<V>>
  }
}

/**
 * A fixed number of numbers in the shared heap, with one owner. Create it with `vec.f64(n)` and related functions.
 *
 * ```ts
 * const data = vec.f64(1_000_000)
 * const back = await thread.spawn(v => { v.with(view => { view.fill(1) }); return v }, data).join()
 * back.get(0) // => 1
 * ```
 *
 * Crossing a thread moves it and copies no number. Put it in a `Mutex` so that several threads can write to it in
 * turn.
 */
export class Vec<V extends VecView> extends Numbers<V> {
  declare readonly [crossing]: Crossing<'Vec', 'always', 'never: put it in a Mutex, or freeze() it', V>

  /**
   * Calls `f` with a view of the numbers for reading and writing. Returns the result of `f`.
   *
   * ```ts
   * const cells = vec.i32([1, 2, 3])
   * cells.with(view => { for (let i = 0; i < view.length; i++) view[i]! *= 10 })
   * cells.toArray() // => new Int32Array([10, 20, 30])
   * ```
   *
   * The view is valid during that call. If the compiler sees that a function literal uses only its elements, the view
   * is the memory itself. Otherwise it is a copy, which is written back after the call and then has no elements.
   *
   * Throws `BorrowError` if `f` keeps or returns the view, returns a promise, gives the view away, or uses this vec
   * itself.
   */
  with<R>(f: (view: V) => AtOnce<R>): R
  /** @internal */
  with<R>(f: (view: V) => R, known?: unknown): R
  with<R>(f: (view: V) => R, known?: unknown): R {
    const { memory, record } = this
    if (known === KEEPS_VIEW) throw keepsView()
    if (known !== CONFINED_READER) refuseHeldVec(this)
    this.lent = record
    this.record = 0
    try {
      return known === CONFINED || known === CONFINED_READER
        ? lendMemory(memory, f as (view: VecView) => R)
        : lendCopy(memory, f as (view: VecView) => R, true, known)
    } finally {
      this.record = record
      this.lent = 0
    }
  }

  /** Writes one number. Throws `RangeError` if the index is out of range. */
  set(index: number, value: Element<V>): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(
        `A vec of ${this.length} numbers has no index ${describe(index)}. Use an integer from 0 to its length - 1.`,
      )
    }
    refuseHeldVec(this)
    ;(viewFor<V>(this) as { [index: number]: number | bigint })[index] = value
  }

  /**
   * Moves the numbers into a `FrozenVec`, which several threads may read and none may change. This vec is then moved.
   */
  freeze(): FrozenVec<V> {
    const thing = liveObjectOf(this)
    const record = newRecord(FROZEN_VEC, thing, true)
    Atomics.add(i32, (thing + VEC_OWNERS) >> 2, 1)
    const frozen = new FrozenVec<V>(record)
    dropHandle(this)
    this.moved = true
    return frozen
  }

  /** Frees the memory. Throws `BorrowError` inside `with`. */
  [Symbol.dispose](): void {
    if (this.lent !== 0) throw lentError('Vec')
    dropHandle(this)
  }
}

/**
 * Numbers in the shared heap that several threads may read at the same time.
 *
 * ```ts
 * const table = vec.f64([1, 2, 4, 8]).freeze()
 * await thread.spawn(move(() => table.get(3))).join() // => 8
 * table.get(0) // => 1
 * ```
 *
 * Crossing a thread shares it: no number is copied, and the last owner frees the memory.
 */
export class FrozenVec<V extends VecView> extends Numbers<V> {
  declare readonly [crossing]: Crossing<'FrozenVec', 'always', 'always', V>

  /** The number of functions that have a view at present. */
  #lendings = 0

  /**
   * Calls `f` with a view of the numbers for reading. Returns the result of `f`. The view is valid during that call
   * and may be a copy, as in `Vec.with`. Throws `BorrowError` if `f` returns the view or a promise, or drops this vec.
   */
  with<R>(f: (view: ReadonlyView<V>) => AtOnce<R>): R
  /** @internal */
  with<R>(f: (view: ReadonlyView<V>) => R, known?: unknown): R
  with<R>(f: (view: ReadonlyView<V>) => R, known?: unknown): R {
    const { memory } = this
    if (known === KEEPS_VIEW) throw keepsView()
    this.#lendings++
    try {
      const read = f as unknown as (view: VecView) => R
      return known === CONFINED_READER ? lendMemory(memory, read) : lendCopy(memory, read, false, known)
    } finally {
      this.#lendings--
    }
  }

  /** Drops this owner. The last one frees the memory. Throws `BorrowError` inside `with`. */
  [Symbol.dispose](): void {
    if (this.#lendings > 0) throw lentError('FrozenVec')
    dropHandle(this)
  }
}

/** Adds an owner that keeps the numbers alive while parallel work reads them in place. */
export function holdVec(numbers: Numbers<VecView>): FrozenVec<VecView> {
  const thing = liveObjectOf(numbers)
  const record = newRecord(FROZEN_VEC, thing, true)
  Atomics.add(i32, (thing + VEC_OWNERS) >> 2, 1)
  return new FrozenVec(record)
}

/** Throws `BorrowError` if parallel work holds the numbers, because a vec may be written only by its sole owner. */
export function refuseHeldVec(numbers: Numbers<VecView>): void {
  // ORDER: an atomic load, because another thread may have read the numbers: its reads must happen before its count is
  // removed.
  if (Atomics.load(i32, (liveObjectOf(numbers) + VEC_OWNERS) >> 2) === 1) return
  throw new BorrowError(
    'A parallel iterator reads this vec, so it cannot be written. Await the parallel work first, or read with `get` or `toArray`.',
  )
}

function viewFor<V extends VecView>(numbers: Numbers<V>): V {
  return viewAt(numbers.memory) as V
}

const viewAt = ({ cell, at, length }: VecMemory): VecView => createView(cell, at, length)

/** Calls `f` with a view of the memory itself. */
function lendMemory<R>(memory: VecMemory, f: (view: VecView) => R): R {
  const view = viewAt(memory)
  const result = f(view)
  refuseEscape(result, result === view)
  return result
}

/**
 * Calls `f` with a copy, which is detached afterwards even if a reference to it remains. If the compiler saw that `f`
 * captures variables, `captured` is a function that returns their values.
 */
function lendCopy<R>(memory: VecMemory, f: (view: VecView) => R, writesBack: boolean, captured: unknown): R {
  const copy = viewAt(memory).slice()
  const { buffer } = copy
  try {
    const result = f(copy)
    if (isAttached(copy, memory)) {
      refuseEscape(result, reaches(result, buffer))
      if (wallsAreOn && typeof captured === 'function' && capturesReach(captured as () => unknown[], buffer))
        throw keepsView()
      return result
    }
  } finally {
    if (writesBack && isAttached(copy, memory)) viewAt(memory).set(copy as never)
    endView(copy, buffer as ArrayBuffer)
  }
  throw new BorrowError(
    'The function given to `with` transferred its view away, so the vec is unchanged. Transfer a copy: `view.slice()`.',
  )
}

/** Whether a copy still has its elements. A copy that was moved away throws when it is accessed. */
const isAttached = (copy: VecView, { length }: VecMemory): boolean => lengthOf(copy) === length

/** The maximum number of objects that are searched for the view: in a result, and in captured variables. */
const MAX_SEARCHED_PARTS = 1000
const MAX_SEARCHED_CAPTURES = 200

/** Whether a returned object contains the view, or another view of its buffer. */
function reaches(result: unknown, buffer: ArrayBufferLike): boolean {
  if (typeof result !== 'object' || result === null) return false
  // An iterator of other code may read the view later, which a search of its properties cannot show.
  if (typeof (result as { next?: unknown }).next === 'function') return true
  return isAmong([result], buffer, MAX_SEARCHED_PARTS)
}

/** Whether the function stored its view in a captured variable, as `rows.set(key, firstOf(view))` does. */
function capturesReach(captured: () => unknown[], buffer: ArrayBufferLike): boolean {
  try {
    return isAmong(captured(), buffer, MAX_SEARCHED_CAPTURES)
  } catch {
    // A captured variable is not initialised yet, or an object throws when it is inspected.
    return false
  }
}

/** Whether one of these values is or contains the view, or another view of its buffer. */
function isAmong(roots: readonly unknown[], buffer: ArrayBufferLike, most: number): boolean {
  const met = new Set<object>()
  const meet = (value: unknown): void => void (typeof value === 'object' && value !== null && met.add(value))
  roots.forEach(meet)
  for (const part of met) {
    if (part === buffer || (ArrayBuffer.isView(part) && part.buffer === buffer)) return true
    if (ArrayBuffer.isView(part) || part instanceof Handle || met.size > most) continue
    if (part instanceof Map || part instanceof Set) part.forEach(meet)
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(part))) meet(value)
  }
  return false
}

function refuseEscape(result: unknown, isView: boolean): void {
  if (typeof result !== 'object' || result === null) return
  if (typeof (result as { then?: unknown }).then === 'function') {
    throw new BorrowError(
      'The function given to `with` returned a promise, but its view ends with the call. ' +
        'Wait before or after `with`, or pass a copy: `await f(v.toArray())`.',
    )
  }
  if (!isView) return
  throw new BorrowError(
    'The function given to `with` returned its view, which ends with the call. Return a copy: `view.slice()`.',
  )
}

function keepsView(): BorrowError {
  return new BorrowError(
    'The function given to `with` keeps its view, which ends with the call. ' +
      'Keep a copy (`view.slice()`), or use `get` and `set` of the vec afterwards.',
  )
}

function lentError(name: string): BorrowError {
  return new BorrowError(
    `This ${name} is lent to the function given to \`with\`. Use the view inside it, and the ${name} after the call.`,
  )
}

/** The number of elements, which are then 0, or the elements themselves. */
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
 * Creates vecs: `vec.f64(1000)` of zeros, `vec.i32([1, 2, 3])` of the given numbers.
 *
 * ```ts
 * const squares = vec.f64(4)
 * squares.with(view => view.forEach((_, i) => { view[i] = i * i }))
 * squares.toArray() // => new Float64Array([0, 1, 4, 9])
 * ```
 *
 * Throws `RangeError` if the length is negative or not an integer, and `HeapFullError` if the heap has no room.
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
    throw new RangeError(
      `The length of a vec must be an integer from 0 on, got ${describe(length)}. Pass such a number.`,
    )
  }
  const bytes = length * sizeOf(cell)
  if (bytes > MOST_BYTES) throw heapFullError(bytes)
  let thing = core.newVec(self, bytes)
  if (thing === 0 && garbageReclaimer.endGarbage()) thing = core.newVec(self, bytes)
  if (thing === 0) throw heapFullError(bytes)
  i32[(thing + VEC_SITE) >> 2] = siteOfCaller()
  i32[(thing + VEC_LENGTH) >> 2] = length
  i32[(thing + VEC_ELEMENT_TYPE) >> 2] = CELLS.indexOf(cell)
  const at = i32[(thing + VEC_ELEMENTS) >> 2]
  if (i32[(thing + VEC_USED) >> 2] !== 0) u8.fill(0, at, at + bytes)
  try {
    return newRecord(VEC, thing, false)
  } catch (error) {
    core.freeVec(self, thing)
    throw error
  }
}

const bytesOf = (thing: number): number =>
  i32[(thing + VEC_LENGTH) >> 2] * sizeOf(CELLS[i32[(thing + VEC_ELEMENT_TYPE) >> 2]])

function dropVec(thing: number): void {
  if (Atomics.sub(i32, (thing + VEC_OWNERS) >> 2, 1) === 1) core.freeVec(self, thing)
}

const measure = (thing: number): MemoryUsage => ({
  bytes: allocationBytes(thing) + allocationBytes(i32[(thing + VEC_ELEMENTS) >> 2]),
  site: i32[(thing + VEC_SITE) >> 2],
})

defineHandleClass(VEC, Vec as { readonly prototype: Handle }, {
  name: 'Vec',
  lentError: () => lentError('Vec'),
  bytes: bytesOf,
  drop: dropVec,
  revive: record => new Vec(record),
  holds: 'vec',
  measure,
  onlyMemory: true,
  inModules: 'owned',
})
defineHandleClass(FROZEN_VEC, FrozenVec as { readonly prototype: Handle }, {
  name: 'FrozenVec',
  share: thing => Atomics.add(i32, (thing + VEC_OWNERS) >> 2, 1),
  bytes: bytesOf,
  drop: dropVec,
  revive: record => new FrozenVec(record),
  holds: 'vec',
  measure,
  onlyMemory: true,
})
