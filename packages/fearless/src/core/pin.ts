/**
 * Pinned messages: messages that several receivers read in place. A message is an allocation as in channel.ts, with two
 * more words:
 *
 *   +0   MESSAGE_LENGTH .. MESSAGE_NEXT  as in channel.ts
 *   +8   MESSAGE_READERS   number of receivers that read it now
 *   +12  MESSAGE_DETACHED  1 once the message is detached from its object: the last reader drops it
 *   +16  MESSAGE_BYTES     end: the bytes follow
 *
 * - A reader's handle record names the message, so that the reader's reaper can unpin it.
 * - The latch of the object that contains the message protects all these words. The reading itself needs no latch.
 * - A message that must be dropped is put on this thread's SLOT_RECEIVED list under the latch; the caller drops it
 *   after the latch is released. If the thread dies before that, its reaper drops the message.
 */
import { get, set } from './memory.ts'
import { pushReceived } from './channel-take.ts'
import { HANDLE_STATE } from './handles.ts'

export const MESSAGE_READERS: i32 = 8
export const MESSAGE_DETACHED: i32 = 12

export function pin(message: i32, handle: i32): void {
  set(handle + HANDLE_STATE, message)
  set(message + MESSAGE_READERS, get(message + MESSAGE_READERS) + 1)
}

/**
 * Ends a reader's use of a message. Schedules the drop of the message if it is detached and this was its last reader.
 */
export function unpin(self: i32, handle: i32): void {
  const message = get(handle + HANDLE_STATE)
  if (message == 0) return
  const readers: i32 = get(message + MESSAGE_READERS) - 1
  set(handle + HANDLE_STATE, 0)
  set(message + MESSAGE_READERS, readers)
  if (readers == 0 && get(message + MESSAGE_DETACHED) != 0) pushReceived(self, message)
}

/** Detaches a message from its object. Schedules its drop if no receiver reads it. */
export function detachMessage(self: i32, message: i32): void {
  if (get(message + MESSAGE_READERS) == 0) pushReceived(self, message)
  else set(message + MESSAGE_DETACHED, 1)
}
