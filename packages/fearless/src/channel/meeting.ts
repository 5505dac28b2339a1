/**
 * Messages in blocks of their own: how one is offered in a rendezvous, and how it is read by the thread that has it in
 * its hands. core/channel.ts draws a block.
 */
import { MESSAGE_BYTES, MESSAGE_LENGTH, MESSAGE_NEXT } from '../core/channel.ts'
import { self } from '../core/index.ts'
import { SLOT_HAND } from '../core/layout.ts'
import { MESSAGE_ORPHAN, MESSAGE_READERS } from '../core/pin.ts'
import {
  abandon,
  commit,
  decode,
  discard,
  encode,
  lend,
  own,
  scratchAddress,
  type Destination,
  type Loan,
  type Mode,
} from '../memory/codec/codec.ts'
import { allocate, i32, release, u8 } from '../memory/heap.ts'
import { INTO_CHANNEL } from '../memory/codec/moved.ts'

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
  return write(value, 'move', place, message => ({ message, loan: lend(INTO_CHANNEL) }))
}

/**
 * The same for good, and a number goes without a block: its address is 0 then. Without a destination the objects in
 * `value` stay usable.
 */
export function placeMessage(
  value: unknown,
  mode: Mode,
  place: (number: number, message: number) => boolean,
  to?: Destination,
): boolean {
  if (typeof value === 'number') return place(value, 0)
  const placed = (): true => {
    commit(to)
    return true
  }
  return write(value, mode, message => place(NaN, message), placed) ?? false
}

function write<T>(
  value: unknown,
  mode: Mode,
  place: (message: number) => boolean,
  placed: (message: number) => T,
): T | undefined {
  const length = encode(value, mode)
  let message = 0
  try {
    message = allocate(MESSAGE_BYTES + length)
    i32[(message + MESSAGE_LENGTH) >> 2] = length
    i32[(message + MESSAGE_READERS) >> 2] = 0
    i32[(message + MESSAGE_ORPHAN) >> 2] = 0
    u8.copyWithin(message + MESSAGE_BYTES, scratchAddress(), scratchAddress() + length)
    if (place(message)) return placed(message)
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

/** Takes the value out of the block that came into this thread's hands last, and frees the block. */
export function readMessage(message: number): unknown {
  try {
    return decode(message + MESSAGE_BYTES, i32[(message + MESSAGE_LENGTH) >> 2])
  } finally {
    letGo(message)
    release(message)
  }
}

/** Ends the block that came into this thread's hands last: nobody will read it. */
export function discardInHand(message: number): void {
  own(message + MESSAGE_BYTES, i32[(message + MESSAGE_LENGTH) >> 2])
  letGo(message)
  discardMessage(message)
}

function letGo(message: number): void {
  i32[(self + SLOT_HAND) >> 2] = i32[(message + MESSAGE_NEXT) >> 2]
}

/** Ends what a dead thread had in its hands. Called by its reaper, before it ends the handles that the thread had read. */
export function discardHand(slot: number): void {
  for (let message = i32[(slot + SLOT_HAND) >> 2]; message !== 0;) {
    const next = i32[(message + MESSAGE_NEXT) >> 2]
    discardMessage(message)
    message = next
  }
  i32[(slot + SLOT_HAND) >> 2] = 0
}

/** Frees a block that nobody will read, and what was given away in it. */
export function discardMessage(message: number): void {
  discard(message + MESSAGE_BYTES, i32[(message + MESSAGE_LENGTH) >> 2])
  release(message)
}
