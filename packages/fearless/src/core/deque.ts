/**
 * A work-stealing deque of fixed capacity: the owner pushes and pops at the bottom, thieves steal at the top (Chase and
 * Lev, "Dynamic Circular Work-Stealing Deque", SPAA 2005).
 *
 *   +0    TOP          top, which thieves advance
 *   +64   BOTTOM       bottom, which the owner moves
 *   +128  ITEMS        128 words: DEQUE_ITEMS items of two words
 *   +640  DEQUE_BYTES  end
 *
 * - All accesses to top and bottom are sequentially consistent, except the owner's loads of bottom.
 * - The fixed capacity suffices, because splitting a range in halves needs one item per halving.
 * - Both counters wrap around after 2^31 pushes, so they are compared by their difference, which stays small.
 */
import { cas, get, load, set, store } from './memory.ts'

export const TOP: i32 = 0
export const BOTTOM: i32 = 64
export const ITEMS: i32 = 128
export const DEQUE_BYTES: i32 = 640

export const DEQUE_ITEMS: i32 = 64

export const STEAL_EMPTY: i32 = 0
const STEAL_RETRY: i32 = 1
export const STEAL_DONE: i32 = 2

export function initDeque(deque: i32): void {
  store(deque + TOP, 0)
  store(deque + BOTTOM, 0)
}

/** Whether the deque is empty. The answer may be stale, except to the owner if it is 1. */
export function isEmptyDeque(deque: i32): i32 {
  return countItems(load(deque + TOP), load(deque + BOTTOM)) <= 0 ? 1 : 0
}

/** The number of items between two counters: -1 while the owner pops from an empty deque. */
function countItems(top: i32, bottom: i32): i32 {
  return (bottom - top) | 0
}

/** Pushes an item. Returns 1, or 0 if the deque is full. Only for the owner. */
export function pushBottom(deque: i32, low: i32, high: i32): i32 {
  const bottom = get(deque + BOTTOM)
  if (countItems(load(deque + TOP), bottom) >= DEQUE_ITEMS) return 0
  const item = deque + ITEMS + ((bottom & (DEQUE_ITEMS - 1)) << 3)
  set(item, low)
  set(item + 4, high)
  // Passes the item to the thread that takes it.
  store(deque + BOTTOM, bottom + 1)
  return 1
}

/** Pops the newest item into `to`. Returns 1, or 0 with `to` unchanged if the deque is empty. Only for the owner. */
export function popBottom(deque: i32, to: i32): i32 {
  const bottom: i32 = (get(deque + BOTTOM) - 1) | 0
  // ORDER: announce the pop before the load of top. So of a thief and the owner at least one sees the other.
  store(deque + BOTTOM, bottom)
  const top = load(deque + TOP)
  const above = countItems(top, bottom)
  if (above < 0) {
    store(deque + BOTTOM, bottom + 1)
    return 0
  }
  if (above == 0) {
    // The last item: the thread that advances top gets it.
    const won = cas(deque + TOP, top, top + 1) == top
    store(deque + BOTTOM, bottom + 1)
    if (!won) return 0
  }
  const item = deque + ITEMS + ((bottom & (DEQUE_ITEMS - 1)) << 3)
  set(to, get(item))
  set(to + 4, get(item + 4))
  return 1
}

/**
 * Steals the oldest item into `to` if its first word is `wanted`, or any item if that is 0. Returns STEAL_DONE, or with
 * `to` unchanged STEAL_EMPTY if there is no such item, or STEAL_RETRY if another thread took the item first.
 */
export function steal(deque: i32, to: i32, wanted: i32): i32 {
  const top = load(deque + TOP)
  const bottom = load(deque + BOTTOM)
  if (countItems(top, bottom) <= 0) return STEAL_EMPTY
  const item = deque + ITEMS + ((top & (DEQUE_ITEMS - 1)) << 3)
  const low = load(item)
  const high = load(item + 4)
  if (wanted != 0 && low != wanted) return STEAL_EMPTY
  // RACE: the owner may overwrite the item once top has advanced. The exchange then fails and the item is discarded, so
  // the first word that was compared is that of the item that is stolen.
  if (cas(deque + TOP, top, top + 1) != top) return STEAL_RETRY
  set(to, low)
  set(to + 4, high)
  return STEAL_DONE
}
