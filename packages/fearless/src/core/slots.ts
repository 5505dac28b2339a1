/** Slots: one per JavaScript thread that ever lived at the same time as the others; a dead thread's slot is used again. */
import { get, load, set, store } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import {
  FREE_SLOTS,
  FREE_SLOTS_LATCH,
  MAX_SLOTS,
  NEXT_SLOT,
  SLOTS,
  SLOT_BLOCKS,
  SLOT_CACHES,
  SLOT_ID,
  SLOT_NEXT,
  SLOT_SIZE,
} from './layout.ts'

/** A slot for a new thread, ready to be lived in; 0 if all are taken. */
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
  // The caches of the allocator stay: the new thread inherits its predecessor's blocks.
  // Others may look at the slot while it is made: whether its thread waits, or for what.
  for (let at: i32 = 0; at < SLOT_CACHES; at += 4) store(slot + at, 0)
  set(slot + SLOT_BLOCKS, 1)
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
