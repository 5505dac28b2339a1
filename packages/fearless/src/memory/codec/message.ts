/** Values encoded into an allocation of their own, as spawns, results and locks store them. */
import { NotSendError } from '../../errors.ts'
import {
  commitMessage,
  decode,
  discardEncodedMessage,
  encode,
  isRepeatable,
  scratchAddress,
  abandonMessage,
  type MoveDestination,
  type Mode,
} from './codec.ts'
import { allocate, free, u8 } from '../heap.ts'

export interface EncodedBlock {
  readonly at: number
  readonly length: number
}

/**
 * Encodes a value into an allocation of its own. `then` runs before anything is moved; if it throws, nothing has
 * changed. If `then` stores the address where a reaper finds it, no handle is lost when the thread dies in between.
 * With a destination, the moved objects become unusable.
 */
export function encodeToBlock(
  value: unknown,
  mode: Mode,
  then?: (block: EncodedBlock) => void,
  to?: MoveDestination,
): EncodedBlock {
  const length = encode(value, mode)
  let at = 0
  try {
    at = allocate(length)
    u8.copyWithin(at, scratchAddress(), scratchAddress() + length)
    then?.({ at, length })
  } catch (error) {
    if (at !== 0) free(at)
    abandonMessage()
    throw error
  }
  commitMessage(to)
  return { at, length }
}

/** Decodes an allocation and frees it. */
export function decodeAndFree(at: number, length: number): unknown {
  try {
    return decode(at, length)
  } finally {
    free(at)
  }
}

/** Frees an allocation that no thread will read, and drops the handles in it. */
export function discardBlock(at: number, length: number): void {
  discardEncodedMessage(at, length)
  free(at)
}

/** Throws `NotSendError` if only one reader could have the data in this thread's scratch block. */
export function refuseUnshareable({ length }: EncodedBlock): void {
  if (isRepeatable(scratchAddress(), length)) return
  throw new NotSendError(
    'A Sender, a Receiver or another handle whose drop other threads wait for cannot be part of data that several ' +
      'threads read. Put it in a Mutex.',
  )
}
