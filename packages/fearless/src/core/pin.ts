/**
 * Messages that several threads read where they lie. A message is a block as in channel.ts, and further
 *
 *   +8   how many read it now
 *   +12  1 once it is out of its place: the last reader ends it
 *
 * Who reads notes the message in its handle, so that its reaper ends the reading. All of it under the latch of the thing
 * that the message lies in; the reading itself is not. A message that is to end goes into this thread's hands, where its
 * reaper finds it; the caller ends it after the latch.
 */
import { get, set } from './memory.ts'
import { putInHand } from './channel-take.ts'
import { HANDLE_NOTE } from './handles.ts'

export const MESSAGE_READERS: i32 = 8
export const MESSAGE_ORPHAN: i32 = 12

export function pin(message: i32, handle: i32): void {
  set(handle + HANDLE_NOTE, message)
  set(message + MESSAGE_READERS, get(message + MESSAGE_READERS) + 1)
}

/** Ends a reading, and the message if it is out of its place and nobody reads it any more. */
export function unpin(self: i32, handle: i32): void {
  const message = get(handle + HANDLE_NOTE)
  if (message == 0) return
  const readers: i32 = get(message + MESSAGE_READERS) - 1
  set(handle + HANDLE_NOTE, 0)
  set(message + MESSAGE_READERS, readers)
  if (readers == 0 && get(message + MESSAGE_ORPHAN) != 0) putInHand(self, message)
}

/** Takes a message out of its place, and ends it if nobody reads it. */
export function displace(self: i32, message: i32): void {
  if (get(message + MESSAGE_READERS) == 0) putInHand(self, message)
  else set(message + MESSAGE_ORPHAN, 1)
}
