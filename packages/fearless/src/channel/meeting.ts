/** Messages of a rendezvous: things that their sender owns until a receiver takes them (core/rendezvous.ts). */
import { MESSAGES } from '../core/alloc.ts'
import { CHANNEL_RECEIVING } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import { MESSAGE_BLOCK, MESSAGE_LENGTH, MESSAGE_OWNER } from '../core/rendezvous.ts'
import { decode, discard } from '../memory/codec.ts'
import { heapFull, i32, release } from '../memory/heap.ts'
import { toBlock } from '../memory/message.ts'

/** Gives a value away to a message, which is this thread's. */
export function writeMessage(value: unknown): number {
  const message = core.takeThing(self, MESSAGES)
  if (message === 0) throw heapFull(32)
  try {
    toBlock(value, 'move', ({ at, length }) => core.ownMessage(self, message, at, length))
  } catch (error) {
    core.release(self, message)
    throw error
  }
  return message
}

/** Takes the value out of a message of this thread, and frees it. */
export function readMessage(message: number): unknown {
  try {
    return decode(i32[(message + MESSAGE_BLOCK) >> 2], i32[(message + MESSAGE_LENGTH) >> 2])
  } finally {
    free(message)
  }
}

/** Frees a message that nobody will read, and what was given away in it. */
export function discardMessage(message: number): void {
  discard(i32[(message + MESSAGE_BLOCK) >> 2], i32[(message + MESSAGE_LENGTH) >> 2])
  free(message)
}

/** Discards what a dead thread had in its hands. */
export function discardMessagesOf(id: number): void {
  for (let message = core.nextThing(MESSAGES, 0); message !== 0; message = core.nextThing(MESSAGES, message)) {
    if (Atomics.load(i32, (message + MESSAGE_OWNER) >> 2) === id) discardMessage(message)
  }
}

function free(message: number): void {
  // RACE: a reaper looks at the owner of every message.
  Atomics.store(i32, (message + MESSAGE_OWNER) >> 2, 0)
  release(i32[(message + MESSAGE_BLOCK) >> 2])
  core.release(self, message)
}

/** Where both sides of a rendezvous stand in line. */
export function receivingOf(channel: number): number {
  return channel + CHANNEL_RECEIVING
}
