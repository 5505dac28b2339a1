/** Allocates slots, one per live operating-system thread. The slot of a dead thread is used again. */
import { get, load, set, store } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import {
  FREE_SLOTS,
  FREE_SLOTS_LATCH,
  MAX_SLOTS,
  NEXT_SLOT,
  SLOTS,
  SLOT_MAY_BLOCK,
  SLOT_CACHES,
  SLOT_ID,
  SLOT_NEXT,
  SLOT_SIZE,
} from './layout.ts'

/** Allocates and initialises a slot for a new thread. Returns 0 if all slots are in use. */
export function newSlot(self: i32): i32 {
  latch(self, FREE_SLOTS_LATCH)
  let slot = get(FREE_SLOTS)
  if (slot != 0) set(FREE_SLOTS, get(slot + SLOT_NEXT))
  else if (load(NEXT_SLOT) < MAX_SLOTS) {
    slot = SLOTS + load(NEXT_SLOT) * SLOT_SIZE
    store(NEXT_SLOT, load(NEXT_SLOT) + 1)
  }
  unlatch(self, FREE_SLOTS_LATCH)
  if (slot == 0) return 0
  // The allocator caches stay: the new thread inherits the blocks of the slot's last thread.
  // RACE: other threads may read the slot at the same time, to see whether its thread waits and for which lock.
  for (let at: i32 = 0; at < SLOT_CACHES; at += 4) store(slot + at, 0)
  set(slot + SLOT_MAY_BLOCK, 1)
  store(slot + SLOT_ID, ((slot - SLOTS) / SLOT_SIZE) | 0)
  return slot
}

export function freeSlot(self: i32, slot: i32): void {
  store(slot + SLOT_ID, 0)
  latch(self, FREE_SLOTS_LATCH)
  set(slot + SLOT_NEXT, get(FREE_SLOTS))
  set(FREE_SLOTS, slot)
  unlatch(self, FREE_SLOTS_LATCH)
}
