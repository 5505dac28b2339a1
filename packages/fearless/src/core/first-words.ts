/**
 * The control words of a heap in which nothing was allocated yet. All other words are 0.
 *
 * Not a part of the core: the words are written before there is a core, and by tests and models into heaps of their own.
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
 * Pages that only waiters and urgent blocks may take: a thread that cannot send must still wait, wake, end and report an
 * error, because these are what empties a full heap. The 256th part of the heap, within these bounds.
 */
const LEAST_RESERVED = 16
const MOST_RESERVED = 64

/** Addresses and values, for a heap of so many bytes. */
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
