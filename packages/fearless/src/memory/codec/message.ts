/** Values encoded into an allocation of their own, as spawns, results and locks store them. */
import { NotSendError } from '../../errors.ts'
import {
  commit,
  decode,
  discard,
  encode,
  mayPeek,
  scratchAddress,
  abandon,
  type Destination,
  type Mode,
} from './codec.ts'
import { allocate, release, u8 } from '../heap.ts'

export interface Block {
  readonly at: number
  readonly length: number
}

/**
 * Encodes a value into an allocation of its own. `then` runs before anything is moved; if it throws, nothing has
 * changed. If `then` stores the address where a reaper finds it, no handle is lost when the thread dies in between.
 * With a destination, the moved objects become unusable.
 */
export function toBlock(value: unknown, mode: Mode, then?: (block: Block) => void, to?: Destination): Block {
  const length = encode(value, mode)
  let at = 0
  try {
    at = allocate(length)
    u8.copyWithin(at, scratchAddress(), scratchAddress() + length)
    then?.({ at, length })
  } catch (error) {
    if (at !== 0) release(at)
    abandon()
    throw error
  }
  commit(to)
  return { at, length }
}

/** Decodes an allocation and frees it. */
export function fromBlock(at: number, length: number): unknown {
  try {
    return decode(at, length)
  } finally {
    release(at)
  }
}

/** Frees an allocation that no thread will read, and drops the handles in it. */
export function discardBlock(at: number, length: number): void {
  discard(at, length)
  release(at)
}

/** Throws `NotSendError` if only one reader could have the data in this thread's scratch block. */
export function refuseUnshareable({ length }: Block): void {
  if (mayPeek(scratchAddress(), length)) return
  throw new NotSendError(
    'a Sender, a Receiver or another handle whose drop is observable cannot be part of data that several threads ' +
      'read: put it in a Mutex',
  )
}
