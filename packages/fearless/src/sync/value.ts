/**
 * The value behind a lock: a number in place, anything else as an encoded block. Whoever holds the lock owns its words,
 * whose offsets are the same in all locks (core/mutex.ts).
 *
 * The version counts the blocks that were written, so a reader knows whether what it has read is still the value.
 */
import { RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { LOCK_REENTRANT } from '../core/reentrant-mutex.ts'
import { RW_SITE } from '../core/rw-lock.ts'
import {
  LOCK_KIND,
  LOCK_SITE,
  MUTEX_BLOCK,
  MUTEX_LENGTH,
  MUTEX_NUMBER,
  MUTEX_OLD,
  MUTEX_OLD_LENGTH,
  MUTEX_VALUE,
  MUTEX_VERSION,
  VALUE_NUMBER,
} from '../core/mutex.ts'
import { DroppedError } from '../errors.ts'
import { decode, discard, hasHandles, messageEndsUnseen, type Destination } from '../memory/codec/codec.ts'
import { blockBytes, f64, i32, release } from '../memory/heap.ts'
import type { Measured } from '../memory/handles/handle.ts'
import { toBlock, type Block } from '../memory/codec/message.ts'
import { StructView, viewStruct, type Replace } from '../memory/struct/struct-view.ts'
import { layoutAt } from '../memory/struct/structs.ts'

/** Reads the value. The caller holds the lock alone: handles in the value are its own until it writes the value back. */
export function readValue(lock: number): unknown {
  if (isNumber(lock)) return f64[(lock + MUTEX_NUMBER) >> 3]
  const { at, length } = blockOf(lock)
  if (!hasHandles(at)) return decode(at, length)
  core.mutexTakeBytes(lock)
  try {
    return decode(at, length)
  } finally {
    i32[(lock + MUTEX_OLD) >> 2] = 0
    release(at)
  }
}

/** The value for the time of a guard: a struct where it is, of anything else what was read. */
export function lendValue(lock: number): unknown {
  return lendStruct(lock, replaceStruct) ?? readValue(lock)
}

/** The struct that is this lock's value, where it is: to be read, or, if it can be replaced, to be written too. */
export function lendStruct(lock: number, replace?: Replace): StructView | undefined {
  const at = isNumber(lock) ? 0 : i32[(lock + MUTEX_BLOCK) >> 2]
  const layout = at === 0 ? undefined : layoutAt(at)
  return layout === undefined ? undefined : viewStruct(at, layout, lock + MUTEX_VERSION, replace)
}

function replaceStruct(version: number, struct: object): number {
  const lock = version - MUTEX_VERSION
  writeValue(lock, struct)
  return blockOf(lock).at
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
 * `check` runs when the value is encoded and not yet moved, and may throw. Without a destination the objects in `value`
 * stay usable: its guard has read them, or gives them back.
 */
export function writeValue(lock: number, value: unknown, check?: (block: Block) => void, to?: Destination): void {
  // A struct that was lent is where it belongs.
  if (value instanceof StructView && StructView.isLentBy(value, lock + MUTEX_VERSION)) return StructView.end(value)
  if (typeof value === 'number') {
    dropValue(lock)
    core.mutexSetNumber(lock, value)
    return
  }
  // A holder that dies on the way leaves the value before or this one, never none.
  const set = (block: Block): void => {
    check?.(block)
    core.mutexSetBytes(self, lock, block.at, block.length)
  }
  toBlock(value, 'move', set, to)
  dropOld(lock)
}

/** Frees the value's block and what lies in it. */
export function dropValue(lock: number): void {
  if (isNumber(lock)) return
  // Whoever died over this has taken it out already.
  dropOld(lock)
  core.mutexTakeBytes(lock)
  dropOld(lock)
}

/** Whether no thread observes the end of the value. The caller holds the lock alone, or has its only handle. */
export function valueEndsUnseen(lock: number): boolean {
  if (isNumber(lock)) return true
  const at = i32[(lock + MUTEX_BLOCK) >> 2]
  return i32[(lock + MUTEX_OLD) >> 2] === 0 && (at === 0 || messageEndsUnseen(at, i32[(lock + MUTEX_LENGTH) >> 2]))
}

/** What the heap holds for a lock and its value, which its holder may replace meanwhile. */
export function measureLock(lock: number): Measured {
  return {
    bytes: blockBytes(lock) + (isNumber(lock) ? 0 : blockBytes(i32[(lock + MUTEX_BLOCK) >> 2])),
    site: siteIn(lock),
  }
}

function siteIn(lock: number): number {
  if (core.isOfClass(RW_LOCKS, lock) !== 0) return i32[(lock + RW_SITE) >> 2]
  return i32[(lock + LOCK_KIND) >> 2] === LOCK_REENTRANT ? 0 : i32[(lock + LOCK_SITE) >> 2]
}

/** Drops the value before the last one, if its holder has not: it may have died over that. */
export function dropOld(lock: number): void {
  if (isNumber(lock)) return
  const at = i32[(lock + MUTEX_OLD) >> 2]
  if (at === 0) return
  discard(at, i32[(lock + MUTEX_OLD_LENGTH) >> 2])
  i32[(lock + MUTEX_OLD) >> 2] = 0
  release(at)
}
