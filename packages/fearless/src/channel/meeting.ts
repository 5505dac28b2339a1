/** Messages of a rendezvous: a block that a sender holds until a receiver takes it.  +0 length, +16 the bytes */
import { CHANNEL_RECEIVING } from '../core/channel.ts'
import { abandon, decode, discard, encode, lend, scratchAddress, type Loan } from '../memory/codec.ts'
import { allocate, i32, release, u8 } from '../memory/heap.ts'

const BYTES = 16

/** A message in a block that a receiver may take; the value is lent until it is known whether one did. */
export interface Offer {
  readonly message: number
  readonly loan: Loan
}

/**
 * Writes a value to a block and lets `place` put that where a receiver finds it. Undefined if it could not: nothing has
 * happened then. A thread that dies before `place` has done it still owns everything, afterwards nothing.
 */
export function offer(value: unknown, place: (message: number) => boolean): Offer | undefined {
  const length = encode(value, 'move')
  let message = 0
  try {
    message = allocate(BYTES + length)
    i32[message >> 2] = length
    u8.copyWithin(message + BYTES, scratchAddress(), scratchAddress() + length)
    if (place(message)) return { message, loan: lend() }
  } catch (error) {
    if (message !== 0) release(message)
    abandon()
    throw error
  }
  release(message)
  abandon()
  return undefined
}

/** Ends an offer that nobody took: the value is the sender's again. */
export function takeBack({ message, loan }: Offer): void {
  loan.takeBack()
  release(message)
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
