/**
 * The page heap: runs of 16 KiB pages, from which the allocator takes its spans and large allocations.
 *
 * Every page has an entry of 32 bytes in the page table. The address of the first page's entry identifies a run:
 *
 *   +0   PAGE_KIND     0, FREE_RUN, DETACHED_RUN, or the class of the blocks in it plus 1
 *   +4   PAGE_FIRST    entry of the run's first page
 *   +8   PAGE_COUNT    number of pages in the run
 *   +12  SPAN_FREE     list of free blocks, in a span of blocks (alloc.ts)
 *   +16  SPAN_LIVE     number of blocks in use
 *   +20  RUN_NEXT      next in the list of a bin, or of a class
 *   +24  RUN_PREVIOUS  previous in that list
 *   +28  SPAN_CARVE    the first block that was never allocated, in a span of blocks
 *   +28  or RUN_FRESH  1 if no thread has used the run yet, so it is all zero: a detached run, or a large allocation
 *   +32  end
 *
 * The first and the last entry of a free run hold its kind and length (boundary tags: Knuth, The Art of Computer
 * Programming, 2.5, algorithm C). So a freed run merges with both neighbours in constant time. A free run never ends
 * at HEAP_TOP: HEAP_TOP moves down instead.
 *
 * Invariants:
 * - Two neighbouring runs are both free only while a thread holds the latch.
 * - FREE_RUN is the kind of the first and the last entry of a free run, and of no other entry.
 * - A run that a thread moves between the page heap and an owner is DETACHED_RUN, and the thread's SLOT_PAGE_RUN names
 *   it.
 * - UNINTERRUPTED: each function below makes all its stores between two points at which a worker can be terminated. So
 *   a reaper that finds the latch held finds the state after one of these functions.
 *
 * The run that a dead thread was moving is returned by its reaper (`returnRunOf`).
 */
import { get, leadingZeros, load, set, store } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import {
  FREE_PAGES,
  HEAP_END,
  HEAP_FIRST,
  HEAP_TOP,
  HEAP_TOUCHED,
  PAGE_BINS,
  PAGE_LATCH,
  PAGE_SHIFT,
  PAGE_TABLE,
  RESERVED_PAGES,
  SLOT_PAGE_RUN,
} from './layout.ts'

export const PAGE_KIND: i32 = 0
export const PAGE_FIRST: i32 = 4
export const PAGE_COUNT: i32 = 8
export const SPAN_FREE: i32 = 12
export const SPAN_LIVE: i32 = 16
export const RUN_NEXT: i32 = 20
export const RUN_PREVIOUS: i32 = 24
export const SPAN_CARVE: i32 = 28
export const RUN_FRESH: i32 = 28

export const ENTRY_SHIFT: i32 = 5

export const FREE_RUN: i32 = 254
export const DETACHED_RUN: i32 = 255

/** Runs of fewer than EXACT pages have a bin per length; longer runs have two bins per power of two. */
const EXACT: i32 = 64
const BINS: i32 = 88
/**
 * Candidates that a search compares in one bin. Preferring low addresses lets high ones become free: a heap of random,
 * drifting sizes is 4 % smaller than with one candidate.
 */
const MOST_LOOKS: i32 = 16

/** Returns the page-table entry of the page that contains an address. */
export function entryOf(at: i32): i32 {
  return PAGE_TABLE + ((at >> PAGE_SHIFT) << ENTRY_SHIFT)
}

/** Returns the address of the page that an entry describes. */
export function addressOf(entry: i32): i32 {
  return ((entry - PAGE_TABLE) >> ENTRY_SHIFT) << PAGE_SHIFT
}

/**
 * Detaches a run of exactly `pages` pages and returns its entry. Returns 0 if no run is long enough or only the reserve
 * is left.
 */
export function takeRun(self: i32, pages: i32, mayUseReserve: i32): i32 {
  latch(self, PAGE_LATCH)
  let run: i32 = 0
  const untouched: i32 = (load(HEAP_END) - load(HEAP_TOP)) >> PAGE_SHIFT
  if (mayUseReserve != 0 || untouched + load(FREE_PAGES) - pages >= get(RESERVED_PAGES)) {
    run = findRun(pages)
    if (run != 0) {
      detachRun(self, run)
      splitRun(run, pages)
    } else if (untouched >= pages) {
      run = growRun(self, pages)
    }
  }
  unlatch(self, PAGE_LATCH)
  return run
}

/** Returns the detached run in SLOT_PAGE_RUN to the page heap. */
export function returnRun(self: i32): void {
  latch(self, PAGE_LATCH)
  mergePrevious(self)
  mergeNext(self)
  freeRun(self)
  unlatch(self, PAGE_LATCH)
}

/**
 * Returns the run that a dead thread was moving. Called by its reaper, which has already released the thread's latch.
 */
export function returnRunOf(self: i32, dead: i32): void {
  const run = get(dead + SLOT_PAGE_RUN)
  set(dead + SLOT_PAGE_RUN, 0)
  if (run == 0 || get(run + PAGE_KIND) != DETACHED_RUN) return
  set(self + SLOT_PAGE_RUN, run)
  returnRun(self)
}

/** Returns whether less than a quarter of the heap is free. */
export function isScarce(): i32 {
  const first = load(HEAP_FIRST)
  const free: i32 = (load(HEAP_END) - load(HEAP_TOP)) >> PAGE_SHIFT
  return (free + load(FREE_PAGES)) << 2 < (load(HEAP_END) - first) >> PAGE_SHIFT ? 1 : 0
}

/** Returns the address of the list head for free runs of `pages` pages. */
function binOf(pages: i32): i32 {
  if (pages < EXACT) return PAGE_BINS + (pages << 2)
  const power: i32 = 31 - leadingZeros(pages)
  return PAGE_BINS + ((EXACT + ((power - 6) << 1) + ((pages >> (power - 1)) & 1)) << 2)
}

/**
 * Returns the shortest free run of at least `pages` pages, and the lowest of equally long ones, from a bounded search
 * of each bin. Returns 0 if no run is long enough. Requires the latch.
 */
function findRun(pages: i32): i32 {
  for (let bin = binOf(pages); bin < PAGE_BINS + (BINS << 2); bin += 4) {
    let best: i32 = 0
    let bestLength: i32 = 0
    let looks: i32 = 0
    for (let run = get(bin); run != 0 && (best == 0 || looks < MOST_LOOKS); run = get(run + RUN_NEXT)) {
      looks++
      const length = get(run + PAGE_COUNT)
      if (length < pages) continue
      if (best != 0 && (length > bestLength || (length == bestLength && run > best))) continue
      best = run
      bestLength = length
    }
    if (best != 0) return best
  }
  return 0
}

function detachRun(self: i32, run: i32): void {
  const length = get(run + PAGE_COUNT)
  unlinkRun(run, length)
  set(run + RUN_FRESH, 0)
  set(run + PAGE_KIND, DETACHED_RUN)
  set(self + SLOT_PAGE_RUN, run)
}

/** Removes a free run from its bin, and clears the kind of its first and last entry. */
function unlinkRun(run: i32, length: i32): void {
  const next = get(run + RUN_NEXT)
  const previous = get(run + RUN_PREVIOUS)
  if (previous == 0) set(binOf(length), next)
  else set(previous + RUN_NEXT, next)
  if (next != 0) set(next + RUN_PREVIOUS, previous)
  set(run + ((length - 1) << ENTRY_SHIFT) + PAGE_KIND, 0)
  set(run + PAGE_KIND, 0)
  store(FREE_PAGES, load(FREE_PAGES) - length)
}

function linkRun(run: i32, length: i32): void {
  const last: i32 = run + ((length - 1) << ENTRY_SHIFT)
  const bin = binOf(length)
  const next = get(bin)
  set(run + PAGE_COUNT, length)
  set(last + PAGE_COUNT, length)
  set(last + PAGE_FIRST, run)
  set(run + RUN_NEXT, next)
  set(run + RUN_PREVIOUS, 0)
  if (next != 0) set(next + RUN_PREVIOUS, run)
  set(bin, run)
  set(run + PAGE_KIND, FREE_RUN)
  set(last + PAGE_KIND, FREE_RUN)
  store(FREE_PAGES, load(FREE_PAGES) + length)
}

/** Frees the pages of a detached run beyond the first `pages`. */
function splitRun(run: i32, pages: i32): void {
  const rest: i32 = get(run + PAGE_COUNT) - pages
  if (rest == 0) return
  linkRun(run + (pages << ENTRY_SHIFT), rest)
  set(run + PAGE_COUNT, pages)
}

/** Detaches a run of pages above HEAP_TOP. The caller has checked that the heap has room for it. */
function growRun(self: i32, pages: i32): i32 {
  const bottom = load(HEAP_TOP)
  const top: i32 = bottom + (pages << PAGE_SHIFT)
  const run = entryOf(bottom)
  set(run + PAGE_COUNT, pages)
  set(run + RUN_FRESH, bottom >= get(HEAP_TOUCHED) ? 1 : 0)
  set(run + PAGE_KIND, DETACHED_RUN)
  set(self + SLOT_PAGE_RUN, run)
  // RACE: a worker that becomes idle reads this word without the latch.
  if (top > get(HEAP_TOUCHED)) store(HEAP_TOUCHED, top)
  store(HEAP_TOP, top)
  return run
}

// RACE: the owner of a neighbouring run may store its kind at the same time, because it needs no latch for that.
// Neither the old nor the new kind is FREE_RUN, so both values lead to the same decision here.
function mergePrevious(self: i32): void {
  const run = get(self + SLOT_PAGE_RUN)
  const before: i32 = run - (1 << ENTRY_SHIFT)
  if (before < entryOf(load(HEAP_FIRST)) || load(before + PAGE_KIND) != FREE_RUN) return
  const length = get(before + PAGE_COUNT)
  const previous: i32 = run - (length << ENTRY_SHIFT)
  unlinkRun(previous, length)
  set(previous + PAGE_COUNT, length + get(run + PAGE_COUNT))
  set(run + PAGE_KIND, 0)
  set(previous + PAGE_KIND, DETACHED_RUN)
  set(self + SLOT_PAGE_RUN, previous)
}

function mergeNext(self: i32): void {
  const run = get(self + SLOT_PAGE_RUN)
  const next: i32 = run + (get(run + PAGE_COUNT) << ENTRY_SHIFT)
  if (next >= entryOf(load(HEAP_TOP)) || load(next + PAGE_KIND) != FREE_RUN) return
  const length = get(next + PAGE_COUNT)
  unlinkRun(next, length)
  set(run + PAGE_COUNT, get(run + PAGE_COUNT) + length)
}

/** Frees the detached run in SLOT_PAGE_RUN. Neither neighbour of the run is free. */
function freeRun(self: i32): void {
  const run = get(self + SLOT_PAGE_RUN)
  const length = get(run + PAGE_COUNT)
  const bottom = addressOf(run)
  if (run + (length << ENTRY_SHIFT) == entryOf(load(HEAP_TOP))) {
    set(run + PAGE_KIND, 0)
    store(HEAP_TOP, bottom)
  } else linkRun(run, length)
  set(self + SLOT_PAGE_RUN, 0)
}
