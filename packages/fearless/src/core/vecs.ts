/**
 * Memory for vecs: numbers that programs see through views of their own.
 *
 *   a vec (a block of the allocator):
 *   +0   owners        +4   next free vec of its size     +8  address of its memory
 *   +12  its size: 2 to this power                        +16 elements    +20 what they are
 *   +24  1 once its memory was used
 *
 * A view cannot be taken back, so a program can keep one longer than it should. Therefore the memory of a vec is only
 * ever the memory of vecs: what a stale view writes can spoil the numbers of another vec, never a structure of ours.
 * That is also why the list of free vecs goes through the vecs and not through their memory.
 *
 * Sizes are powers of two from 1 KiB on: an address costs nothing, and the operating system gives memory only to pages
 * that are touched. Whoever dies under the latch leaks at most the vec it was about to have.
 */
import { cas, get, leadingZeros, load, set, setByte } from './memory.ts'
import { allocate, release } from './alloc.ts'
import { latch, unlatch } from './latch.ts'
import {
  HEAP_END,
  HEAP_TOP,
  SPANS,
  SPAN_SHIFT,
  SPAN_SIZE,
  VEC_CARVE,
  VEC_CARVE_END,
  VEC_FREE,
  VEC_LATCH,
} from './layout.ts'

export const VEC_OWNERS: i32 = 0
const NEXT: i32 = 4
export const VEC_AT: i32 = 8
const POWER: i32 = 12
export const VEC_LENGTH: i32 = 16
export const VEC_CELL: i32 = 20
export const VEC_USED: i32 = 24
const VEC_BYTES: i32 = 32

const SMALLEST: i32 = 10
const LARGEST: i32 = 30
/** In the table of spans: no block of the allocator. */
const NO_CLASS: i32 = 255

/** A vec of at least `bytes`, with one owner; 0 if the heap is full. Its memory is zero unless VEC_USED is 1. */
export function newVec(self: i32, bytes: i32): i32 {
  let power: i32 = bytes <= 1 ? 0 : 32 - leadingZeros(bytes - 1)
  if (power < SMALLEST) power = SMALLEST
  if (power > LARGEST) return 0
  const free: i32 = VEC_FREE + (power << 2)
  latch(self, VEC_LATCH)
  let vec = get(free)
  if (vec != 0) set(free, get(vec + NEXT))
  unlatch(self, VEC_LATCH)
  if (vec == 0) {
    vec = allocate(self, VEC_BYTES)
    if (vec == 0) return 0
    const at = memoryFor(self, power)
    if (at == 0) {
      release(self, vec)
      return 0
    }
    set(vec + VEC_AT, at)
    set(vec + POWER, power)
    set(vec + VEC_USED, 0)
  }
  set(vec + VEC_OWNERS, 1)
  return vec
}

/** Nobody owns it any more. */
export function freeVec(self: i32, vec: i32): void {
  const free: i32 = VEC_FREE + (get(vec + POWER) << 2)
  set(vec + VEC_USED, 1)
  latch(self, VEC_LATCH)
  set(vec + NEXT, get(free))
  set(free, vec)
  unlatch(self, VEC_LATCH)
}

function memoryFor(self: i32, power: i32): i32 {
  const bytes: i32 = 1 << power
  if (bytes >= SPAN_SIZE) return spans(bytes)
  latch(self, VEC_LATCH)
  let at = get(VEC_CARVE)
  // What is left of a span that is too small for this one is given up: at most a vec's size less one.
  if (at == 0 || at + bytes > get(VEC_CARVE_END)) {
    at = spans(SPAN_SIZE)
    if (at != 0) set(VEC_CARVE_END, at + SPAN_SIZE)
  }
  if (at != 0) set(VEC_CARVE, at + bytes)
  unlatch(self, VEC_LATCH)
  return at
}

function spans(bytes: i32): i32 {
  for (;;) {
    const top = load(HEAP_TOP)
    if (bytes > load(HEAP_END) - top) return 0
    if (cas(HEAP_TOP, top, top + bytes) != top) continue
    for (let at: i32 = top; at < top + bytes; at += SPAN_SIZE) setByte(SPANS + (at >> SPAN_SHIFT), NO_CLASS)
    return top
  }
}
