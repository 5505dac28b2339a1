/**
 * The value behind a lock: a number in place, anything else as an encoded block. Whoever holds the lock owns its words,
 * whose offsets are the same in all locks (core/mutex.ts).
 *
 * The version counts the blocks that were written, so a reader knows whether what it has read is still the value.
 */
import { core } from '../core/index.ts'
import {
  MUTEX_BLOCK,
  MUTEX_LENGTH,
  MUTEX_NUMBER,
  MUTEX_VALUE,
  MUTEX_VERSION,
  VALUE_BYTES,
  VALUE_NUMBER,
} from '../core/mutex.ts'
import { DroppedError } from '../errors.ts'
import { decode, hasHandles } from '../memory/codec.ts'
import { f64, i32 } from '../memory/heap.ts'
import { discardBlock, fromBlock, toBlock, type Block } from '../memory/message.ts'

/** Reads the value. The caller holds the lock alone: handles in the value are its own until it writes the value back. */
export function readValue(lock: number): unknown {
  if (isNumber(lock)) return f64[(lock + MUTEX_NUMBER) >> 3]
  const { at, length } = blockOf(lock)
  if (!hasHandles(at)) return decode(at, length)
  i32[(lock + MUTEX_BLOCK) >> 2] = 0
  i32[(lock + MUTEX_VERSION) >> 2]++
  return fromBlock(at, length)
}

export function isNumber(lock: number): boolean {
  return i32[(lock + MUTEX_VALUE) >> 2] === VALUE_NUMBER
}

export function blockOf(lock: number): { at: number; length: number } {
  const at = i32[(lock + MUTEX_BLOCK) >> 2]
  if (at === 0) throw new DroppedError('The value of this lock went down with a thread that held it. Assign a new one.')
  return { at, length: i32[(lock + MUTEX_LENGTH) >> 2] }
}

/**
 * Writes the value; what cannot cross is refused, and nothing has changed then. The caller holds the lock alone.
 * `check` runs when the value is encoded and not yet moved, and may throw.
 */
export function writeValue(lock: number, value: unknown, check?: (block: Block) => void): void {
  if (typeof value === 'number') {
    dropValue(lock)
    core.mutexSetNumber(lock, value)
    return
  }
  const { at, length } = toBlock(value, 'move', check)
  const before = i32[(lock + MUTEX_BLOCK) >> 2]
  const lengthBefore = i32[(lock + MUTEX_LENGTH) >> 2]
  i32[(lock + MUTEX_VERSION) >> 2]++
  // ORDER: a holder that dies on the way leaves the value before or this one, never none.
  i32[(lock + MUTEX_LENGTH) >> 2] = length
  i32[(lock + MUTEX_BLOCK) >> 2] = at
  i32[(lock + MUTEX_VALUE) >> 2] = VALUE_BYTES
  if (before !== 0) discardBlock(before, lengthBefore)
}

/** Frees the value's block and what lies in it. */
export function dropValue(lock: number): void {
  const at = i32[(lock + MUTEX_BLOCK) >> 2]
  if (at === 0) return
  i32[(lock + MUTEX_BLOCK) >> 2] = 0
  discardBlock(at, i32[(lock + MUTEX_LENGTH) >> 2])
}
