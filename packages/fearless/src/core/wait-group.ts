/**
 * A wait group: whoever waits goes on when nobody is a member any more.
 *
 *   +0   members
 *   +4   handles: the last one frees the group
 *   +8   the line of those who wait
 *
 * A handle's record says in its first word whether it is a member still. It leaves once: by waiting, or by its end. No
 * thread dies between the word and the count, because both are stored in one go; else the group would end too early or
 * never.
 */
import { add, get, load, set, store } from './memory.ts'
import { HANDLE_NOTE, HANDLE_OWNER, giveHandle } from './handles.ts'
import { owe, pay, wakeAll } from './wait-queue.ts'

export const GROUP_MEMBERS: i32 = 0
export const GROUP_HANDLES: i32 = 4
export const GROUP_LINE: i32 = 8
export const GROUP_BYTES: i32 = 20

/** One more member, by a handle that is about to be packed into a message. */
export function shareMember(self: i32, group: i32, handle: i32): void {
  giveHandle(self, handle)
  set(handle + HANDLE_NOTE, 1)
  add(group + GROUP_MEMBERS, 1)
  add(group + GROUP_HANDLES, 1)
}

/** The handle is no member any more; the last member lets all go on who wait. */
export function leaveGroup(self: i32, group: i32, handle: i32): void {
  if (get(handle + HANDLE_NOTE) == 0) return
  owe(self, group + GROUP_LINE)
  set(handle + HANDLE_NOTE, 0)
  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_LINE)
  pay(self)
}

/** The end of a handle: 1 if it was the last one. */
export function endMember(self: i32, group: i32, handle: i32): i32 {
  leaveGroup(self, group, handle)
  store(handle + HANDLE_OWNER, 0)
  return add(group + GROUP_HANDLES, -1) == 1 ? 1 : 0
}

export function isGroupDone(group: i32): i32 {
  return load(group + GROUP_MEMBERS) == 0 ? 1 : 0
}
