/**
 * Memory for vecs: numbers in a block of the allocator.
 *
 *   a vec (a block of its own):
 *   +0   owners        +4   its line (memory/sites.ts)   +8  address of its memory
 *   +12  free          +16  elements         +20 what they are
 *   +24  1 if its memory may hold other bytes than 0
 *
 * A thread that dies while it makes or frees a vec leaks at most that vec.
 */
import { get, set } from './memory.ts'
import { allocate, isFresh, release } from './alloc.ts'

export const VEC_OWNERS: i32 = 0
export const VEC_SITE: i32 = 4
export const VEC_AT: i32 = 8
export const VEC_LENGTH: i32 = 16
export const VEC_CELL: i32 = 20
export const VEC_USED: i32 = 24
const VEC_BYTES: i32 = 32

/** A vec of at least `bytes`, with one owner; 0 if the heap is full. Its memory is zero unless VEC_USED is 1. */
export function newVec(self: i32, bytes: i32): i32 {
  const vec = allocate(self, VEC_BYTES)
  if (vec == 0) return 0
  const at = allocate(self, bytes)
  if (at == 0) {
    release(self, vec)
    return 0
  }
  set(vec + VEC_AT, at)
  set(vec + VEC_USED, isFresh(at, bytes) != 0 ? 0 : 1)
  set(vec + VEC_SITE, 0)
  set(vec + VEC_OWNERS, 1)
  return vec
}

/** Frees a vec without owners. */
export function freeVec(self: i32, vec: i32): void {
  release(self, get(vec + VEC_AT))
  release(self, vec)
}
