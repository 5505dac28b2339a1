/**
 * The reference counts of an object, as in std's `Arc`: a count of owners with a generation above it, and a count of
 * weak owners.
 *
 *    31           24 23          0
 *   |   generation   |   owners   |
 *
 * - A count of owners that reached 0 stays 0.
 * - All owners together count as one weak owner.
 * - A weak owner can become an owner only in the generation for which it was created. An object that was taken out of
 *   its Arc and put into another has a new generation.
 * - Generation and count share a word, so an upgrade that comes too late never changes the count. The thread that took
 *   the object out is its only owner from that moment on.
 */
import { add, cas, load } from './memory.ts'

export const GENERATION: i32 = 0x1000000
export const OWNER_COUNT: i32 = 0xffffff

/** Removes the only owner, which takes the object out. Returns 1, or 0 if there are other owners. */
export function removeOnlyOwner(owners: i32): i32 {
  const count = load(owners)
  return (count & OWNER_COUNT) == 1 && cas(owners, count, count - 1) == count ? 1 : 0
}

/**
 * Removes one owner unless it is the only one. Returns 0, or 1 for the only owner without a change. Of concurrent
 * callers one gets 1.
 */
export function removeOwnerUnlessLast(owners: i32): i32 {
  while (true) {
    const count = load(owners)
    if ((count & OWNER_COUNT) == 1) return 1
    if (cas(owners, count, count - 1) == count) return 0
  }
}

/**
 * Starts a new generation if there is one owner, so that no weak owner can be upgraded. Returns 1, or 0 if there are
 * other owners.
 */
export function startGeneration(owners: i32): i32 {
  const count = load(owners)
  return (count & OWNER_COUNT) == 1 && cas(owners, count, count + GENERATION) == count ? 1 : 0
}

/** Removes one owner. Returns 1 if it was the last, else 0. */
export function removeOwner(owners: i32): i32 {
  return (add(owners, -1) & OWNER_COUNT) == 1 ? 1 : 0
}
