/**
 * A short lock inside the core: guards a few words for a few instructions, never while anybody waits.
 *
 *   0   free
 *   id  held by the thread in slot `id`
 *
 * A thread writes the latch's address into its slot before it takes it, so a reaper who finds the slot's id in the
 * latch knows that its holder died inside. Whoever repairs it finds the guarded words at a step that reads as a
 * whole: every section that runs under a latch orders its stores for that. A thread holds one latch at a time.
 */
import { cas, get, load, nap, pause, set, store } from './memory.ts'
import { SLOT_BLOCKS, SLOT_ID, SLOT_LATCH } from './layout.ts'

const SPINS: i32 = 400
const NAP_MS: f64 = 0.1

export function latch(self: i32, at: i32): void {
  set(self + SLOT_LATCH, at)
  if (cas(at, 0, get(self + SLOT_ID)) != 0) latchContended(self, at)
}

/** The same if it is free now: 1, or 0 at once. */
export function tryLatch(self: i32, at: i32): i32 {
  set(self + SLOT_LATCH, at)
  if (cas(at, 0, get(self + SLOT_ID)) == 0) return 1
  set(self + SLOT_LATCH, 0)
  return 0
}

/** The latch of a wait queue: the low bit tells a reaper that there is a queue to mend behind it. */
export function latchQueue(self: i32, queue: i32): void {
  set(self + SLOT_LATCH, queue | 1)
  if (cas(queue, 0, get(self + SLOT_ID)) != 0) latchContended(self, queue)
}

function latchContended(self: i32, at: i32): void {
  const id = get(self + SLOT_ID)
  for (;;) {
    for (let i: i32 = 0; i < SPINS; i++) {
      pause()
      if (load(at) == 0 && cas(at, 0, id) == 0) return
    }
    // The holder lost its processor. Nobody notifies latches: the nap ends by itself.
    const holder = load(at)
    if (holder != 0 && get(self + SLOT_BLOCKS) != 0) nap(at, holder, NAP_MS)
  }
}

export function unlatch(self: i32, at: i32): void {
  store(at, 0)
  set(self + SLOT_LATCH, 0)
}
