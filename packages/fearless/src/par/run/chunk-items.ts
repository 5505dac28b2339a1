/**
 * The items of one chunk in the heap.
 *
 * The owner of a region writes them before it first shares the chunk, and passes them with the job to the thread that
 * steals it:
 *   ints, floats   packed in the region's memory, if all items are numbers
 *   encoded        in a block of the chunk's record, which the thread that decodes it takes away
 * A range and a vec need neither.
 */
import { get, set } from '../../core/memory.ts'
import { NotSendError } from '../../errors.ts'
import { decodeAndFree, encodeToBlock } from '../../memory/codec/message.ts'
import { f64, i32 } from '../../memory/heap.ts'
import { heapOf, sizeOf } from '../../memory/struct/views.ts'
import type { Items, TypedArray } from '../sources/source.ts'
import {
  CHUNK_DATA,
  CHUNK_DATA_LENGTH,
  CHUNK_KIND,
  ENCODED,
  FLOATS,
  INTS,
  packedItem,
  startOf,
  vecOf,
} from './region.ts'

/**
 * Writes the items of one chunk: packed at `at` if all of them are numbers (eight bytes for each), encoded in a block
 * otherwise. Throws `NotSendError`, `HeapFullError`.
 */
export function writeItems(items: Items, from: number, to: number, at: number, chunk: number): void {
  if (Array.isArray(items)) {
    if (packInts(items, from, to, at)) set(chunk + CHUNK_KIND, INTS)
    else if (packFloats(items, from, to, at)) set(chunk + CHUNK_KIND, FLOATS)
    else writeEncoded(items.slice(from, to), from, chunk)
  } else writeTyped(items as TypedArray, from, to, at, chunk)
}

function writeTyped(items: TypedArray, from: number, to: number, at: number, chunk: number): void {
  const part = items.subarray(from, to)
  switch (items[Symbol.toStringTag]) {
    case 'BigInt64Array':
    case 'BigUint64Array':
      return writeEncoded([...(part as BigInt64Array)], from, chunk)
    case 'Float64Array':
    case 'Float32Array':
    case 'Uint32Array':
    case 'Float16Array':
      f64.set(part as Float64Array, at >> 3)
      set(chunk + CHUNK_KIND, FLOATS)
      return
    default:
      i32.set(part as Int32Array, at >> 2)
      set(chunk + CHUNK_KIND, INTS)
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

function writeEncoded(items: unknown[], from: number, chunk: number): void {
  try {
    const block = encodeToBlock(items, 'copy')
    set(chunk + CHUNK_DATA, block.at)
    set(chunk + CHUNK_DATA_LENGTH, block.length)
    set(chunk + CHUNK_KIND, ENCODED)
  } catch (error) {
    if (error instanceof NotSendError) {
      error.message = error.message.replace(/^\[(\d+)\]/, (_, index: string) => `[${from + Number(index)}]`)
    }
    throw error
  }
}

/** The input of a loop: `source[from..]`, or the numbers from `source + from` on. */
interface ChunkInput {
  readonly source: unknown
  readonly from: number
  /** The kind of the items: a loop is compiled for each. */
  readonly kind: string
}

/** Reads the items of the chunk whose first item is `first`, in a thread that does not own the region. */
export function readItems(region: number, chunk: number, first: number): ChunkInput {
  const start = startOf(region)
  if (start !== undefined) return { source: start, from: first, kind: 'range' }
  const vec = vecOf(region)
  if (vec !== undefined) {
    return { source: heapOf(vec.cell), from: vec.at / sizeOf(vec.cell) + first, kind: `vec ${vec.cell}` }
  }
  switch (get(chunk + CHUNK_KIND)) {
    case INTS:
      return { source: i32, from: packedItem(region, first) >> 2, kind: 'ints' }
    case FLOATS:
      return { source: f64, from: packedItem(region, first) >> 3, kind: 'floats' }
    default: {
      const at = get(chunk + CHUNK_DATA)
      set(chunk + CHUNK_DATA, 0)
      return { source: decodeAndFree(at, get(chunk + CHUNK_DATA_LENGTH)), from: 0, kind: 'values' }
    }
  }
}
