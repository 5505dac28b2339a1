/**
 * Vecs: large numeric data in the shared heap. Handing one to another thread copies nothing.
 *
 * A `Vec` has one owner, who may read and write it. `freeze()` makes a `FrozenVec` of it, which several threads may have
 * and none may change. Numbers are reached one by one, or through a view for the time of one function.
 *
 * 1. A view of the heap cannot be taken back. So `with` lends one only to a function that the compiler has proved to keep
 *    none (`CONFINED`); any other function gets a copy, which is written back and detached when the function ends. A function
 *    that certainly keeps its view (`KEPT`) is refused: elements of a detached array can be written to, and nothing happens.
 * 2. Changes of either are in the vec afterwards, also if the function throws: a program does not notice which one it got.
 * 3. While a function has a view, the vec itself is lent: it cannot be read, dropped, moved or frozen. A frozen vec can be
 *    read, and not be dropped.
 */
import { core, self } from '../core/index.ts'
import { VEC_AT, VEC_CELL, VEC_LENGTH, VEC_OWNERS, VEC_SITE, VEC_USED } from '../core/vecs.ts'
import { describe } from '../describe.ts'
import { BorrowError } from '../errors.ts'
import { Handle, defineKind, dropHandle, newRecord, thingOf, type Measured } from '../memory/handles/handle.ts'
import { blockBytes, heapFull, i32, reclaim, u8 } from '../memory/heap.ts'
import { FROZEN_VEC, VEC } from '../memory/handles/kinds.ts'
import { siteOfCaller } from '../memory/sites.ts'
import {
  CELLS,
  CONFINED,
  CONFINED_READER,
  KEPT,
  arrayOf,
  endView,
  lengthOf,
  sizeOf,
  viewOf,
  type Cell,
  type VecView,
} from '../memory/struct/views.ts'
import { wallsAreOn } from '../memory/codec/walls.ts'
import type { AtOnce, Crossing, ReadonlyView, crossing } from '../send.ts'

export type { VecView } from '../memory/struct/views.ts'

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
   * ```ts
   * const cells = vec.i32([1, 2, 3])
   * cells.with(view => { for (let i = 0; i < view.length; i++) view[i]! *= 10 })
   * cells.toArray() // => new Int32Array([10, 20, 30])
   * ```
   *
   * The view is for that call. If the compiler sees that a function literal uses it for nothing but its elements, it is the
   * memory itself. Otherwise it is a copy, which is written back after the call and then has no elements any more.
   *
   * Throws `BorrowError` if `f` keeps or returns the view, returns a promise, gives the view away, or uses this vec itself.
   */
  with<R>(f: (view: V) => AtOnce<R>): R
  /** @internal */
  with<R>(f: (view: V) => R, known?: unknown): R
  with<R>(f: (view: V) => R, known?: unknown): R {
    const { memory, record } = this
    if (known === KEPT) throw keepsView()
    if (known !== CONFINED_READER) refuseHeld(this)
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

  /** Writes one number. Throws `RangeError` if there is no such index. */
  set(index: number, value: Element<V>): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`A vec of ${this.length} numbers has no index ${describe(index)}.`)
    }
    refuseHeld(this)
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

  /** Frees the memory. Throws `BorrowError` inside of `with`. */
  [Symbol.dispose](): void {
    if (this.lent !== 0) throw lentError('Vec')
    dropHandle(this)
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

  /** How many functions have a view at the moment. */
  #lendings = 0

  /**
   * Calls `f` with a view of the numbers, to read; gives what `f` returns. The view is for that call, and may be a copy: as in
   * `Vec.with`. Throws `BorrowError` if `f` returns the view or a promise, or drops this vec.
   */
  with<R>(f: (view: ReadonlyView<V>) => AtOnce<R>): R
  /** @internal */
  with<R>(f: (view: ReadonlyView<V>) => R, known?: unknown): R
  with<R>(f: (view: ReadonlyView<V>) => R, known?: unknown): R {
    const { memory } = this
    if (known === KEPT) throw keepsView()
    this.#lendings++
    try {
      const read = f as unknown as (view: VecView) => R
      return known === CONFINED_READER ? lendMemory(memory, read) : lendCopy(memory, read, false, known)
    } finally {
      this.#lendings--
    }
  }

  /** Ends this owner; the last one frees the memory. Throws `BorrowError` inside of `with`. */
  [Symbol.dispose](): void {
    if (this.#lendings > 0) throw lentError('FrozenVec')
    dropHandle(this)
  }
}

/** A second owner of the numbers, for as long as parallel work reads them where they are. */
export function holdNumbers(numbers: Numbers<VecView>): FrozenVec<VecView> {
  const thing = thingOf(numbers)
  const record = newRecord(FROZEN_VEC, thing, true)
  Atomics.add(i32, (thing + VEC_OWNERS) >> 2, 1)
  return new FrozenVec(record)
}

/** A vec has one owner, unless parallel work holds its numbers: throws `BorrowError` then. */
export function refuseHeld(numbers: Numbers<VecView>): void {
  // ORDER: an atomic load, because the holder may have read in another thread: its reads come before it is counted out.
  if (Atomics.load(i32, (thingOf(numbers) + VEC_OWNERS) >> 2) === 1) return
  throw new BorrowError(
    'The vec was to be written while a parallel iterator reads it. Await the parallel work first, or read with `get` or `toArray`.',
  )
}

function viewFor<V extends VecView>(numbers: Numbers<V>): V {
  return viewAt(numbers.memory) as V
}

const viewAt = ({ cell, at, length }: VecMemory): VecView => viewOf(cell, at, length)

/** Calls `f` with a view of the memory itself. */
function lendMemory<R>(memory: VecMemory, f: (view: VecView) => R): R {
  const view = viewAt(memory)
  const result = f(view)
  refuseEscape(result, result === view)
  return result
}

/**
 * Calls `f` with a copy, which has no elements afterwards, whatever still refers to it. `captured`: where the compiler saw that
 * `f` uses variables of the code around it, a function that gives their values.
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
    'The function given to `with` gave its view away, so the vec is as it was before. Give away a copy: `view.slice()`.',
  )
}

/** Whether a copy has its elements still: a copy that was moved away refuses to be asked. */
const isAttached = (copy: VecView, { length }: VecMemory): boolean => lengthOf(copy) === length

/** How many objects of a result, and of what a function captured, are searched for the view. */
const MOST_PARTS = 1000
const MOST_CAPTURED_PARTS = 200

/** Whether an object that is returned holds the view, or another view of its buffer. */
function reaches(result: unknown, buffer: ArrayBufferLike): boolean {
  if (typeof result !== 'object' || result === null) return false
  // An iterator that other code has made reads the view later, and does not say so.
  if (typeof (result as { next?: unknown }).next === 'function') return true
  return isAmong([result], buffer, MOST_PARTS)
}

/** Whether the function has put its view where it captured a place for it: `rows.set(key, firstOf(view))`. */
function capturesReach(captured: () => unknown[], buffer: ArrayBufferLike): boolean {
  try {
    return isAmong(captured(), buffer, MOST_CAPTURED_PARTS)
  } catch {
    // A variable that has no value yet, or an object that refuses to be looked at.
    return false
  }
}

/** Whether the view, or another view of its buffer, is one of these values or in one. */
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
      'The function given to `with` returned a promise, and its view ended with the call. ' +
        'Wait before or after `with`, or take a copy with you: `await f(v.toArray())`.',
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
    `This ${name} is lent to the function given to \`with\`. Use the view in that function, and the ${name} after it.`,
  )
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
    throw new RangeError(`The length of a vec must be a whole number from 0 on, not ${describe(length)}.`)
  }
  const bytes = length * sizeOf(cell)
  if (bytes > MOST_BYTES) throw heapFull(bytes)
  let thing = core.newVec(self, bytes)
  if (thing === 0 && reclaim.endGarbage()) thing = core.newVec(self, bytes)
  if (thing === 0) throw heapFull(bytes)
  i32[(thing + VEC_SITE) >> 2] = siteOfCaller()
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

const bytesOf = (thing: number): number => i32[(thing + VEC_LENGTH) >> 2] * sizeOf(CELLS[i32[(thing + VEC_CELL) >> 2]])

function dropVec(thing: number): void {
  if (Atomics.sub(i32, (thing + VEC_OWNERS) >> 2, 1) === 1) core.freeVec(self, thing)
}

const measure = (thing: number): Measured => ({
  bytes: blockBytes(thing) + blockBytes(i32[(thing + VEC_AT) >> 2]),
  site: i32[(thing + VEC_SITE) >> 2],
})

defineKind(VEC, Vec as { readonly prototype: Handle }, {
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
defineKind(FROZEN_VEC, FrozenVec as { readonly prototype: Handle }, {
  name: 'FrozenVec',
  share: thing => Atomics.add(i32, (thing + VEC_OWNERS) >> 2, 1),
  bytes: bytesOf,
  drop: dropVec,
  revive: record => new FrozenVec(record),
  holds: 'vec',
  measure,
  onlyMemory: true,
})
