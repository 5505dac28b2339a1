/**
 * The allocator: size classes over spans of pages, a cache per thread, and a central list of spans per class (as in
 * tcmalloc). A block is the unit of a span. An allocation is a block or, above 32 KiB, a run of pages.
 *
 * The page table (pages.ts) names the class of every page, so `free` needs no size and a block has no header.
 * Threads move blocks in batches between their cache and the spans, so contention on the central latch is rare. A span
 * whose blocks are all free returns to the page heap, where it merges with its neighbours and serves any other size;
 * each class keeps one empty span.
 *
 * Some classes hold objects of one kind (waiters, locks, handle records...), so that a reaper can visit all of them
 * without a latch. During a visit every page of their spans holds such objects, and is zero where none was allocated.
 *
 * Invariants of a span, under the latch of its class:
 * - It is in the list of its class exactly if it has room: a free block, or one that was never allocated.
 * - SPAN_LIVE counts the blocks that are in use or in a cache.
 * - After every iteration of a loop each block is in one list or has one owner, so the death of a thread loses no
 *   block.
 *
 * The cache of a dead thread stays in its slot. The next thread with that slot uses it.
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
  SLOT_PAGE_RUN,
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

// A size class.
const CLASS_LATCH: i32 = 0
const CLASS_ROOM: i32 = 4 // list of the spans with room
// +64 end

/** Size of the largest block; larger allocations are runs of pages. */
const LARGEST_IN_SPAN: i32 = 32768
const LARGEST: i32 = 0x40000000
/** Size of the longest run that may come from the reserve, in pages. */
const MOST_URGENT: i32 = 4
/** Number of classes for blocks of arbitrary content. The classes from here on hold objects of one kind. */
const BLOCK_CLASSES: i32 = 22
export const LARGE: i32 = 22
export const WAITERS: i32 = 40
export const LOCKS: i32 = 41
export const HANDLES: i32 = 42
export const RW_LOCKS: i32 = 43
export const SEMAPHORES: i32 = 44

/** Returns the class for a size: 16, 32, 48, 64 bytes, then two classes per power of two up to 32 KiB. */
export function sizeClass(bytes: i32): i32 {
  if (bytes <= 64) return bytes <= 16 ? 0 : ((bytes + 15) >> 4) - 1
  const power: i32 = 31 - leadingZeros(bytes - 1)
  return 4 + ((power - 6) << 1) + (bytes > 3 << (power - 1) ? 1 : 0)
}

/** Returns the size of a block of a class. */
export function classBytes(kind: i32): i32 {
  if (kind < 4) return (kind + 1) << 4
  if (kind < BLOCK_CLASSES) return (kind & 1) == 0 ? 3 << (((kind - 4) >> 1) + 5) : 1 << (((kind - 4) >> 1) + 7)
  return kind == HANDLES ? 32 : kind == RW_LOCKS ? 128 : 64
}

/** Returns the pages of a span of a class: few, so that spans become empty soon, but at most an eighth is left over. */
function spanPages(kind: i32): i32 {
  const size = classBytes(kind)
  if (size <= 2048) return 1
  if (size <= 8192) return 2
  return size == 12288 ? 3 : size == 24576 ? 6 : 4
}

/** Allocates at least `bytes` bytes, aligned to 16, with arbitrary contents. Returns 0 if the heap is full. */
export function allocate(self: i32, bytes: i32): i32 {
  return bytes > LARGEST_IN_SPAN ? takeLarge(self, bytes) : allocateOfClass(self, sizeClass(bytes))
}

export function allocateOfClass(self: i32, kind: i32): i32 {
  const cache = self + SLOT_CACHES + (kind << 3)
  if (get(cache) == 0 && refill(self, kind) == 0) return 0
  const block = get(cache)
  set(cache, get(block))
  set(cache + 4, get(cache + 4) - 1)
  return block
}

/** Frees an allocation. Only its owner may call this, and only once. */
export function free(self: i32, block: i32): void {
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

/** Returns whether an address lies in a block or object of this class. */
export function isOfClass(kind: i32, at: i32): i32 {
  return load(entryOf(at) + PAGE_KIND) == kind + 1 ? 1 : 0
}

/** Returns the number of blocks that a thread moves between its cache and the spans at a time. */
function batch(kind: i32): i32 {
  const fits: i32 = (16384 / classBytes(kind)) | 0
  return fits > 64 ? 64 : fits < 1 ? 1 : fits
}

// ---------------------------------------------------------------- large allocations

function takeLarge(self: i32, bytes: i32): i32 {
  if (bytes > LARGEST) return 0
  const pages: i32 = ((bytes - 1) >> PAGE_SHIFT) + 1
  const run = takePages(self, pages, pages > MOST_URGENT ? 0 : get(self + SLOT_URGENT))
  if (run == 0) return 0
  const block = addressOf(run)
  storeRelaxed(run + PAGE_KIND, LARGE + 1)
  set(self + SLOT_PAGE_RUN, 0)
  return block
}

/** Returns whether a new allocation of `bytes` bytes is all zero, because no thread has ever used its pages. */
export function isFresh(block: i32, bytes: i32): i32 {
  return bytes > LARGEST_IN_SPAN ? get(entryOf(block) + RUN_FRESH) : 0
}

function releaseLarge(self: i32, run: i32): void {
  set(self + SLOT_PAGE_RUN, run)
  storeRelaxed(run + PAGE_KIND, DETACHED_RUN)
  returnRun(self)
}

// ---------------------------------------------------------------- caches and spans

/** Fills the empty cache of a class with at least one block. Returns 1, or 0 if the heap is full. */
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

/**
 * Detaches a run of pages. If the page heap has none, first returns this thread's caches to it. Returns 0 if the heap
 * is full.
 */
function takePages(self: i32, pages: i32, mayUseReserve: i32): i32 {
  const run = takeRun(self, pages, mayUseReserve)
  if (run != 0) return run
  returnCaches(self)
  return takeRun(self, pages, mayUseReserve)
}

/** Detaches and formats a run for a span of a class, named by SLOT_PAGE_RUN. Returns 1, or 0 if the heap is full. */
function newSpan(self: i32, kind: i32): i32 {
  const pages = spanPages(kind)
  const run = takePages(self, pages, kind == WAITERS ? 1 : get(self + SLOT_URGENT))
  if (run == 0) return 0
  // A visitor also reads objects that were never allocated, which must look free.
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

/** Links this thread's detached run as a span of its class. Requires the latch. */
function openSpan(self: i32, kind: i32, central: i32): void {
  const span = get(self + SLOT_PAGE_RUN)
  linkSpan(span, central)
  // ORDER: after the clearing of the page and the store to SPAN_CARVE, because a visitor reads both once it sees the
  // kind.
  store(span + PAGE_KIND, kind + 1)
  set(self + SLOT_PAGE_RUN, 0)
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

/** Moves up to a batch of blocks from the first span with room to the empty cache. Requires the latch. */
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

/** Moves blocks that were never allocated to the empty cache, up to a batch or the end of the span. */
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
  // One store for the whole batch, because a visitor loads this word after every object.
  store(span + SPAN_CARVE, last + size)
}

/** Moves blocks from a cache to their spans, and empty spans to the page heap. */
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

/** Moves the first block of a cache to its span. Returns 1 if that emptied the span and detached it, else 0. */
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
  // One empty span stays, so that a class that repeatedly needs one block does not format its span each time.
  if (live != 0 || (get(central + CLASS_ROOM) == span && get(span + RUN_NEXT) == 0)) return 0
  return detachSpan(self, kind, span, central)
}

/**
 * Detaches an empty span from its class. Returns 0 if the span must stay, because a thread may still read its objects.
 */
function detachSpan(self: i32, kind: i32, span: i32, central: i32): i32 {
  // A notifier may touch a waiter once more after the waiter's owner has freed it.
  if (kind == WAITERS) return 0
  if (kind >= BLOCK_CLASSES) {
    // ORDER: announce, then check for visitors. A visitor announces itself, then checks for detaching threads. So at
    // least one of the two threads sees the other.
    add(DETACHING, 1)
    if (load(VISITORS) != 0) {
      add(DETACHING, -1)
      return 0
    }
  }
  unlinkSpan(span, central)
  store(span + PAGE_KIND, DETACHED_RUN)
  set(self + SLOT_PAGE_RUN, span)
  if (kind >= BLOCK_CLASSES) add(DETACHING, -1)
  return 1
}

/** Returns all blocks in this thread's caches to their spans, and every empty span to the page heap. */
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
 * Does the same if the heap is short of room or was ever more than half full. For a thread that will not allocate for a
 * while: a few blocks in the caches of idle workers would keep the free pages around them from merging.
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

// ---------------------------------------------------------------- objects of one kind

/**
 * Begins a visit. Until `endVisit`, no span of a class of objects returns to the page heap. So a visitor may read every
 * object of such a class, in use or free, while other threads allocate and free objects.
 */
export function beginVisit(): void {
  add(VISITORS, 1)
  // RACE: a thread that saw no visitor may still be detaching a span. It needs a few instructions to complete that.
  while (load(DETACHING) != 0) pause()
}

export function endVisit(): void {
  add(VISITORS, -1)
}

/**
 * Returns the object of a class that follows `thing`, or the first if `thing` is 0. Returns 0 after the last. May
 * return free objects.
 */
export function nextObject(kind: i32, thing: i32): i32 {
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
