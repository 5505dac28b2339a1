/**
 * The initial control words of a heap. All other words are 0.
 *
 * This file is not part of the core: the words are written before the core exists. Tests and models write them into
 * heaps of their own.
 */
import {
  HEAP_END,
  HEAP_FIRST,
  HEAP_TOP,
  HEAP_TOUCHED,
  PAGE_SHIFT,
  PAGE_SIZE,
  PAGE_TABLE,
  RESERVED_PAGES,
} from './layout.ts'
import { ENTRY_SHIFT } from './pages.ts'

/**
 * Bounds of the page reserve, which is 1/256 of the heap. Only waiters and urgent allocations may use the reserve.
 * A thread that cannot send in a full heap must still wait, wake others, drop handles and report an error, because
 * these operations are the ones that empty the heap.
 */
const LEAST_RESERVED = 16
const MOST_RESERVED = 64

/** Returns the addresses and values of the control words for a heap of `bytes` bytes. */
export function firstWords(bytes: number): readonly (readonly [at: number, value: number])[] {
  const pages = bytes >> PAGE_SHIFT
  const first = Math.ceil((PAGE_TABLE + (pages << ENTRY_SHIFT)) / PAGE_SIZE) * PAGE_SIZE
  return [
    [HEAP_FIRST, first],
    [HEAP_TOUCHED, first],
    [HEAP_TOP, first],
    [HEAP_END, pages * PAGE_SIZE],
    [RESERVED_PAGES, Math.min(Math.max(pages >> 8, LEAST_RESERVED), MOST_RESERVED)],
  ]
}
