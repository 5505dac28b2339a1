/**
 * The memory of vecs: an array of numbers in an allocation, and a header in another.
 *
 *   +0   VEC_OWNERS        owners
 *   +4   VEC_SITE          source location that created it (memory/creation-sites.ts)
 *   +8   VEC_ELEMENTS      address of the elements
 *   +16  VEC_LENGTH        number of elements
 *   +20  VEC_ELEMENT_TYPE  type of the elements
 *   +24  VEC_USED          1 if the elements may contain other bytes than 0
 *   +32  VEC_BYTES         end
 *
 * A thread that dies while it creates or frees a vec leaks at most that vec.
 */
import { get, set } from './memory.ts'
import { allocate, isFresh, free } from './alloc.ts'

export const VEC_OWNERS: i32 = 0
export const VEC_SITE: i32 = 4
export const VEC_ELEMENTS: i32 = 8
export const VEC_LENGTH: i32 = 16
export const VEC_ELEMENT_TYPE: i32 = 20
export const VEC_USED: i32 = 24
const VEC_BYTES: i32 = 32

/**
 * Allocates a vec of at least `bytes` with one owner. Returns 0 if the heap is full. Its elements are zero unless
 * VEC_USED is 1.
 */
export function newVec(self: i32, bytes: i32): i32 {
  const vec = allocate(self, VEC_BYTES)
  if (vec == 0) return 0
  const at = allocate(self, bytes)
  if (at == 0) {
    free(self, vec)
    return 0
  }
  set(vec + VEC_ELEMENTS, at)
  set(vec + VEC_USED, isFresh(at, bytes) != 0 ? 0 : 1)
  set(vec + VEC_SITE, 0)
  set(vec + VEC_OWNERS, 1)
  return vec
}

/** Frees a vec that has no owner. */
export function freeVec(self: i32, vec: i32): void {
  free(self, get(vec + VEC_ELEMENTS))
  free(self, vec)
}
