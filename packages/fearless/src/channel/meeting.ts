/**
 * Messages with an allocation of their own: offering one in a rendezvous, and decoding a received one. core/channel.ts
 * draws its layout.
 *
 * - A received message is in the list of its thread's slot (SLOT_HAND) until it is decoded.
 * - If a thread dies, the reaper drops the messages in that list (`discardHand`).
 */
import { MESSAGE_BYTES, MESSAGE_LENGTH, MESSAGE_NEXT } from '../core/channel.ts'
import { self } from '../core/index.ts'
import { SLOT_HAND } from '../core/layout.ts'
import { get, set } from '../core/memory.ts'
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
import { allocate, release, u8 } from '../memory/heap.ts'
import { INTO_CHANNEL } from '../memory/codec/moved.ts'

/** A message that a receiver may receive. Its value is lent until it is known whether a receiver did. */
export interface Offer {
  readonly message: number
  readonly loan: Loan
}

/**
 * Encodes a value and passes it to `place`, which makes it visible to a receiver. Returns undefined if `place` failed,
 * and has no effect then. If the thread dies before `place` has succeeded, it still owns everything; afterwards it owns
 * nothing.
 */
export function offer(value: unknown, place: (message: number) => boolean): Offer | undefined {
  return encodeInto(value, 'move', place, message => ({ message, loan: lend(INTO_CHANNEL) }))
}

/**
 * Does the same without a loan: the value is moved, or copied. A number needs no allocation; its address is 0 then.
 * Without a destination the objects in `value` stay usable.
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
  return encodeInto(value, mode, message => place(NaN, message), placed) ?? false
}

function encodeInto<T>(
  value: unknown,
  mode: Mode,
  place: (message: number) => boolean,
  placed: (message: number) => T,
): T | undefined {
  const length = encode(value, mode)
  let message = 0
  try {
    message = allocate(MESSAGE_BYTES + length)
    set(message + MESSAGE_LENGTH, length)
    set(message + MESSAGE_READERS, 0)
    set(message + MESSAGE_ORPHAN, 0)
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

/** Withdraws an offer that no receiver received: the sender owns the value again. */
export function takeBack({ message, loan }: Offer): void {
  loan.takeBack()
  release(message)
}

/** Decodes the newest message of this thread's received list, and frees it. */
export function readMessage(message: number): unknown {
  try {
    return decode(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))
  } finally {
    removeFromReceived(message)
    release(message)
  }
}

/** Drops the newest message of this thread's received list without decoding it. */
export function discardInHand(message: number): void {
  own(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))
  removeFromReceived(message)
  discardMessage(message)
}

function removeFromReceived(message: number): void {
  set(self + SLOT_HAND, get(message + MESSAGE_NEXT))
}

/**
 * Drops the messages that a dead thread had received and not decoded. The reaper calls it before it drops the handles
 * that the thread had decoded.
 */
export function discardHand(slot: number): void {
  for (let message = get(slot + SLOT_HAND); message !== 0;) {
    const next = get(message + MESSAGE_NEXT)
    discardMessage(message)
    message = next
  }
  set(slot + SLOT_HAND, 0)
}

/** Frees a message that no thread will decode, and drops the handles in it. */
export function discardMessage(message: number): void {
  discard(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))
  release(message)
}
