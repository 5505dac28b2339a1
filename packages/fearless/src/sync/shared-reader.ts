/**
 * The value of an Arc, a OnceLock or a RwLock, as one handle reads it: decoded in place once, and frozen.
 *
 * - A value is decoded again when the lock has written another version.
 * - A value with handles is decoded again in each thread, because these handles belong to the thread that decoded it.
 *   A static is a handle of the worker, and so outlives the threads that read its value.
 */
import { decodeInPlace, hasHandles } from '../memory/codec/codec.ts'
import { deepFreeze } from '../memory/codec/freeze.ts'
import { currentEpoch } from '../memory/handles/handle.ts'

export interface SharedReader {
  /** The address of the block that is decoded; 0 if none is. */
  block: number
  version: number
  /** The thread that owns the handles in the value; -1 if the value has none. */
  epoch: number
  value: unknown
}

export const newSharedReader = (): SharedReader => ({ block: 0, version: 0, epoch: -1, value: undefined })

/** Returns the value in `block`. An error at a write to it names `repair`. */
export function readShared(reader: SharedReader, block: number, version: number, repair: string): unknown {
  const { epoch } = reader
  const isCurrent = block === reader.block && version === reader.version && (epoch === -1 || epoch === currentEpoch())
  if (!isCurrent) {
    reader.value = deepFreeze(decodeInPlace(block), repair)
    reader.block = block
    reader.version = version
    reader.epoch = hasHandles(block) ? currentEpoch() : -1
  }
  return reader.value
}
