/**
 * A wait group, as crossbeam's `WaitGroup`: waiters continue when the group has no members.
 *
 *   +0   GROUP_MEMBERS  members
 *   +4   GROUP_HANDLES  handles: the last drop frees the group
 *   +8   GROUP_QUEUE    wait queue
 *   +20  GROUP_BYTES    end
 *
 * The note of a handle record is 1 while the handle is a member. A handle leaves the group once: when it waits, or when
 * it is dropped.
 *
 * UNINTERRUPTED: no function entry or loop head between note and count, so a worker cannot be terminated between them.
 * Otherwise the group would end too early, or never.
 */
import { add, get, load, set, store } from './memory.ts'
import { HANDLE_STATE, HANDLE_OWNER, packHandle } from './handles.ts'
import { announceWakeUp, endAnnouncement, wakeAll } from './wait-queue.ts'

export const GROUP_MEMBERS: i32 = 0
export const GROUP_HANDLES: i32 = 4
export const GROUP_QUEUE: i32 = 8
export const GROUP_BYTES: i32 = 20

/** Adds a member, whose handle this thread packs into a message. */
export function shareMember(self: i32, group: i32, handle: i32): void {
  packHandle(self, handle)
  set(handle + HANDLE_STATE, 1)
  add(group + GROUP_MEMBERS, 1)
  add(group + GROUP_HANDLES, 1)
}

/** Ends the membership of a handle, if it has one. The last member wakes all waiters. */
export function leaveGroup(self: i32, group: i32, handle: i32): void {
  if (get(handle + HANDLE_STATE) == 0) return
  announceWakeUp(self, group + GROUP_QUEUE)
  set(handle + HANDLE_STATE, 0)
  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_QUEUE)
  endAnnouncement(self)
}

/** Drops a handle. Returns 1 if it was the last, else 0. */
export function dropMember(self: i32, group: i32, handle: i32): i32 {
  leaveGroup(self, group, handle)
  store(handle + HANDLE_OWNER, 0)
  return add(group + GROUP_HANDLES, -1) == 1 ? 1 : 0
}

export function isGroupDone(group: i32): i32 {
  return load(group + GROUP_MEMBERS) == 0 ? 1 : 0
}
