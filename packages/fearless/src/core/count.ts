/**
 * Owners of a thing: a count that never comes back from 0, and a count of weak owners with a generation above it.
 *
 *    31           24 23                          0
 *   |   generation   |   weak owners, and one more  |
 *
 * All owners together count as one weak owner. A weak owner may become an owner only of the generation it was made for:
 * a thing that was taken out of its Arc, and put into another, is another thing to it.
 */
import { add, cas, load, store } from './memory.ts'

export const GENERATION: i32 = 0x1000000
export const WEAK_COUNT: i32 = 0xffffff

/** The only owner takes the thing out: 1, and there is no owner any more; 0 if there are others. */
export function takeLast(owners: i32): i32 {
  return cas(owners, 1, 0) == 1 ? 1 : 0
}

/** One owner less, unless it is the only one: 1 if it is, and nothing has changed. Of all who ask, one is told 1. */
export function leaveOwners(owners: i32): i32 {
  while (true) {
    const count = load(owners)
    if (count == 1) return 1
    if (cas(owners, count, count - 1) == count) return 0
  }
}

/** The only owner cuts all weak owners off: 1; 0 if there are others. No thread dies between the three steps. */
export function cutOff(owners: i32, weaks: i32): i32 {
  if (cas(owners, 1, 0) != 1) return 0
  add(weaks, GENERATION)
  store(owners, 1)
  return 1
}
