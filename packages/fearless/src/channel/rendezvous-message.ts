/**
 * Messages with an allocation of their own: offering one in a rendezvous, and decoding a received one. core/channel.ts
 * draws its layout.
 *
 * - A received message is in the list of its thread's slot (SLOT_RECEIVED) until it is decoded.
 * - If a thread dies, the reaper drops the messages in that list (`dropReceivedMessages`).
 */
import { MESSAGE_BYTES, MESSAGE_LENGTH, MESSAGE_NEXT } from '../core/channel.ts'
import { self } from '../core/index.ts'
import { SLOT_RECEIVED } from '../core/layout.ts'
import { get, set } from '../core/memory.ts'
import { MESSAGE_DETACHED, MESSAGE_READERS } from '../core/pin.ts'
import {
  abandonMessage,
  commitMessage,
  decode,
  discardEncodedMessage,
  encode,
  lendMessage,
  adoptHandles,
  scratchAddress,
  type MoveDestination,
  type LentMessage,
  type Mode,
} from '../memory/codec/codec.ts'
import { allocate, free, u8 } from '../memory/heap.ts'
import { INTO_CHANNEL } from '../memory/codec/moved.ts'

/** A message that a receiver may receive. Its value is lent until it is known whether a receiver did. */
export interface RendezvousOffer {
  readonly message: number
  readonly loan: LentMessage
}

/**
 * Encodes a value and passes it to `place`, which makes it visible to a receiver. Returns undefined if `place` failed,
 * and has no effect then. If the thread dies before `place` has succeeded, it still owns everything; afterwards it owns
 * nothing.
 */
export function offerMessage(value: unknown, place: (message: number) => boolean): RendezvousOffer | undefined {
  return encodeInto(value, 'move', place, message => ({ message, loan: lendMessage(INTO_CHANNEL) }))
}

/**
 * Does the same without a loan: the value is moved, or copied. A number needs no allocation; its address is 0 then.
 * Without a destination the objects in `value` stay usable.
 */
export function encodeAndPlace(
  value: unknown,
  mode: Mode,
  place: (number: number, message: number) => boolean,
  to?: MoveDestination,
): boolean {
  if (typeof value === 'number') return place(value, 0)
  const placed = (): true => {
    commitMessage(to)
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
    set(message + MESSAGE_DETACHED, 0)
    u8.copyWithin(message + MESSAGE_BYTES, scratchAddress(), scratchAddress() + length)
    if (place(message)) return placed(message)
  } catch (error) {
    if (message !== 0) free(message)
    abandonMessage()
    throw error
  }
  free(message)
  abandonMessage()
  return undefined
}

/** Withdraws an offer that no receiver received: the sender owns the value again. */
export function withdrawOffer({ message, loan }: RendezvousOffer): void {
  loan.takeBack()
  free(message)
}

/** Decodes the newest message of this thread's received list, and frees it. */
export function decodeMessage(message: number): unknown {
  try {
    return decode(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))
  } finally {
    removeFromReceived(message)
    free(message)
  }
}

/** Drops the newest message of this thread's received list without decoding it. */
export function dropReceivedMessage(message: number): void {
  adoptHandles(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))
  removeFromReceived(message)
  dropMessage(message)
}

function removeFromReceived(message: number): void {
  set(self + SLOT_RECEIVED, get(message + MESSAGE_NEXT))
}

/**
 * Drops the messages that a dead thread had received and not decoded. The reaper calls it before it drops the handles
 * that the thread had decoded.
 */
export function dropReceivedMessages(slot: number): void {
  for (let message = get(slot + SLOT_RECEIVED); message !== 0;) {
    const next = get(message + MESSAGE_NEXT)
    dropMessage(message)
    message = next
  }
  set(slot + SLOT_RECEIVED, 0)
}

/** Frees a message that no thread will decode, and drops the handles in it. */
export function dropMessage(message: number): void {
  discardEncodedMessage(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))
  free(message)
}
