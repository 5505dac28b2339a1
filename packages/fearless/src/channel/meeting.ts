/** Messages of a rendezvous: a block that a sender holds until a receiver takes it.  +0 length, +16 the bytes */
import { CHANNEL_RECEIVING } from '../core/channel.ts'
import { abandon, commit, decode, discard, encode, scratchAddress } from '../memory/codec.ts'
import { allocate, i32, release, u8 } from '../memory/heap.ts'

const BYTES = 16

/** Gives a value away to a block. */
export function writeMessage(value: unknown): number {
  const length = encode(value, 'move')
  let message: number
  try {
    message = allocate(BYTES + length)
  } catch (error) {
    abandon()
    throw error
  }
  i32[message >> 2] = length
  u8.copyWithin(message + BYTES, scratchAddress(), scratchAddress() + length)
  commit()
  return message
}

/** Takes the value out of a block and frees the block. */
export function readMessage(message: number): unknown {
  try {
    return decode(message + BYTES, i32[message >> 2])
  } finally {
    release(message)
  }
}

/** Frees a block that nobody will read, and what was given away in it. */
export function discardMessage(message: number): void {
  discard(message + BYTES, i32[message >> 2])
  release(message)
}

/** Where both sides of a rendezvous stand in line. */
export function receivingOf(channel: number): number {
  return channel + CHANNEL_RECEIVING
}
