/**
 * The codec: serializes a JavaScript value for another thread.
 *
 * `encode` writes the value into this thread's scratch block. The caller copies the bytes to the receiver, and `decode`
 * makes a new value of them there.
 *
 *     const length = encode(value, 'move')
 *     if (sent(scratchAddress(), length)) commitMessage(INTO_CHANNEL)
 *     else abandon()
 *
 * - Until `commitMessage` the sender owns everything. An `encode` that throws has changed nothing.
 * - After `commitMessage` the bytes own the handles in them. Exactly one `decode` or `discardEncodedMessage` takes
 *   these over.
 * - `lendMessage` replaces `commitMessage` where the bytes may come back unread.
 * - `commitMessage` and `lendMessage` get the destination of the moved objects (moved.ts). Without one the objects stay
 *   usable.
 * - The values are those of the structured clone algorithm, but values that it would turn into empty data are refused.
 */
import * as is from './format.ts'
import { i32 } from '../heap.ts'
import './builtin.ts'
import './buffer.ts'
import './cross-realm.ts'
import './unsafe-shared.ts'
import { dropMessageHandles, hasHandles, adoptMessageHandles, readHandles } from './handle-codec.ts'
import { decode as read } from './read.ts'

export type { Mode } from './format.ts'
export { abandonMessage, commitMessage, encode, lendMessage, scratchAddress, type LentMessage } from './write.ts'
export type { MoveDestination } from './moved.ts'
export { hasHandles, isRepeatable, dropsUnobserved, registerClass, registerHandleCodec } from './handle-codec.ts'
export { refuseClass } from './refuse.ts'
export { canSend, reportable } from './report.ts'

/** Makes a new value of a message and takes over its handles. On failure calls `onFailure` before these are dropped. */
export function decode(address: number, length: number, onFailure?: (error: unknown) => void): unknown {
  return (i32[address >> 2] & is.HANDLES) === 0 ? read(address) : decodeOwning(address, length, onFailure)
}

/** Makes a new value of a message that stays in place. The reader gets another handle for each handle in it. */
export function decodeInPlace(address: number): unknown {
  return hasHandles(address) ? readHandles(true, () => read(address)) : read(address)
}

/** On failure drops the handles that were not read yet. The others have owners already. */
function decodeOwning(address: number, length: number, onFailure: ((error: unknown) => void) | undefined): unknown {
  let reached = 0
  try {
    return readHandles(false, () => read(address, unit => (reached = unit)))
  } catch (error) {
    onFailure?.(error)
    dropMessageHandles(address, length, reached)
    throw error
  }
}

/**
 * Takes over the handles of a message that no thread will read, while this thread still owns the message.
 * `discardEncodedMessage` then drops them. If the thread dies in between, its reaper finds each handle either in the
 * message or in the thread.
 */
export function adoptHandles(address: number, length: number): void {
  if (hasHandles(address)) adoptMessageHandles(address, length)
}

/** Drops the handles of a message that no thread will read. */
export function discardEncodedMessage(address: number, length: number): void {
  if (hasHandles(address)) dropMessageHandles(address, length, 0)
}
