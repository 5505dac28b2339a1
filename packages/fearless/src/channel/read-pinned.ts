/**
 * Pinned messages: they stay in a channel while several threads read them, and each reader decodes a copy of its own.
 * The pin protocol is in core/pin.ts.
 */
import { get } from '../core/memory.ts'
import { MESSAGE_BYTES, TAKEN_NUMBER } from '../core/channel.ts'
import { self } from '../core/index.ts'
import { SLOT_ADDRESS, SLOT_RECEIVED, SLOT_KIND } from '../core/layout.ts'
import { decodeInPlace } from '../memory/codec/codec.ts'

import { dropReceivedMessage } from './rendezvous-message.ts'

/** Decodes a copy of the message that the core has pinned; `read` unpins it. */
export function decodePinned(number: number, read: () => void): unknown {
  if (number === number || get(self + SLOT_KIND) === TAKEN_NUMBER) return number
  const message = get(self + SLOT_ADDRESS)
  try {
    return decodeInPlace(message + MESSAGE_BYTES)
  } finally {
    withReceivedMessagesDropped(read)
  }
}

/**
 * Runs a step of the core, then drops the messages that the step has added to this thread's received list
 * (SLOT_RECEIVED).
 */
export function withReceivedMessagesDropped<T>(step: () => T): T {
  const held = get(self + SLOT_RECEIVED)
  const answer = step()
  for (let message = get(self + SLOT_RECEIVED); message !== held; message = get(self + SLOT_RECEIVED)) {
    dropReceivedMessage(message)
  }
  return answer
}
