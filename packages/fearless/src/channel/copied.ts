/** Values that stay in a channel while several threads read them: each reader gets a copy of its own. */
import { MESSAGE_BYTES, MESSAGE_NEXT, TAKEN_NUMBER } from '../core/channel.ts'
import { self } from '../core/index.ts'
import { SLOT_ADDRESS, SLOT_KIND } from '../core/layout.ts'
import { decodeCopy } from '../memory/codec.ts'
import { i32 } from '../memory/heap.ts'
import { discardMessage } from './meeting.ts'

/** Reads what the core has found, where it lies; `read` tells it that this is over, and answers a message to free. */
export function readCopy(number: number, read: () => number): unknown {
  if (number === number || i32[(self + SLOT_KIND) >> 2] === TAKEN_NUMBER) return number
  const message = i32[(self + SLOT_ADDRESS) >> 2]
  try {
    return decodeCopy(message + MESSAGE_BYTES)
  } finally {
    free(read())
  }
}

/** Frees the message that a change has put out of its place, if nobody reads it. */
export function freeDisplaced(): void {
  free(i32[(self + SLOT_ADDRESS) >> 2])
}

export function free(message: number): void {
  if (message !== 0) discardMessage(message)
}

/** Frees a list of messages. */
export function freeAll(list: number): void {
  for (let message = list; message !== 0;) {
    const next = i32[(message + MESSAGE_NEXT) >> 2]
    discardMessage(message)
    message = next
  }
}
