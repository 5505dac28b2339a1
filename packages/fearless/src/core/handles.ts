/**
 * Who owns what: every handle of a thing (a sender, an Arc...) has a record with its owner's slot.
 *
 *   +0  what the kind has to remember of it (the allocator's while free)
 *   +4  owner: slot id, -1 - slot id while that thread packs it into a message, IN_TRANSIT while it travels,
 *       MAKING - slot id while that thread makes it and it counts for nothing, 0 while free
 *   +8  kind of thing, +12 the thing's address
 *   +16 next, +20 previous in the owner's list, +24 1 while it stands in that list
 *   +28 whether this handle shares, so that handing it on makes another owner: 0, IN_ARC, or BY_NATURE (an atomic)
 *
 * A thread that dies while it packs has handed over nothing: SLOT_PACKING is 1 from the first handle to the store that
 * hands the message over, so its reaper knows whether the handles are in the dead thread's hands or on their way.
 *
 * The owner word is the truth: a reaper finds a dead thread's handles by walking all records. The lists only make the
 * normal end of a thread cheap; nobody but the owner touches them.
 */
import { add, cas, get, load, set, store, storeRelaxed } from './memory.ts'
import { HANDLES, release, take } from './alloc.ts'
import { OWNER_COUNT, leftOwners } from './count.ts'
import { SLOT_HANDLES, SLOT_ID, SLOT_PACKING } from './layout.ts'

export const HANDLE_NOTE: i32 = 0
export const HANDLE_OWNER: i32 = 4
export const HANDLE_KIND: i32 = 8
export const HANDLE_THING: i32 = 12
const NEXT: i32 = 16
const PREV: i32 = 20
export const HANDLE_LISTED: i32 = 24
export const HANDLE_SHARES: i32 = 28
export const IN_ARC: i32 = 1
export const BY_NATURE: i32 = 2
export const IN_TRANSIT: i32 = -1
export const MAKING: i32 = -65536

/** A record that counts for nothing yet: the reaper of a thread that dies here frees it, and nothing else. 0 if the heap is full. */
export function newHandle(self: i32, kind: i32, thing: i32, shares: i32): i32 {
  const handle = take(self, HANDLES)
  if (handle == 0) return 0
  set(handle + HANDLE_NOTE, 0)
  set(handle + HANDLE_KIND, kind)
  set(handle + HANDLE_THING, thing)
  set(handle + HANDLE_SHARES, shares)
  set(handle + HANDLE_LISTED, 0)
  store(handle + HANDLE_OWNER, MAKING - get(self + SLOT_ID))
  return handle
}

/** A record that is this thread's, and no list's, and one more owner in the count at `owners`. 0 if the heap is full. */
export function newOwner(self: i32, kind: i32, thing: i32, owners: i32): i32 {
  const handle = newHandle(self, kind, thing, 0)
  if (handle == 0) return 0
  // No thread dies between the two: a reaper would end an owner that was not counted.
  adoptHandle(self, handle, 0)
  add(owners, 1)
  return handle
}

/**
 * A record that was nobody's is this thread's.
 *
 * ORDER: none is needed, here and where this thread ends a record of its own: others read the owner of records that are not
 * theirs, but a reaper asks for its dead thread's alone, and knows all that it wrote. Two barriers less in a clone and its
 * drop: 41 -> 26 ns (sync/arc.bench.ts).
 */
function own(self: i32, handle: i32, listed: i32): void {
  storeRelaxed(handle + HANDLE_OWNER, get(self + SLOT_ID))
  if (listed != 0) list(self, handle)
}

/** This thread owns the handle from now on; listed: until its thread ends, else until the worker does. */
export function adoptHandle(self: i32, handle: i32, listed: i32): void {
  // A clone is this thread's from the beginning.
  if (listed != 0 && get(handle + HANDLE_LISTED) != 0) return
  store(handle + HANDLE_OWNER, get(self + SLOT_ID))
  if (listed != 0) list(self, handle)
}

function list(self: i32, handle: i32): void {
  const first = get(self + SLOT_HANDLES)
  set(handle + NEXT, first)
  set(handle + PREV, 0)
  set(handle + HANDLE_LISTED, 1)
  if (first != 0) set(first + PREV, handle)
  set(self + SLOT_HANDLES, handle)
}

/** This thread gives the handle away: it packs it into a message. */
export function giveHandle(self: i32, handle: i32): void {
  unlist(self, handle)
  set(self + SLOT_PACKING, 1)
  store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
}

/** The message was handed over. The handle travels, or whoever received it owns it already. */
export function sendHandle(self: i32, handle: i32): void {
  cas(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID), IN_TRANSIT)
}

/** What this thread has packed is in other hands from the next store on. */
export function handOver(self: i32): void {
  set(self + SLOT_PACKING, 0)
}

/** Ends a handle of this thread, or one that travelled to it. The caller then drops the thing. */
export function freeHandle(self: i32, handle: i32): void {
  unlist(self, handle)
  store(handle + HANDLE_OWNER, 0)
  release(self, handle)
}

/** Ends a handle of a dead thread. Called by a reaper, who does not mind the dead thread's list. */
export function buryHandle(self: i32, handle: i32): void {
  store(handle + HANDLE_OWNER, 0)
  release(self, handle)
}

/** Another record of the same thing, this thread's, and one more owner in the count at `owners`. 0 if the heap is full. */
export function cloneOwner(self: i32, handle: i32, owners: i32, listed: i32): i32 {
  const another = take(self, HANDLES)
  if (another == 0) return 0
  set(another + HANDLE_NOTE, get(handle + HANDLE_NOTE))
  set(another + HANDLE_KIND, get(handle + HANDLE_KIND))
  set(another + HANDLE_THING, get(handle + HANDLE_THING))
  set(another + HANDLE_SHARES, get(handle + HANDLE_SHARES))
  set(another + HANDLE_LISTED, 0)
  // No thread dies between the two: a reaper would end an owner that was not counted.
  own(self, another, listed)
  add(owners, 1)
  return another
}

/**
 * A record, this thread's and no list's, for one more owner in the count at `owners`, unless there is none, or none of this
 * generation: then 0; -1 if the heap is full. A count that is 0 stays so.
 */
export function joinOwners(self: i32, kind: i32, thing: i32, owners: i32, generation: i32): i32 {
  const handle = newHandle(self, kind, thing, BY_NATURE)
  if (handle == 0) return -1
  while (true) {
    const count = load(owners)
    if ((count & OWNER_COUNT) == 0 || (count & ~OWNER_COUNT) != generation) break
    if (cas(owners, count, count + 1) != count) continue
    // No thread dies between the two: an owner that has no record would never be counted out.
    adoptHandle(self, handle, 0)
    return handle
  }
  freeHandle(self, handle)
  return 0
}

/** In the note of a record: its owner was the last one, and ends what the thing holds. */
export const LAST_OWNER: i32 = -1

/**
 * Ends a handle of this thread, and its share in the count at `owners`: 1 if it was the last one, whose record is this
 * thread's until `endLastOwner`. What the thing holds is ended in between; a reaper goes on from there.
 */
export function endOwner(self: i32, handle: i32, owners: i32): i32 {
  unlist(self, handle)
  // No thread dies between the count and the record: a reaper would count an owner out twice, or never.
  if (leftOwners(owners) != 0) {
    set(handle + HANDLE_NOTE, LAST_OWNER)
    store(handle + HANDLE_OWNER, get(self + SLOT_ID))
    return 1
  }
  storeRelaxed(handle + HANDLE_OWNER, 0)
  release(self, handle)
  return 0
}

/** What the last owner had is ended, and so is its record, and the share of all owners in the weak count: 1 if that is at its end. */
export function endLastOwner(self: i32, handle: i32, weaks: i32): i32 {
  // No thread dies between the two: a reaper would end all of it once more.
  store(handle + HANDLE_OWNER, 0)
  const last: i32 = add(weaks, -1) == 1 ? 1 : 0
  release(self, handle)
  return last
}

function unlist(self: i32, handle: i32): void {
  if (get(handle + HANDLE_LISTED) == 0) return
  const next = get(handle + NEXT)
  const prev = get(handle + PREV)
  if (prev == 0) set(self + SLOT_HANDLES, next)
  else set(prev + NEXT, next)
  if (next != 0) set(next + PREV, prev)
  set(handle + HANDLE_LISTED, 0)
}
