/**
 * The source of a parallel iterator, and its division into chunks.
 *
 *   range    carries no data
 *   vec      its numbers are read in their place by each thread
 *   items    an array or a typed array: a chunk is copied to the heap when it is first shared (run/chunk-items.ts)
 *
 * The boundaries of chunks depend on the number of items alone, never on threads or time. So a result that is combined
 * from chunks, in their order, is the same in every run.
 */
import { describe } from '../../describe.ts'
import { MovedError } from '../../errors.ts'
import type { Cell } from '../../memory/struct/views.ts'
import { FrozenVec, Vec, type VecMemory, type VecView } from '../../sync/vec.ts'
import { Range } from './range.ts'

/** Enough to keep many threads busy to the end, and few enough that the cost of a chunk does not show. */
const MAX_CHUNKS = 256
/** Up to this number of items, each is a chunk of its own, because each may be work for seconds. */
const MAX_SINGLE_ITEM_CHUNKS = 32

export type Items = readonly unknown[] | TypedArray

/** Any typed array. A structural type, because not every version of TypeScript's library declares all of them. */
export interface TypedArray extends ArrayBufferView {
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
    `\`parIter\` expects an array, a typed array, a vec, a \`par.range\` or another iterable, got ${describe(from)}. Pass one of these.`,
  )
}

/** Classifies the argument of `parIter`. Collects an iterable. Throws `TypeError` for other values. */
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

/** Returns the source of a run that begins now, because items may have come or gone since the iterator was made. */
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

/** Copies the items from `from` on, at the same indices. The items before have been processed. */
export function copyFrom(items: Items, from: number): Items {
  if (Array.isArray(items)) return items.slice()
  const array = items as TypedArray
  const copy = new (array.constructor as TypedArrayConstructor)(array.length)
  copy.set(array.subarray(from, array.length), from)
  return copy
}

/** The number of chunks of a source with `length` items. */
export function chunksOf(length: number): number {
  if (length <= MAX_SINGLE_ITEM_CHUNKS) return Math.max(1, length)
  return Math.min(MAX_CHUNKS, MAX_SINGLE_ITEM_CHUNKS + Math.floor((length - MAX_SINGLE_ITEM_CHUNKS) / 16))
}

/** The first item of a chunk. Chunk `chunks` begins at `length`. */
export function firstOf(chunk: number, chunks: number, length: number): number {
  return Math.floor((length * chunk) / chunks)
}
