/**
 * Owners of a thing: a count that never comes back from 0, with a generation above it, and a count of weak owners.
 *
 *    31           24 23          0
 *   |   generation   |   owners   |
 *
 * All owners together count as one weak owner. A weak owner may become an owner only of the generation it was made for:
 * a thing that was taken out of its Arc, and put into another, is another thing to it. Both are in one word, so a weak owner
 * that comes too late has never been counted: who took the thing out is its only owner from that moment on.
 */
import { add, cas, load } from './memory.ts'

export const GENERATION: i32 = 0x1000000
export const OWNER_COUNT: i32 = 0xffffff

/** The only owner takes the thing out: 1, and there is no owner any more; 0 if there are others. */
export function takeLast(owners: i32): i32 {
  const count = load(owners)
  return (count & OWNER_COUNT) == 1 && cas(owners, count, count - 1) == count ? 1 : 0
}

/** One owner less, unless it is the only one: 1 if it is, and nothing has changed. Of all who ask, one is told 1. */
export function leaveOwners(owners: i32): i32 {
  while (true) {
    const count = load(owners)
    if ((count & OWNER_COUNT) == 1) return 1
    if (cas(owners, count, count - 1) == count) return 0
  }
}

/** The only owner cuts all weak owners off: 1; 0 if there are others. */
export function cutOff(owners: i32): i32 {
  const count = load(owners)
  return (count & OWNER_COUNT) == 1 && cas(owners, count, count + GENERATION) == count ? 1 : 0
}

/** One owner less: 1 if it was the last one. */
export function leftOwners(owners: i32): i32 {
  return (add(owners, -1) & OWNER_COUNT) == 1 ? 1 : 0
}
