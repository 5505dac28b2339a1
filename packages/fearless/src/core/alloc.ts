/**
 * The allocator: size classes over spans of 64 KiB, a cache per thread, a central list per class.
 *
 * A span belongs to one class for ever; a byte per span in the spans table names it, so `release` needs no size and a
 * block has no header. Threads take and give back blocks in batches, so the central latch is rarely met.
 * A thread that dies leaves its cache to the next thread in its slot. Blocks above 32 KiB are powers of two.
 *
 * Some classes hold one kind of thing each (waiters, locks, handles...), so that a reaper can look at all of them.
 */
import { cas, get, getByte, leadingZeros, load, set, setByte, store } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import {
  CLASSES,
  CLASS_SIZE,
  HEAP_END,
  HEAP_TOP,
  SLOT_CACHES,
  SPANS,
  SPAN_HEADER,
  SPAN_SHIFT,
  SPAN_SIZE,
} from './layout.ts'

const CLASS_LATCH: i32 = 0
export const CLASS_FREE: i32 = 4 // list of free blocks
export const CLASS_CARVE: i32 = 8 // the next never used block of the newest span
export const CLASS_CARVE_END: i32 = 12
const CLASS_SPANS: i32 = 16 // list of all spans of a class of things

const LARGE: i32 = 22 // classes from here on are one block per run of spans
const LAST_SIZE: i32 = 36
export const WAITERS: i32 = 40
export const LOCKS: i32 = 41
export const HANDLES: i32 = 42
export const RW_LOCKS: i32 = 43
export const SEMAPHORES: i32 = 44

/** The class of a block of so many bytes: 16, 32, 48, 64, then two per power of two. -1 if no block is that large. */
export function sizeClass(bytes: i32): i32 {
  if (bytes <= 64) return bytes <= 16 ? 0 : ((bytes + 15) >> 4) - 1
  const power: i32 = 31 - leadingZeros(bytes - 1)
  if (power >= 30) return -1
  if (power >= 15) return LARGE + power - 15
  return 4 + ((power - 6) << 1) + (bytes > 3 << (power - 1) ? 1 : 0)
}

/** Bytes of a block of a class. */
export function classBytes(kind: i32): i32 {
  if (kind < 4) return (kind + 1) << 4
  if (kind < LARGE) return (kind & 1) == 0 ? 3 << (((kind - 4) >> 1) + 5) : 1 << (((kind - 4) >> 1) + 7)
  if (kind <= LAST_SIZE) return 1 << (kind - LARGE + 16)
  return kind == HANDLES ? 32 : kind == RW_LOCKS ? 128 : 64
}

/** A block of at least so many bytes, aligned to 16; 0 if the heap is full. What is in it is anything. */
export function allocate(self: i32, bytes: i32): i32 {
  const kind = sizeClass(bytes)
  return kind < 0 ? 0 : take(self, kind)
}

export function take(self: i32, kind: i32): i32 {
  const cache = self + SLOT_CACHES + (kind << 3)
  const block = get(cache)
  if (block == 0) return refill(self, kind)
  set(cache, get(block))
  set(cache + 4, get(cache + 4) - 1)
  return block
}

/** Gives a block back. Only its owner may, and only once. */
export function release(self: i32, block: i32): void {
  const kind = getByte(SPANS + (block >> SPAN_SHIFT))
  const cache = self + SLOT_CACHES + (kind << 3)
  const length = get(cache + 4)
  set(block, get(cache))
  set(cache, block)
  set(cache + 4, length + 1)
  if (length >= batch(kind) << 1) spill(self, kind)
}

/** How many blocks travel between a cache and the central list at a time. */
function batch(kind: i32): i32 {
  const fits: i32 = (16384 / classBytes(kind)) | 0
  return fits > 64 ? 64 : fits < 1 ? 0 : fits
}

function refill(self: i32, kind: i32): i32 {
  const central = CLASSES + kind * CLASS_SIZE
  let wanted = batch(kind)
  latch(self, central + CLASS_LATCH)
  let first = get(central + CLASS_FREE)
  if (first == 0) {
    first = carve(central, kind, wanted)
  } else {
    let last = first
    while (--wanted > 0 && get(last) != 0) last = get(last)
    set(central + CLASS_FREE, get(last))
    set(last, 0)
  }
  unlatch(self, central + CLASS_LATCH)
  if (first == 0) return 0
  const cache = self + SLOT_CACHES + (kind << 3)
  const rest = get(first)
  let length: i32 = 0
  for (let block = rest; block != 0; block = get(block)) length++
  set(cache, rest)
  set(cache + 4, length)
  return first
}

/** A list of up to `wanted` never used blocks (at least one); 0 if the heap is full. Under the class's latch. */
function carve(central: i32, kind: i32, wanted: i32): i32 {
  const size = classBytes(kind)
  if (size > SPAN_SIZE >> 1) return newSpan(central, kind, size)
  if (get(central + CLASS_CARVE) + size > get(central + CLASS_CARVE_END)) {
    const span = newSpan(central, kind, SPAN_SIZE)
    if (span == 0) return 0
  }
  const first = get(central + CLASS_CARVE)
  let last = first
  const end = get(central + CLASS_CARVE_END)
  while (--wanted > 0 && last + size + size <= end) {
    set(last, last + size)
    last += size
  }
  set(last, 0)
  store(central + CLASS_CARVE, last + size)
  return first
}

function newSpan(central: i32, kind: i32, bytes: i32): i32 {
  for (;;) {
    const top = load(HEAP_TOP)
    if (bytes > load(HEAP_END) - top) return 0
    if (cas(HEAP_TOP, top, top + bytes) != top) continue
    setByte(SPANS + (top >> SPAN_SHIFT), kind)
    if (bytes > SPAN_SIZE >> 1 && kind >= LARGE && kind <= LAST_SIZE) {
      set(top, 0)
      return top
    }
    if (kind > LAST_SIZE) set(top, get(central + CLASS_SPANS))
    store(central + CLASS_CARVE, kind > LAST_SIZE ? top + SPAN_HEADER : top)
    store(central + CLASS_CARVE_END, top + SPAN_SIZE)
    // ORDER: last, for a reaper walks the spans without the latch. A span that it sees has its link to the older ones, and
    // says how much of it was handed out.
    if (kind > LAST_SIZE) store(central + CLASS_SPANS, top)
    return top
  }
}

/** Gives all but one batch of a full cache back to the central list. */
function spill(self: i32, kind: i32): void {
  const cache = self + SLOT_CACHES + (kind << 3)
  const keep = batch(kind)
  const first = get(cache)
  let last = first
  let given: i32 = 1
  while (given < keep || given == 0) {
    last = get(last)
    given++
  }
  set(cache, get(last))
  set(cache + 4, get(cache + 4) - given)
  const central = CLASSES + kind * CLASS_SIZE
  latch(self, central + CLASS_LATCH)
  set(last, get(central + CLASS_FREE))
  set(central + CLASS_FREE, first)
  unlatch(self, central + CLASS_LATCH)
}

/** Whether an address lies in a span of this class. */
export function isOfClass(kind: i32, at: i32): i32 {
  return getByte(SPANS + (at >> SPAN_SHIFT)) == kind ? 1 : 0
}

/** The first thing of a class of things, or the one after `thing`; 0 after the last. May meet free ones. */
export function nextThing(kind: i32, thing: i32): i32 {
  const central = CLASSES + kind * CLASS_SIZE
  const size = classBytes(kind)
  let next = thing == 0 ? load(central + CLASS_SPANS) + SPAN_HEADER : thing + size
  if (next == SPAN_HEADER) return 0
  const span = ((next - 1) >> SPAN_SHIFT) << SPAN_SHIFT
  if (next + size > span + SPAN_SIZE) {
    const older = get(span)
    if (older == 0) return 0
    next = older + SPAN_HEADER
  }
  if (next >= load(central + CLASS_CARVE) && next < load(central + CLASS_CARVE_END)) {
    // The rest of the newest span was never handed out.
    const older = get(((next - 1) >> SPAN_SHIFT) << SPAN_SHIFT)
    return older == 0 ? 0 : older + SPAN_HEADER
  }
  return next
}
