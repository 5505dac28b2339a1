/** A value as a block of the heap: what spawns, results and locks hold. */
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
 * Writes a value into a block of its own. `then` runs before anything is moved and may throw: nothing has happened then.
 * Who keeps the block's address there loses no handle if its thread dies between. With a destination, the objects that
 * were moved are of no use here afterwards.
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

/** Reads a block's value and frees the block. */
export function fromBlock(at: number, length: number): unknown {
  try {
    return decode(at, length)
  } finally {
    release(at)
  }
}

/** Frees a block that nobody will read, and what travelled in it. */
export function discardBlock(at: number, length: number): void {
  discard(at, length)
  release(at)
}

/** Refuses data that only one reader could have, while it is still in this thread's scratch block. */
export function refuseUnshareable({ length }: Block): void {
  if (mayPeek(scratchAddress(), length)) return
  throw new NotSendError(
    'a Sender, a Receiver or another handle whose end is observable cannot lie inside of data that several threads ' +
      'read: put it in a Mutex',
  )
}
