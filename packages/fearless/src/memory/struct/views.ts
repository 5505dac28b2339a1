/**
 * Views of a part of the heap for programs: typed arrays from which the rest of the heap cannot be reached.
 *
 * A typed array's `buffer` is the whole heap. Views have their own class, in which `buffer` throws and `subarray` stays
 * inside the view; methods that create an array create an ordinary one. Elements are as fast as in any typed array:
 * 0.67 ns in a sum, either way (decisions/0013). A view cannot be revoked, so it is lent only to functions that, as the
 * compiler has proved, do not keep it (decisions/0019).
 */
import { BorrowError } from '../../errors.ts'
import { detachBuffer } from '../codec/buffer.ts'
import { i32 } from '../heap.ts'

// The compiler's proof about the function of a call `v.with(view => ...)`, which it writes into the call
// (view-escape.ts of the compiler). The symbols are the same in every copy of the library.
/** The function keeps no view beyond the call. */
export const CONFINED: unique symbol = Symbol.for('fearless.confined') as never
/** The function keeps no view beyond the call, and does not write through it. */
export const CONFINED_READER: unique symbol = Symbol.for('fearless.confined.reader') as never
/** The function keeps its view. */
export const KEEPS_VIEW: unique symbol = Symbol.for('fearless.kept') as never

/** The type of the numbers in a vec. */
export type Cell = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64'

/** The typed array classes that a view of a vec can have. */
export type VecView =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

interface ViewClass {
  new (buffer: ArrayBufferLike, offset?: number, length?: number): VecView
  readonly prototype: VecView
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
}

const classes = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as unknown as Record<Cell, ViewClass>

/** Every cell, in the order of their numbers in the heap. */
export const CELLS = Object.keys(classes) as Cell[]

export const sizeOf = (cell: Cell): number => classes[cell].BYTES_PER_ELEMENT

/** Creates an ordinary array of the same numbers. */
export const arrayOf = (cell: Cell, from: ArrayLike<unknown>): VecView => new classes[cell](from as never)

const whole: Partial<Record<Cell, VecView>> = {}

/** Returns the whole heap as cells of one type. For internal use: programs must not get it. */
export function heapOf(cell: Cell): VecView {
  return (whole[cell] ??= new classes[cell](i32.buffer))
}

const sealed = Object.fromEntries(CELLS.map(cell => [cell, seal(classes[cell])])) as Record<Cell, ViewClass>

/** Creates a view for programs. */
export function createView(cell: Cell, at: number, length: number): VecView {
  return new sealed[cell](i32.buffer, at, length)
}

const OF_VEC =
  'This view of a vec ended with the function that it was lent to. Copy it with `view.slice()`, or use `get` and `set` of the vec.'

const MEMBERS: readonly PropertyKey[] = [
  ...Reflect.ownKeys(Object.getPrototypeOf(Uint8Array.prototype) as object).filter(name => name !== Symbol.toStringTag),
  'constructor',
]
/** The prototypes, by message. */
const ended = new Map<string, object>()

/** Returns the prototype of ended views. Their elements are detached with the buffer; every member throws `message`. */
export function endedViewPrototype(message: string): object {
  const known = ended.get(message)
  if (known !== undefined) return known
  const refuse = (): never => {
    throw new BorrowError(message)
  }
  const accessors = MEMBERS.map(name => [name, { get: refuse, set: refuse }] as const)
  const made = Object.create(null, Object.fromEntries(accessors)) as object
  ended.set(message, made)
  return made
}

/** Returns the length of a view, also after its prototype was replaced. */
export const lengthOf: (view: VecView) => number = uncurried('length')

function uncurried(name: string): (view: VecView) => number {
  const { get } = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype),
    name,
  ) as PropertyDescriptor
  return view => get!.call(view) as number
}

/** Ends a view that has a buffer of its own. */
export function endView(view: VecView, buffer: ArrayBuffer): void {
  detachBuffer(buffer)
  Object.setPrototypeOf(view, endedViewPrototype(OF_VEC))
}

function seal(base: ViewClass): ViewClass {
  const Base = base as unknown as Float64ArrayConstructor
  const View = class extends Base {
    static get [Symbol.species](): typeof Base {
      return Base
    }
    override get buffer(): never {
      throw new BorrowError(
        "The buffer of a vec's view is the memory of all threads, so it cannot be read. Copy the view with `slice()`.",
      )
    }
    override subarray(begin = 0, end = this.length): Float64Array<ArrayBuffer> {
      const from = within(begin, this.length)
      const to = Math.max(from, within(end, this.length))
      const start = this.byteOffset + from * Base.BYTES_PER_ELEMENT
      return new View(i32.buffer as unknown as ArrayBuffer, start, to - from)
    }
  }
  // The name that the console shows.
  Object.defineProperty(View, 'name', { value: base.name })
  return View as unknown as ViewClass
}

/** Normalizes an index as typed arrays do: a negative one counts from the end. */
function within(index: number, length: number): number {
  const whole = Math.trunc(index) || 0
  return whole < 0 ? Math.max(0, length + whole) : Math.min(whole, length)
}
