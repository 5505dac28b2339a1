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

export class SharedReader {
  /** The address of the block that is decoded; 0 if none is. */
  #block = 0
  #version = 0
  /** The thread that owns the handles in the value; -1 if the value has none. */
  #epoch = -1
  #value: unknown

  /** Returns the value in `block`. An error at a write to it names `repair`. */
  read(block: number, version: number, repair: string): unknown {
    const isCurrent =
      block === this.#block && version === this.#version && (this.#epoch === -1 || this.#epoch === currentEpoch())
    if (!isCurrent) {
      this.#value = deepFreeze(decodeInPlace(block), repair)
      this.#block = block
      this.#version = version
      this.#epoch = hasHandles(block) ? currentEpoch() : -1
    }
    return this.#value
  }
}
