/**
 * Handle records: one per handle of an object (a Sender, an Arc...), with the slot of the thread that owns the handle.
 *
 *   +0   HANDLE_STATE   a word of the handle's kind (the allocator's link while the record is free)
 *   +4   HANDLE_OWNER   owner: a slot id; -1 - slot id while that thread packs the handle into a message; IN_TRANSIT
 *                       in a message; CREATING - slot id while that thread creates the handle, before it is counted;
 *                       0 while the record is free
 *   +8   HANDLE_KIND    kind of object
 *   +12  HANDLE_OBJECT  the object's address
 *   +16  NEXT           next in the owner's list
 *   +20  PREV           previous in the owner's list
 *   +24  HANDLE_LISTED  1 while the record is in that list
 *   +28  HANDLE_SHARES  whether the handle is shared, so that sending it creates another owner: 0, IN_ARC, or
 *                       SHARED_BY_TYPE (an atomic)
 *   +32  end
 *
 * - The owner word is authoritative: a reaper finds a dead thread's handles by a walk over all records.
 * - Only the owner accesses its list, which makes the drop of its handles cheap when it finishes.
 * - SLOT_PACKING is 1 from the first packed handle to the store that transfers the message. So the reaper knows whether
 *   a packed handle still belongs to the dead thread. A thread that dies while it packs has transferred no handle.
 */
import { add, cas, get, load, set, store, storeRelaxed } from './memory.ts'
import { HANDLES, free, allocateOfClass } from './alloc.ts'
import { OWNER_COUNT, removeOwner } from './count.ts'
import { SLOT_HANDLES, SLOT_ID, SLOT_PACKING } from './layout.ts'

export const HANDLE_STATE: i32 = 0
export const HANDLE_OWNER: i32 = 4
export const HANDLE_KIND: i32 = 8
export const HANDLE_OBJECT: i32 = 12
const NEXT: i32 = 16
const PREV: i32 = 20
export const HANDLE_LISTED: i32 = 24
export const HANDLE_SHARES: i32 = 28

export const IN_ARC: i32 = 1
export const SHARED_BY_TYPE: i32 = 2
export const IN_TRANSIT: i32 = -1
export const CREATING: i32 = -65536

/**
 * Allocates a record that is not counted yet. If this thread dies now, its reaper only frees the record. Returns 0 if
 * the heap is full.
 */
export function newHandle(self: i32, kind: i32, thing: i32, shares: i32): i32 {
  const handle = allocateOfClass(self, HANDLES)
  if (handle == 0) return 0
  set(handle + HANDLE_STATE, 0)
  set(handle + HANDLE_KIND, kind)
  set(handle + HANDLE_OBJECT, thing)
  set(handle + HANDLE_SHARES, shares)
  set(handle + HANDLE_LISTED, 0)
  store(handle + HANDLE_OWNER, CREATING - get(self + SLOT_ID))
  return handle
}

/** Creates a handle that this thread owns, unlisted, and counts it at `owners`. Returns 0 if the heap is full. */
export function newOwner(self: i32, kind: i32, thing: i32, owners: i32): i32 {
  const handle = newHandle(self, kind, thing, 0)
  if (handle == 0) return 0
  // UNINTERRUPTED: no function entry or loop head between record and count, so a worker cannot be terminated between
  // them. Otherwise a reaper would drop an owner that was not counted.
  adoptHandle(self, handle, 0)
  add(owners, 1)
  return handle
}

/**
 * Makes this thread the owner of a record without an owner.
 *
 * ORDER: none is needed, here and where this thread frees a record of its own. Other threads may read the owner of a
 * record that is not theirs, but a reaper compares only with its dead thread, and sees all stores of that thread.
 * This saves two barriers in a clone and its drop: 41 -> 26 ns (sync/arc.bench.ts).
 */
function storeOwner(self: i32, handle: i32, listed: i32): void {
  storeRelaxed(handle + HANDLE_OWNER, get(self + SLOT_ID))
  if (listed != 0) list(self, handle)
}

/**
 * Makes this thread the owner. A listed handle is dropped when the thread finishes, an unlisted one when its worker
 * ends.
 */
export function adoptHandle(self: i32, handle: i32, listed: i32): void {
  // This thread already owns a clone that it made.
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

/** Marks a handle as packed into a message of this thread. */
export function packHandle(self: i32, handle: i32): void {
  unlist(self, handle)
  set(self + SLOT_PACKING, 1)
  store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))
}

/** Marks a handle as in transit after its message was transferred, unless the receiver owns it already. */
export function markInTransit(self: i32, handle: i32): void {
  cas(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID), IN_TRANSIT)
}

/** Ends the packing: the caller's next store transfers the packed handles to another thread. */
export function endPacking(self: i32): void {
  set(self + SLOT_PACKING, 0)
}

/**
 * Frees the record of a handle that this thread owns, or that it received. The caller then drops its reference to the
 * object.
 */
export function freeHandle(self: i32, handle: i32): void {
  unlist(self, handle)
  store(handle + HANDLE_OWNER, 0)
  free(self, handle)
}

/** Frees the record of a dead thread's handle. Called by a reaper, which ignores the dead thread's list. */
export function freeHandleOfDead(self: i32, handle: i32): void {
  store(handle + HANDLE_OWNER, 0)
  free(self, handle)
}

/**
 * Creates another handle of the same object for this thread, and counts it at `owners`. Returns 0 if the heap is full.
 */
export function cloneOwner(self: i32, handle: i32, owners: i32, listed: i32): i32 {
  const another = allocateOfClass(self, HANDLES)
  if (another == 0) return 0
  set(another + HANDLE_STATE, get(handle + HANDLE_STATE))
  set(another + HANDLE_KIND, get(handle + HANDLE_KIND))
  set(another + HANDLE_OBJECT, get(handle + HANDLE_OBJECT))
  set(another + HANDLE_SHARES, get(handle + HANDLE_SHARES))
  set(another + HANDLE_LISTED, 0)
  // UNINTERRUPTED: no function entry or loop head between record and count, so a worker cannot be terminated between
  // them. Otherwise a reaper would drop an owner that was not counted.
  storeOwner(self, another, listed)
  add(owners, 1)
  return another
}

/**
 * Creates a handle for one more owner in the count at `owners`, owned by this thread and unlisted. Returns 0 if the
 * count is 0 or of another generation, -1 if the heap is full. A count of 0 stays 0.
 */
export function upgradeOwner(self: i32, kind: i32, thing: i32, owners: i32, generation: i32): i32 {
  const handle = newHandle(self, kind, thing, SHARED_BY_TYPE)
  if (handle == 0) return -1
  while (true) {
    const count = load(owners)
    if ((count & OWNER_COUNT) == 0 || (count & ~OWNER_COUNT) != generation) break
    if (cas(owners, count, count + 1) != count) continue
    // UNINTERRUPTED: no function entry or loop head between count and record, so a worker cannot be terminated between
    // them. Otherwise an owner without a record would keep the object alive for ever.
    adoptHandle(self, handle, 0)
    return handle
  }
  freeHandle(self, handle)
  return 0
}

/** Value of HANDLE_STATE: this handle was the last owner, and its thread drops the contents of the object. */
export const LAST_OWNER: i32 = -1

/**
 * Drops a handle of this thread and its share in the count at `owners`. Returns 1 if it was the last owner, else 0.
 *
 * The last owner keeps the record until `freeLastOwner`. In between it drops the contents of the object; if it dies,
 * its reaper completes that.
 */
export function dropOwner(self: i32, handle: i32, owners: i32): i32 {
  unlist(self, handle)
  // UNINTERRUPTED: no function entry or loop head between count and record, so a worker cannot be terminated between
  // them. Otherwise a reaper would discount an owner twice, or never.
  if (removeOwner(owners) != 0) {
    set(handle + HANDLE_STATE, LAST_OWNER)
    store(handle + HANDLE_OWNER, get(self + SLOT_ID))
    return 1
  }
  storeRelaxed(handle + HANDLE_OWNER, 0)
  free(self, handle)
  return 0
}

/**
 * Frees the record of the last owner, after the object's contents were dropped, and the owners' share in the weak
 * count. Returns 1 if that was the last share, else 0.
 */
export function freeLastOwner(self: i32, handle: i32, weaks: i32): i32 {
  // UNINTERRUPTED: no function entry or loop head between record and count, so a worker cannot be terminated between
  // them. Otherwise a reaper would drop the contents and the share a second time.
  store(handle + HANDLE_OWNER, 0)
  const last: i32 = add(weaks, -1) == 1 ? 1 : 0
  free(self, handle)
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
