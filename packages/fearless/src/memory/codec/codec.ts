/**
 * How a JavaScript value crosses threads: `encode` writes it into this thread's scratch block, the caller copies the
 * bytes to where the other side finds them, and `decode` makes a fresh value of them there.
 *
 *     const length = encode(value, 'move')
 *     if (handOver(scratchAddress(), length)) commit(INTO_CHANNEL)
 *     else abandon()
 *
 * Ownership is all or nothing. Until `commit` the sender owns everything, and an `encode` that throws has changed
 * nothing. After it the bytes own the handles in them, and exactly one `decode` or `discard` takes these over. Where the
 * bytes may yet come back untaken, `lend` stands in the place of `commit`. Both say where the objects go that are moved
 * (moved.ts); without it those stay as they are.
 * Values are those of the structured clone algorithm, except that what it would turn into empty data is refused.
 */
import * as is from './format.ts'
import { i32 } from '../heap.ts'
import './builtin.ts'
import './buffer.ts'
import './cross-realm.ts'
import { dropHandles, hasHandles, ownHandles, readHandles } from './handle.ts'
import { decode as read } from './read.ts'

export type { Mode } from './format.ts'
export { abandon, commit, encode, lend, scratchAddress, type Destination, type Loan } from './write.ts'
export { hasHandles, mayPeek, messageEndsUnseen, registerClass, registerHandleKind } from './handle.ts'
export type { ClassKind, HandleKind } from './handle.ts'
export { refuseClass } from './refuse.ts'
export { canSend, reportable } from './report.ts'

/** Makes a fresh value of a message, and takes over the handles in it. If it fails, `onFailure` is called before these are dropped. */
export function decode(address: number, length: number, onFailure?: (error: unknown) => void): unknown {
  return (i32[address >> 2] & is.HANDLES) === 0 ? read(address) : decodeOwning(address, length, onFailure)
}

/** Makes a fresh value of a message that stays as it is: of each handle in it the reader gets another one. */
export function peek(address: number): unknown {
  return hasHandles(address) ? readHandles(true, () => read(address)) : read(address)
}

/** When reading fails, the handles that were not reached are dropped; those that were have owners. */
function decodeOwning(address: number, length: number, onFailure: ((error: unknown) => void) | undefined): unknown {
  let reached = 0
  try {
    return readHandles(false, () => read(address, unit => (reached = unit)))
  } catch (error) {
    onFailure?.(error)
    dropHandles(address, length, reached)
    throw error
  }
}

/**
 * Takes over what lies in a message that nobody will read, before it is out of this thread's hands: `discard` then ends it.
 * If the thread dies on the way, its reaper finds each handle with the message or with the thread, and not with both.
 */
export function own(address: number, length: number): void {
  if (hasHandles(address)) ownHandles(address, length)
}

/** Ends a message that nobody will read. */
export function discard(address: number, length: number): void {
  if (hasHandles(address)) dropHandles(address, length, 0)
}
