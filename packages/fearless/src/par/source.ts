/**
 * What a parallel iterator goes over, and where its chunks begin.
 *
 * A range carries no data, and the numbers of a vec lie where every thread reads them; anything else is copied to the heap
 * when it is first offered to others.
 *
 * The boundaries of chunks depend on the number of items alone, never on threads or time: whatever is combined from
 * chunks, in their order, is the same in every run.
 */
import { i32, f64 } from '../memory/heap.ts'
import { encodeToBlock } from '../memory/codec/message.ts'
import { describe } from '../describe.ts'
import { MovedError, NotSendError } from '../errors.ts'
import type { Cell } from '../memory/struct/views.ts'
import { FrozenVec, Vec, type VecMemory, type VecView } from '../sync/vec.ts'
import { CHUNK_DATA, CHUNK_DATA_LENGTH, CHUNK_KIND, ENCODED, FLOATS, INTS } from './region.ts'

/** Enough to keep many threads busy to the end, few enough that a chunk's cost does not show. */
const MOST_CHUNKS = 256
/** So few items are chunks of their own: each may be work for seconds. */
const OWN_CHUNK = 32

/** Whole numbers from `start` up to, but not including, `end`; see `range`. */
export class Range implements Iterable<number> {
  readonly start: number
  readonly end: number

  /** @internal */
  constructor(start: number, end: number) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) {
      throw new RangeError(
        `A range goes from one whole number to another, not from ${describe(start)} to ${describe(end)}.`,
      )
    }
    this.start = start
    this.end = end
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let n = this.start; n < this.end; n++) yield n
  }
}

/**
 * The whole numbers from `start` up to, but not including, `end`: Rust's `start..end`.
 *
 * ```ts
 * await parIter(par.range(0, 1000)).filter(n => n % 3 === 0).count() // => 334
 * ```
 *
 * It carries no data: nothing is copied to other threads.
 */
export function range(start: number, end: number): Range {
  return new Range(start, end)
}

export type Items = readonly unknown[] | TypedArray

/** Any typed array: named by what they have in common, because not every TypeScript library knows them all. */
interface TypedArray extends ArrayBufferView {
  readonly length: number
  readonly [index: number]: number | bigint
  readonly [Symbol.toStringTag]: string
  subarray(from: number, to: number): TypedArray
  set(from: TypedArray, at: number): void
}

type TypedArrayConstructor = new (length: number) => TypedArray

export type Source =
  | { readonly kind: 'range'; readonly length: number; readonly start: number }
  | {
      readonly kind: `vec ${Cell}`
      readonly length: number
      readonly vec: VecMemory
      readonly numbers: Vec<VecView> | FrozenVec<VecView>
    }
  | { readonly kind: string; readonly length: number; readonly items: Items }

function iterable(from: Iterable<unknown>): Iterable<unknown> {
  if (typeof (from as Partial<Iterable<unknown>> | undefined | null)?.[Symbol.iterator] === 'function') return from
  throw new TypeError(
    `${describe(from)} has no items to go over. parIter takes an array, a typed array, a vec, a \`par.range\` or another iterable.`,
  )
}

export function sourceOf(from: Iterable<unknown>): Source {
  if (from instanceof Range) return { kind: 'range', length: Math.max(0, from.end - from.start), start: from.start }
  if (from instanceof Vec || from instanceof FrozenVec) {
    const numbers = from as Vec<VecView> | FrozenVec<VecView>
    const { memory } = numbers
    return { kind: `vec ${memory.cell}` as const, length: memory.length, vec: memory, numbers }
  }
  if (ArrayBuffer.isView(from) && !(from instanceof DataView)) {
    const items = from as unknown as TypedArray
    return { kind: items[Symbol.toStringTag], length: items.length, items }
  }
  const items = Array.isArray(from) ? (from as unknown[]) : [...iterable(from)]
  return { kind: 'Array', length: items.length, items }
}

/** The source of a run that begins now: items may have come or gone since the iterator was made. */
export function asItIsNow(source: Source): Source {
  // Throws if the vec was moved or dropped.
  if ('numbers' in source) return { ...source, vec: source.numbers.memory }
  if (!('items' in source) || source.items.length === source.length) return source
  const { items } = source
  if (!Array.isArray(items) && (items as TypedArray).buffer.byteLength === 0) {
    throw new MovedError(
      `The ${source.kind} was moved before the parallel work began. Wait for the work first, or move a copy.`,
    )
  }
  return { ...source, length: items.length }
}

/** The items in their places, but only those from `from` on: the others have been. */
export function copyFrom(items: Items, from: number): Items {
  if (Array.isArray(items)) return items.slice()
  const array = items as TypedArray
  const copy = new (array.constructor as TypedArrayConstructor)(array.length)
  copy.set(array.subarray(from, array.length), from)
  return copy
}

export function chunksOf(length: number): number {
  if (length <= OWN_CHUNK) return Math.max(1, length)
  return Math.min(MOST_CHUNKS, OWN_CHUNK + Math.floor((length - OWN_CHUNK) / 16))
}

/** The first item of a chunk; that of the chunk after the last one is the end. */
export function firstOf(chunk: number, chunks: number, length: number): number {
  return Math.floor((length * chunk) / chunks)
}

/**
 * Puts the items of one chunk where other threads find them: packed at `at` if all of them are numbers (the place has
 * eight bytes for each), encoded in a block otherwise. Throws `NotSendError`, `HeapFullError`.
 */
export function publish(items: Items, from: number, to: number, at: number, chunk: number): void {
  if (Array.isArray(items)) {
    if (packInts(items, from, to, at)) i32[(chunk + CHUNK_KIND) >> 2] = INTS
    else if (packFloats(items, from, to, at)) i32[(chunk + CHUNK_KIND) >> 2] = FLOATS
    else publishEncoded(items.slice(from, to), from, chunk)
  } else publishTyped(items as TypedArray, from, to, at, chunk)
}

function publishTyped(items: TypedArray, from: number, to: number, at: number, chunk: number): void {
  const part = items.subarray(from, to)
  switch (items[Symbol.toStringTag]) {
    case 'BigInt64Array':
    case 'BigUint64Array':
      return publishEncoded([...(part as BigInt64Array)], from, chunk)
    case 'Float64Array':
    case 'Float32Array':
    case 'Uint32Array':
    case 'Float16Array':
      f64.set(part as Float64Array, at >> 3)
      i32[(chunk + CHUNK_KIND) >> 2] = FLOATS
      return
    default:
      i32.set(part as Int32Array, at >> 2)
      i32[(chunk + CHUNK_KIND) >> 2] = INTS
  }
}

function packInts(items: readonly unknown[], from: number, to: number, at: number): boolean {
  const base = (at >> 2) - from
  for (let i = from; i < to; i++) {
    const item = items[i]
    if (typeof item !== 'number' || (item | 0) !== item || (item === 0 && 1 / item < 0)) return false
    i32[base + i] = item
  }
  return true
}

function packFloats(items: readonly unknown[], from: number, to: number, at: number): boolean {
  const base = (at >> 3) - from
  for (let i = from; i < to; i++) {
    const item = items[i]
    if (typeof item !== 'number') return false
    f64[base + i] = item
  }
  return true
}

function publishEncoded(items: unknown[], from: number, chunk: number): void {
  try {
    const block = encodeToBlock(items, 'copy')
    i32[(chunk + CHUNK_DATA) >> 2] = block.at
    i32[(chunk + CHUNK_DATA_LENGTH) >> 2] = block.length
    i32[(chunk + CHUNK_KIND) >> 2] = ENCODED
  } catch (error) {
    if (error instanceof NotSendError) {
      error.message = error.message.replace(/^\[(\d+)\]/, (_, index: string) => `[${from + Number(index)}]`)
    }
    throw error
  }
}
