/**
 * The allocator: size classes over spans of pages, a cache per thread, a central list of spans per class.
 *
 * The page table (pages.ts) names the class of every page, so `release` needs no size and a block has no header.
 * Threads take and return blocks in batches, so the central latch is rarely met. A span whose blocks have all come back
 * returns to the page heap, where it merges with its neighbours, and any other size may use it; each class keeps one.
 * A thread that dies leaves its cache to the next thread in its slot. Blocks above 32 KiB are runs of pages.
 *
 * Some classes hold one kind of thing each (waiters, locks, handles...), so that a reaper can visit all of them without a
 * latch: a page in their spans is a page of such things, zero where none was handed out, as long as a visit lasts.
 *
 * Invariants of a span, under the latch of its class:
 * - It is in the list of its class exactly if it has room: a free block, or one that was never handed out.
 * - SPAN_LIVE counts the blocks that are in use or in a cache.
 * - Each block is in one list or with one owner after every step of a loop, so a thread that dies in between loses none.
 */
import { add, get, leadingZeros, load, pause, set, store, storeRelaxed } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import {
  CLASSES,
  CLASS_SIZE,
  DETACHING,
  HEAP_END,
  HEAP_FIRST,
  HEAP_TOP,
  HEAP_TOUCHED,
  PAGE_SHIFT,
  PAGE_SIZE,
  SLOT_CACHES,
  SLOT_RUN,
  SLOT_URGENT,
  VISITORS,
} from './layout.ts'
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
const CLASS_ROOM: i32 = 4 // list of the spans that have room

/** Larger blocks are runs of pages, and no class of spans. */
const LARGEST_IN_SPAN: i32 = 32768
const LARGEST: i32 = 0x40000000
/** Pages of the longest run that may come from the reserve. */
const MOST_URGENT: i32 = 4
/** Classes from here on hold things. */
const BLOCK_CLASSES: i32 = 22
export const LARGE: i32 = 22
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
  const run = takePages(self, pages, pages > MOST_URGENT ? 0 : get(self + SLOT_URGENT))
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
  const run = takePages(self, pages, kind == WAITERS ? 1 : get(self + SLOT_URGENT))
  if (run == 0) return 0
  // A visitor reads things that were never handed out, which must look free.
  if (kind >= BLOCK_CLASSES && get(run + RUN_FRESH) == 0) clear(addressOf(run))
  for (let page: i32 = 1; page < pages; page++) {
    const entry: i32 = run + (page << ENTRY_SHIFT)
    set(entry + PAGE_FIRST, run)
    storeRelaxed(entry + PAGE_KIND, kind + 1)
  }
  set(run + PAGE_FIRST, run)
  set(run + SPAN_FREE, 0)
  set(run + SPAN_LIVE, 0)
  store(run + SPAN_CARVE, addressOf(run))
  return 1
}

/** Puts the detached run of this thread into the list of its class, under the latch. */
function openSpan(self: i32, kind: i32, central: i32): void {
  const span = get(self + SLOT_RUN)
  linkSpan(span, central)
  // ORDER: after the page was cleared and SPAN_CARVE was stored, because a visitor reads both as soon as it sees the kind.
  store(span + PAGE_KIND, kind + 1)
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

/** Moves up to a batch of blocks from the first span that has room to the empty cache. Under the latch. */
function fill(self: i32, kind: i32, central: i32): void {
  const span = get(central + CLASS_ROOM)
  const end: i32 = addressOf(span) + (get(span + PAGE_COUNT) << PAGE_SHIFT)
  if (get(span + SPAN_FREE) == 0) carve(self, kind, span, end)
  else moveFree(self, kind, span)
  if (get(span + SPAN_FREE) == 0 && get(span + SPAN_CARVE) + classBytes(kind) > end) unlinkSpan(span, central)
}

function moveFree(self: i32, kind: i32, span: i32): void {
  const cache = self + SLOT_CACHES + (kind << 3)
  for (let wanted = batch(kind); wanted > 0; wanted--) {
    const block = get(span + SPAN_FREE)
    if (block == 0) return
    set(span + SPAN_FREE, get(block))
    set(span + SPAN_LIVE, get(span + SPAN_LIVE) + 1)
    set(block, get(cache))
    set(cache, block)
    set(cache + 4, get(cache + 4) + 1)
  }
}

/** Hands out blocks that never were, at most to the end of the span. */
function carve(self: i32, kind: i32, span: i32, end: i32): void {
  const cache = self + SLOT_CACHES + (kind << 3)
  const size = classBytes(kind)
  const most = batch(kind)
  const first = get(span + SPAN_CARVE)
  let count: i32 = 1
  let last = first
  for (; count < most && last + size + size <= end; count++) {
    set(last, last + size)
    last += size
  }
  set(last, 0)
  set(span + SPAN_LIVE, get(span + SPAN_LIVE) + count)
  set(cache, first)
  set(cache + 4, count)
  // One store for the whole batch: a visitor loads this word after every thing.
  store(span + SPAN_CARVE, last + size)
}

/** Returns blocks of a cache to their spans, and spans that are empty then to the page heap. */
function spill(self: i32, kind: i32, count: i32): void {
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
  return detachSpan(self, kind, span, central)
}

/** Takes an empty span out of its class. Answers 0 where that must not be: a thread visits the things in it. */
function detachSpan(self: i32, kind: i32, span: i32, central: i32): i32 {
  // A thread that wakes a waiter may touch it once more after its owner has freed it.
  if (kind == WAITERS) return 0
  if (kind >= BLOCK_CLASSES) {
    // ORDER: announced first, then asked for visitors; a visitor announces itself, then waits for this. One sees the other.
    add(DETACHING, 1)
    if (load(VISITORS) != 0) {
      add(DETACHING, -1)
      return 0
    }
  }
  unlinkSpan(span, central)
  store(span + PAGE_KIND, DETACHED_RUN)
  set(self + SLOT_RUN, span)
  if (kind >= BLOCK_CLASSES) add(DETACHING, -1)
  return 1
}

/** Returns all blocks in this thread's caches, and every empty span, to where any thread and any size may use them. */
export function returnCaches(self: i32): void {
  for (let kind: i32 = 0; kind <= SEMAPHORES; kind++) {
    if (kind == BLOCK_CLASSES) kind = WAITERS
    const cached = get(self + SLOT_CACHES + (kind << 3) + 4)
    if (cached != 0) spill(self, kind, cached)
    const central = CLASSES + kind * CLASS_SIZE
    if (load(central + CLASS_ROOM) != 0) returnEmptySpans(self, kind, central)
  }
}

/**
 * The same if the heap is short of room, or once was more than half full: for a thread that is about to need nothing for a while.
 * A few blocks in the caches of idle workers would keep the free pages around them from merging.
 */
export function returnCachesIfScarce(self: i32): void {
  const first = load(HEAP_FIRST)
  const wasHalfFull = (load(HEAP_TOUCHED) - first) << 1 > load(HEAP_END) - first
  if (wasHalfFull || isScarce() != 0) returnCaches(self)
}

function returnEmptySpans(self: i32, kind: i32, central: i32): void {
  latch(self, central + CLASS_LATCH)
  let span = get(central + CLASS_ROOM)
  while (span != 0) {
    if (get(span + SPAN_LIVE) != 0 || detachSpan(self, kind, span, central) == 0) {
      span = get(span + RUN_NEXT)
      continue
    }
    unlatch(self, central + CLASS_LATCH)
    returnRun(self)
    latch(self, central + CLASS_LATCH)
    span = get(central + CLASS_ROOM)
  }
  unlatch(self, central + CLASS_LATCH)
}

// ---------------------------------------------------------------- things

/**
 * From here to `endVisit` no span of things returns to the page heap, so a visitor may read every thing of a class, in use
 * or not, while other threads take and free things.
 */
export function beginVisit(): void {
  add(VISITORS, 1)
  // RACE: a thread that has found no visitor before may still be detaching a span. It is done after a few instructions.
  while (load(DETACHING) != 0) pause()
}

export function endVisit(): void {
  add(VISITORS, -1)
}

/** The first thing of a class of things, or the one after `thing`; 0 after the last. May visit free ones. */
export function nextThing(kind: i32, thing: i32): i32 {
  const size = classBytes(kind)
  let entry = entryOf(load(HEAP_FIRST))
  if (thing != 0) {
    entry = entryOf(thing)
    if (thing + size < load(entry + SPAN_CARVE)) return thing + size
    entry += 1 << ENTRY_SHIFT
  }
  const end = entryOf(load(HEAP_TOP))
  while (entry < end) {
    if (load(entry + PAGE_KIND) == kind + 1 && load(entry + SPAN_CARVE) > addressOf(entry)) return addressOf(entry)
    entry += 1 << ENTRY_SHIFT
  }
  return 0
}

function clear(page: i32): void {
  for (let at: i32 = page; at < page + PAGE_SIZE; at += 4) set(at, 0)
}
