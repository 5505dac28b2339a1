/**
 * The allocator: size classes over spans of pages, a cache per thread, a central list of spans per class.
 *
 * The page table (pages.ts) names the class of every page, so `release` needs no size and a block has no header.
 * Threads take and return blocks in batches, so the central latch is rarely met. A span whose blocks have all come back
 * returns to the page heap, where it merges with its neighbours, and any other size may use it; each class keeps one.
 * A thread that dies leaves its cache to the next thread in its slot. Blocks above 32 KiB are runs of pages.
 *
 * Some classes hold one kind of thing each (waiters, locks, handles...), so that a reaper can visit all of them without a
 * latch. Their spans never return: a thread may still read a thing that another thread has just freed.
 *
 * Invariants of a span of blocks, under the latch of its class:
 * - It is in the list of its class exactly if it has room: a free block, or one that was never handed out.
 * - SPAN_LIVE counts the blocks that are in use or in a cache.
 * - Each block is in one list or with one owner after every step of a loop, so a thread that dies in between loses none.
 */
import { get, leadingZeros, load, set, store, storeRelaxed } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import { CLASSES, CLASS_SIZE, PAGE_SHIFT, PAGE_SIZE, SLOT_CACHES, SLOT_RUN, SLOT_URGENT, SPAN_HEADER } from './layout.ts'
import {
  DETACHED_RUN,
  ENTRY_SHIFT,
  PAGE_COUNT,
  PAGE_FIRST,
  PAGE_KIND,
  RUN_FRESH,
  RUN_NEXT,
  RUN_PREVIOUS,
  SPAN_CARVE,
  SPAN_FREE,
  SPAN_LIVE,
  addressOf,
  entryOf,
  isScarce,
  returnRun,
  takeRun,
} from './pages.ts'

const CLASS_LATCH: i32 = 0
export const CLASS_ROOM: i32 = 4 // spans of blocks: list of those that have room; things: list of free ones
export const CLASS_CARVE: i32 = 8 // things: the next never used one of the newest span
export const CLASS_CARVE_END: i32 = 12
const CLASS_SPANS: i32 = 16 // things: list of all spans

/** Larger blocks are runs of pages, and no class of spans. */
const LARGEST_IN_SPAN: i32 = 32768
const LARGEST: i32 = 0x40000000
/** Classes from here on hold things. */
const BLOCK_CLASSES: i32 = 22
const LARGE: i32 = 22
export const WAITERS: i32 = 40
export const LOCKS: i32 = 41
export const HANDLES: i32 = 42
export const RW_LOCKS: i32 = 43
export const SEMAPHORES: i32 = 44

/** The class of a block of so many bytes: 16, 32, 48, 64, then two per power of two up to 32 KiB. */
export function sizeClass(bytes: i32): i32 {
  if (bytes <= 64) return bytes <= 16 ? 0 : ((bytes + 15) >> 4) - 1
  const power: i32 = 31 - leadingZeros(bytes - 1)
  return 4 + ((power - 6) << 1) + (bytes > 3 << (power - 1) ? 1 : 0)
}

/** Bytes of a block of a class. */
export function classBytes(kind: i32): i32 {
  if (kind < 4) return (kind + 1) << 4
  if (kind < BLOCK_CLASSES) return (kind & 1) == 0 ? 3 << (((kind - 4) >> 1) + 5) : 1 << (((kind - 4) >> 1) + 7)
  return kind == HANDLES ? 32 : kind == RW_LOCKS ? 128 : 64
}

/** Pages of a span of a class: few enough to become empty soon, enough that at most an eighth is left over. */
function spanPages(kind: i32): i32 {
  const size = classBytes(kind)
  if (size <= 2048) return 1
  if (size <= 8192) return 2
  return size == 12288 ? 3 : size == 24576 ? 6 : 4
}

/** A block of at least so many bytes, aligned to 16; 0 if the heap is full. Its contents are arbitrary. */
export function allocate(self: i32, bytes: i32): i32 {
  return bytes > LARGEST_IN_SPAN ? takeLarge(self, bytes) : take(self, sizeClass(bytes))
}

export function take(self: i32, kind: i32): i32 {
  const cache = self + SLOT_CACHES + (kind << 3)
  if (get(cache) == 0 && refill(self, kind) == 0) return 0
  const block = get(cache)
  set(cache, get(block))
  set(cache + 4, get(cache + 4) - 1)
  return block
}

/** Returns a block. Only its owner may, and only once. */
export function release(self: i32, block: i32): void {
  const entry = entryOf(block)
  const kind: i32 = get(entry + PAGE_KIND) - 1
  if (kind == LARGE) return releaseLarge(self, entry)
  const cache = self + SLOT_CACHES + (kind << 3)
  const length = get(cache + 4)
  set(block, get(cache))
  set(cache, block)
  set(cache + 4, length + 1)
  if (length >= batch(kind) << 1) spill(self, kind, batch(kind))
}

/** Whether an address lies in a block, or a thing, of this class. */
export function isOfClass(kind: i32, at: i32): i32 {
  return load(entryOf(at) + PAGE_KIND) == kind + 1 ? 1 : 0
}

/** How many blocks travel between a cache and the central list at a time. */
function batch(kind: i32): i32 {
  const fits: i32 = (16384 / classBytes(kind)) | 0
  return fits > 64 ? 64 : fits < 1 ? 1 : fits
}

// ---------------------------------------------------------------- large blocks

function takeLarge(self: i32, bytes: i32): i32 {
  if (bytes > LARGEST) return 0
  const pages: i32 = ((bytes - 1) >> PAGE_SHIFT) + 1
  const run = takePages(self, pages, get(self + SLOT_URGENT))
  if (run == 0) return 0
  const block = addressOf(run)
  storeRelaxed(run + PAGE_KIND, LARGE + 1)
  set(self + SLOT_RUN, 0)
  return block
}

/** Whether a block of so many bytes that was just allocated is all zero, because no thread has ever used its pages. */
export function isFresh(block: i32, bytes: i32): i32 {
  return bytes > LARGEST_IN_SPAN ? get(entryOf(block) + RUN_FRESH) : 0
}

function releaseLarge(self: i32, run: i32): void {
  set(self + SLOT_RUN, run)
  storeRelaxed(run + PAGE_KIND, DETACHED_RUN)
  returnRun(self)
}

// ---------------------------------------------------------------- caches and spans

/** Puts at least one block into the empty cache of a class, if there is one: 1, or 0 if the heap is full. */
function refill(self: i32, kind: i32): i32 {
  if (kind >= BLOCK_CLASSES) return refillThings(self, kind)
  const central = CLASSES + kind * CLASS_SIZE
  latch(self, central + CLASS_LATCH)
  if (get(central + CLASS_ROOM) == 0) {
    unlatch(self, central + CLASS_LATCH)
    if (newSpan(self, kind) == 0) return 0
    latch(self, central + CLASS_LATCH)
    openSpan(self, kind, central)
  }
  fill(self, kind, central)
  unlatch(self, central + CLASS_LATCH)
  return get(self + SLOT_CACHES + (kind << 3)) == 0 ? 0 : 1
}

/** A detached run, after everything that this thread keeps for itself has gone back, if there is none before. */
function takePages(self: i32, pages: i32, mayUseReserve: i32): i32 {
  const run = takeRun(self, pages, mayUseReserve)
  if (run != 0) return run
  returnCaches(self)
  return takeRun(self, pages, mayUseReserve)
}

/** Detaches a run for a span of blocks: 1, or 0 if the heap is full. SLOT_RUN names it. */
function newSpan(self: i32, kind: i32): i32 {
  const pages = spanPages(kind)
  const run = takePages(self, pages, get(self + SLOT_URGENT))
  if (run == 0) return 0
  for (let page: i32 = 1; page < pages; page++) {
    const entry: i32 = run + (page << ENTRY_SHIFT)
    set(entry + PAGE_FIRST, run)
    storeRelaxed(entry + PAGE_KIND, kind + 1)
  }
  set(run + PAGE_FIRST, run)
  set(run + SPAN_FREE, 0)
  set(run + SPAN_LIVE, 0)
  set(run + SPAN_CARVE, addressOf(run))
  return 1
}

/** Puts the detached run of this thread into the list of its class, under the latch. */
function openSpan(self: i32, kind: i32, central: i32): void {
  const span = get(self + SLOT_RUN)
  linkSpan(span, central)
  storeRelaxed(span + PAGE_KIND, kind + 1)
  set(self + SLOT_RUN, 0)
}

function linkSpan(span: i32, central: i32): void {
  const next = get(central + CLASS_ROOM)
  set(span + RUN_NEXT, next)
  set(span + RUN_PREVIOUS, 0)
  if (next != 0) set(next + RUN_PREVIOUS, span)
  set(central + CLASS_ROOM, span)
}

function unlinkSpan(span: i32, central: i32): void {
  const next = get(span + RUN_NEXT)
  const previous = get(span + RUN_PREVIOUS)
  if (previous == 0) set(central + CLASS_ROOM, next)
  else set(previous + RUN_NEXT, next)
  if (next != 0) set(next + RUN_PREVIOUS, previous)
}

/** Moves a batch of blocks from the first span that has room to the cache. Under the latch. */
function fill(self: i32, kind: i32, central: i32): void {
  const cache = self + SLOT_CACHES + (kind << 3)
  const size = classBytes(kind)
  const span = get(central + CLASS_ROOM)
  const end: i32 = addressOf(span) + (get(span + PAGE_COUNT) << PAGE_SHIFT)
  for (let wanted = batch(kind); wanted > 0; wanted--) {
    let block = get(span + SPAN_FREE)
    if (block != 0) set(span + SPAN_FREE, get(block))
    else {
      block = get(span + SPAN_CARVE)
      if (block + size > end) break
      set(span + SPAN_CARVE, block + size)
    }
    set(span + SPAN_LIVE, get(span + SPAN_LIVE) + 1)
    set(block, get(cache))
    set(cache, block)
    set(cache + 4, get(cache + 4) + 1)
  }
  if (get(span + SPAN_FREE) == 0 && get(span + SPAN_CARVE) + size > end) unlinkSpan(span, central)
}

/** Returns blocks of a cache to their spans, and spans that are empty then to the page heap. */
function spill(self: i32, kind: i32, count: i32): void {
  if (kind >= BLOCK_CLASSES) return spillThings(self, kind, count)
  const central = CLASSES + kind * CLASS_SIZE
  latch(self, central + CLASS_LATCH)
  while (count > 0) {
    count--
    if (returnBlock(self, kind, central) == 0) continue
    unlatch(self, central + CLASS_LATCH)
    returnRun(self)
    latch(self, central + CLASS_LATCH)
  }
  unlatch(self, central + CLASS_LATCH)
}

/** Returns the first block of a cache to its span. Answers 1 if the span is detached now, because it is empty. */
function returnBlock(self: i32, kind: i32, central: i32): i32 {
  const cache = self + SLOT_CACHES + (kind << 3)
  const block = get(cache)
  const span = get(entryOf(block) + PAGE_FIRST)
  const free = get(span + SPAN_FREE)
  const end: i32 = addressOf(span) + (get(span + PAGE_COUNT) << PAGE_SHIFT)
  const live: i32 = get(span + SPAN_LIVE) - 1
  if (free == 0 && get(span + SPAN_CARVE) + classBytes(kind) > end) linkSpan(span, central)
  set(cache, get(block))
  set(cache + 4, get(cache + 4) - 1)
  set(block, free)
  set(span + SPAN_FREE, block)
  set(span + SPAN_LIVE, live)
  // One empty span stays, or a class that needs one block again and again would format its span each time.
  if (live != 0 || (get(central + CLASS_ROOM) == span && get(span + RUN_NEXT) == 0)) return 0
  detachSpan(self, span, central)
  return 1
}

function detachSpan(self: i32, span: i32, central: i32): void {
  unlinkSpan(span, central)
  storeRelaxed(span + PAGE_KIND, DETACHED_RUN)
  set(self + SLOT_RUN, span)
}

/** Returns all blocks in this thread's caches, and every empty span, to where any thread and any size may use them. */
export function returnCaches(self: i32): void {
  for (let kind: i32 = 0; kind < BLOCK_CLASSES; kind++) {
    const cached = get(self + SLOT_CACHES + (kind << 3) + 4)
    if (cached != 0) spill(self, kind, cached)
    const central = CLASSES + kind * CLASS_SIZE
    if (load(central + CLASS_ROOM) != 0) returnEmptySpans(self, central)
  }
}

/** The same if the heap is short of room: for a thread that is about to need nothing for a while. */
export function returnCachesIfScarce(self: i32): void {
  if (isScarce() != 0) returnCaches(self)
}

function returnEmptySpans(self: i32, central: i32): void {
  latch(self, central + CLASS_LATCH)
  let span = get(central + CLASS_ROOM)
  while (span != 0) {
    if (get(span + SPAN_LIVE) != 0) {
      span = get(span + RUN_NEXT)
      continue
    }
    detachSpan(self, span, central)
    unlatch(self, central + CLASS_LATCH)
    returnRun(self)
    latch(self, central + CLASS_LATCH)
    span = get(central + CLASS_ROOM)
  }
  unlatch(self, central + CLASS_LATCH)
}

// ---------------------------------------------------------------- things

function refillThings(self: i32, kind: i32): i32 {
  const central = CLASSES + kind * CLASS_SIZE
  const cache = self + SLOT_CACHES + (kind << 3)
  latch(self, central + CLASS_LATCH)
  if (get(central + CLASS_ROOM) == 0 && get(central + CLASS_CARVE) == get(central + CLASS_CARVE_END)) {
    unlatch(self, central + CLASS_LATCH)
    const run = takePages(self, 1, kind == WAITERS ? 1 : get(self + SLOT_URGENT))
    if (run == 0) return 0
    // A reaper also visits things that were never handed out, which must read as free.
    if (get(run + RUN_FRESH) == 0) clear(addressOf(run))
    latch(self, central + CLASS_LATCH)
    openSpanOfThings(self, kind, central)
  }
  const size = classBytes(kind)
  for (let wanted = batch(kind); wanted > 0; wanted--) {
    let thing = get(central + CLASS_ROOM)
    if (thing != 0) set(central + CLASS_ROOM, get(thing))
    else {
      thing = get(central + CLASS_CARVE)
      if (thing + size > get(central + CLASS_CARVE_END)) break
      store(central + CLASS_CARVE, thing + size)
    }
    set(thing, get(cache))
    set(cache, thing)
    set(cache + 4, get(cache + 4) + 1)
  }
  unlatch(self, central + CLASS_LATCH)
  return 1
}

function clear(page: i32): void {
  for (let at: i32 = page; at < page + PAGE_SIZE; at += 4) set(at, 0)
}

/**
 * Makes the detached run of this thread the newest span of a class of things. What is left of the span before goes to the
 * list of free things: another thread may have opened that one meanwhile.
 */
function openSpanOfThings(self: i32, kind: i32, central: i32): void {
  const size = classBytes(kind)
  while (get(central + CLASS_CARVE) + size <= get(central + CLASS_CARVE_END)) {
    const thing = get(central + CLASS_CARVE)
    set(thing, get(central + CLASS_ROOM))
    store(central + CLASS_CARVE, thing + size)
    set(central + CLASS_ROOM, thing)
  }
  const span = get(self + SLOT_RUN)
  const at = addressOf(span)
  const things: i32 = ((PAGE_SIZE - SPAN_HEADER) / size) | 0
  set(at, get(central + CLASS_SPANS))
  store(central + CLASS_CARVE, at + SPAN_HEADER)
  store(central + CLASS_CARVE_END, at + SPAN_HEADER + things * size)
  set(span + PAGE_FIRST, span)
  storeRelaxed(span + PAGE_KIND, kind + 1)
  set(self + SLOT_RUN, 0)
  // ORDER: last, because a reaper visits the spans without the latch. A span that it finds has its link to the older
  // ones, and says how much of it was handed out.
  store(central + CLASS_SPANS, at)
}

function spillThings(self: i32, kind: i32, count: i32): void {
  const central = CLASSES + kind * CLASS_SIZE
  const cache = self + SLOT_CACHES + (kind << 3)
  latch(self, central + CLASS_LATCH)
  while (count > 0) {
    count--
    const thing = get(cache)
    set(cache, get(thing))
    set(cache + 4, get(cache + 4) - 1)
    set(thing, get(central + CLASS_ROOM))
    set(central + CLASS_ROOM, thing)
  }
  unlatch(self, central + CLASS_LATCH)
}

/** The first thing of a class of things, or the one after `thing`; 0 after the last. May visit free ones. */
export function nextThing(kind: i32, thing: i32): i32 {
  const central = CLASSES + kind * CLASS_SIZE
  const size = classBytes(kind)
  let next = thing == 0 ? load(central + CLASS_SPANS) + SPAN_HEADER : thing + size
  if (next == SPAN_HEADER) return 0
  const span = ((next - 1) >> PAGE_SHIFT) << PAGE_SHIFT
  if (next + size > span + PAGE_SIZE) {
    const older = get(span)
    if (older == 0) return 0
    next = older + SPAN_HEADER
  }
  if (next >= load(central + CLASS_CARVE) && next < load(central + CLASS_CARVE_END)) {
    // The rest of the newest span was never handed out.
    const older = get(((next - 1) >> PAGE_SHIFT) << PAGE_SHIFT)
    return older == 0 ? 0 : older + SPAN_HEADER
  }
  return next
}
