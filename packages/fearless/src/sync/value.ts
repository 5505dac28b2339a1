/**
 * The value of a lock: a number in the lock itself, or an encoded block.
 *
 * - The holder of the lock owns these words. Their offsets are the same in all locks (core/mutex.ts).
 * - The version counts the blocks that were written. A reader compares it to see whether its decoded value is
 *   current.
 * - A holder that dies during a write leaves either the previous value or the new one.
 */
import { RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { get, getFloat, set } from '../core/memory.ts'
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
import { blockBytes, release } from '../memory/heap.ts'
import type { Measured } from '../memory/handles/handle.ts'
import { toBlock, type Block } from '../memory/codec/message.ts'
import { StructView, viewStruct, type Replace } from '../memory/struct/struct-view.ts'
import { layoutAt } from '../memory/struct/structs.ts'

/**
 * Decodes the value. The caller must hold the lock exclusively: it owns the handles in the value until it writes the
 * value back.
 */
export function readValue(lock: number): unknown {
  if (isNumber(lock)) return getFloat(lock + MUTEX_NUMBER)
  const { at, length } = blockOf(lock)
  if (!hasHandles(at)) return decode(at, length)
  core.mutexTakeBytes(lock)
  try {
    return decode(at, length)
  } finally {
    set(lock + MUTEX_OLD, 0)
    release(at)
  }
}

/** Returns the value for a guard: a struct is lent in place, any other value is decoded. */
export function lendValue(lock: number): unknown {
  return lendStruct(lock, replaceStruct) ?? readValue(lock)
}

/** Lends the struct in place; `undefined` if the value is no struct. With `replace`, the struct can also be written. */
export function lendStruct(lock: number, replace?: Replace): StructView | undefined {
  const at = isNumber(lock) ? 0 : get(lock + MUTEX_BLOCK)
  const layout = at === 0 ? undefined : layoutAt(at)
  return layout === undefined ? undefined : viewStruct(at, layout, lock + MUTEX_VERSION, replace)
}

function replaceStruct(version: number, struct: object): number {
  const lock = version - MUTEX_VERSION
  writeValue(lock, struct)
  return blockOf(lock).at
}

export function isNumber(lock: number): boolean {
  return get(lock + MUTEX_VALUE) === VALUE_NUMBER
}

export function blockOf(lock: number): { at: number; length: number } {
  const at = get(lock + MUTEX_BLOCK)
  if (at === 0)
    throw new DroppedError(
      'The value was lost: a thread died while taking it out of this lock. Assign a new value to `guard.value`.',
    )
  return { at, length: get(lock + MUTEX_LENGTH) }
}

/**
 * Writes the value. A value that cannot be sent is refused, and nothing has changed then. The caller must hold the
 * lock exclusively. `check` runs after the encoding and before the move, and may throw. Without a destination the
 * objects in `value` stay usable: the guard decoded them, or returns them to its caller.
 */
export function writeValue(lock: number, value: unknown, check?: (block: Block) => void, to?: Destination): void {
  // A struct that this lock lent is already in the lock.
  if (value instanceof StructView && StructView.isLentBy(value, lock + MUTEX_VERSION)) return StructView.end(value)
  if (typeof value === 'number') {
    dropValue(lock)
    core.mutexSetNumber(lock, value)
    return
  }
  // A holder that dies during this call leaves the previous value or the new one, never none.
  const set = (block: Block): void => {
    check?.(block)
    core.mutexSetBytes(self, lock, block.at, block.length)
  }
  toBlock(value, 'move', set, to)
  dropOld(lock)
}

/** Frees the value's block and drops its content. */
export function dropValue(lock: number): void {
  if (isNumber(lock)) return
  // A holder that died during this drop has already taken the block out of the lock.
  dropOld(lock)
  core.mutexTakeBytes(lock)
  dropOld(lock)
}

/**
 * Whether no other thread can observe the drop of the value. The caller must hold the lock exclusively, or own its
 * only handle.
 */
export function valueEndsUnseen(lock: number): boolean {
  if (isNumber(lock)) return true
  const at = get(lock + MUTEX_BLOCK)
  return get(lock + MUTEX_OLD) === 0 && (at === 0 || messageEndsUnseen(at, get(lock + MUTEX_LENGTH)))
}

/** Measures a lock and its value for the heap report. The holder may replace the value in the meantime. */
export function measureLock(lock: number): Measured {
  return {
    bytes: blockBytes(lock) + (isNumber(lock) ? 0 : blockBytes(get(lock + MUTEX_BLOCK))),
    site: siteIn(lock),
  }
}

function siteIn(lock: number): number {
  if (core.isOfClass(RW_LOCKS, lock) !== 0) return get(lock + RW_SITE)
  return get(lock + LOCK_KIND) === LOCK_REENTRANT ? 0 : get(lock + LOCK_SITE)
}

/** Drops the previous value if its holder died before it could. */
export function dropOld(lock: number): void {
  if (isNumber(lock)) return
  const at = get(lock + MUTEX_OLD)
  if (at === 0) return
  discard(at, get(lock + MUTEX_OLD_LENGTH))
  set(lock + MUTEX_OLD, 0)
  release(at)
}
