/**
 * A latch: a spin lock of one word that protects a few words of the heap for a few instructions.
 *
 *   0   free
 *   id  held by the thread in slot `id`
 *
 * - A thread writes the latch's address into its slot before it acquires the latch. So a reaper that finds the dead
 *   thread's id in the latch knows that the thread died while it held the latch.
 * - Every section under a latch orders its stores so that the protected words are consistent after each of them. So the
 *   reaper can repair them.
 * - A thread holds one latch at a time, and never waits while it holds one.
 */
import { cas, get, load, nap, pause, set, store } from './memory.ts'
import { SLOT_MAY_BLOCK, SLOT_ID, SLOT_LATCH } from './layout.ts'

const SPINS: i32 = 400
const NAP_MS: f64 = 0.1

/** Acquires a latch. */
export function latch(self: i32, at: i32): void {
  set(self + SLOT_LATCH, at)
  if (cas(at, 0, get(self + SLOT_ID)) != 0) latchContended(self, at)
}

/** Acquires the latch if it is free. Returns 1, or 0 if it is held. */
export function tryLatch(self: i32, at: i32): i32 {
  set(self + SLOT_LATCH, at)
  if (cas(at, 0, get(self + SLOT_ID)) == 0) return 1
  set(self + SLOT_LATCH, 0)
  return 0
}

/** Acquires the latch of a wait queue. The low bit in SLOT_LATCH tells a reaper that it must repair a queue. */
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
    // The holder was preempted. `unlatch` notifies no sleeper, so the sleep has a time limit.
    const holder = load(at)
    if (holder != 0 && get(self + SLOT_MAY_BLOCK) != 0) nap(at, holder, NAP_MS)
  }
}

export function unlatch(self: i32, at: i32): void {
  store(at, 0)
  set(self + SLOT_LATCH, 0)
}
