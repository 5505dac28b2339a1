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
  MUTEX_PREVIOUS_BLOCK,
  MUTEX_PREVIOUS_LENGTH,
  MUTEX_VALUE,
  MUTEX_VERSION,
  VALUE_NUMBER,
} from '../core/mutex.ts'
import { DroppedError } from '../errors.ts'
import {
  decode,
  discardEncodedMessage,
  hasHandles,
  dropsUnobserved,
  type MoveDestination,
} from '../memory/codec/codec.ts'
import { allocationBytes, free } from '../memory/heap.ts'
import type { MemoryUsage } from '../memory/handles/handle.ts'
import { encodeToBlock, type EncodedBlock } from '../memory/codec/message.ts'
import { StructView, createStructView, type ReplaceStruct } from '../memory/struct/struct-view.ts'
import { layoutOfMessage } from '../memory/struct/structs.ts'

/**
 * Decodes the value. The caller must hold the lock exclusively: it owns the handles in the value until it writes the
 * value back.
 */
export function readLockValue(lock: number): unknown {
  if (holdsNumber(lock)) return getFloat(lock + MUTEX_NUMBER)
  const { at, length } = valueBlockOf(lock)
  if (!hasHandles(at)) return decode(at, length)
  core.mutexTakeBytes(lock)
  try {
    return decode(at, length)
  } finally {
    set(lock + MUTEX_PREVIOUS_BLOCK, 0)
    free(at)
  }
}

/** Returns the value for a guard: a struct is lent in place, any other value is decoded. */
export function lendLockValue(lock: number): unknown {
  return lendStruct(lock, replaceStruct) ?? readLockValue(lock)
}

/** Lends the struct in place; `undefined` if the value is no struct. With `replace`, the struct can also be written. */
export function lendStruct(lock: number, replace?: ReplaceStruct): StructView | undefined {
  const at = holdsNumber(lock) ? 0 : get(lock + MUTEX_BLOCK)
  const layout = at === 0 ? undefined : layoutOfMessage(at)
  return layout === undefined ? undefined : createStructView(at, layout, lock + MUTEX_VERSION, replace)
}

function replaceStruct(version: number, struct: object): number {
  const lock = version - MUTEX_VERSION
  writeLockValue(lock, struct)
  return valueBlockOf(lock).at
}

export function holdsNumber(lock: number): boolean {
  return get(lock + MUTEX_VALUE) === VALUE_NUMBER
}

function valueBlockOf(lock: number): { at: number; length: number } {
  return { at: valueAddressOf(lock), length: get(lock + MUTEX_LENGTH) }
}

/** Returns the address of the value's block. Throws `DroppedError` if the value was lost. */
export function valueAddressOf(lock: number): number {
  const at = get(lock + MUTEX_BLOCK)
  if (at === 0)
    throw new DroppedError(
      'The value was lost: a thread died while taking it out of this lock. Assign a new value to `guard.value`.',
    )
  return at
}

/**
 * Writes the value. A value that cannot be sent is refused, and nothing has changed then. The caller must hold the
 * lock exclusively. `check` runs after the encoding and before the move, and may throw. Without a destination the
 * objects in `value` stay usable: the guard decoded them, or returns them to its caller.
 */
export function writeLockValue(
  lock: number,
  value: unknown,
  check?: (block: EncodedBlock) => void,
  to?: MoveDestination,
): void {
  // A struct that this lock lent is already in the lock.
  if (value instanceof StructView && StructView.isLentBy(value, lock + MUTEX_VERSION)) return StructView.end(value)
  if (typeof value === 'number') {
    dropLockValue(lock)
    core.mutexSetNumber(lock, value)
    return
  }
  // A holder that dies during this call leaves the previous value or the new one, never none.
  const set = (block: EncodedBlock): void => {
    check?.(block)
    core.mutexSetBytes(self, lock, block.at, block.length)
  }
  encodeToBlock(value, 'move', set, to)
  dropPreviousValue(lock)
}

/** Frees the value's block and drops its content. */
export function dropLockValue(lock: number): void {
  if (holdsNumber(lock)) return
  // A holder that died during this drop has already taken the block out of the lock.
  dropPreviousValue(lock)
  core.mutexTakeBytes(lock)
  dropPreviousValue(lock)
}

/**
 * Whether no other thread can observe the drop of the value. The caller must hold the lock exclusively, or own its
 * only handle.
 */
export function isValueDropUnobservable(lock: number): boolean {
  if (holdsNumber(lock)) return true
  const at = get(lock + MUTEX_BLOCK)
  return get(lock + MUTEX_PREVIOUS_BLOCK) === 0 && (at === 0 || dropsUnobserved(at, get(lock + MUTEX_LENGTH)))
}

/** Measures a lock and its value for the heap report. The holder may replace the value in the meantime. */
export function measureLock(lock: number): MemoryUsage {
  return {
    bytes: allocationBytes(lock) + (holdsNumber(lock) ? 0 : allocationBytes(get(lock + MUTEX_BLOCK))),
    site: siteIn(lock),
  }
}

function siteIn(lock: number): number {
  if (core.isOfClass(RW_LOCKS, lock) !== 0) return get(lock + RW_SITE)
  return get(lock + LOCK_KIND) === LOCK_REENTRANT ? 0 : get(lock + LOCK_SITE)
}

/** Drops the previous value if its holder died before it could. */
export function dropPreviousValue(lock: number): void {
  if (holdsNumber(lock)) return
  const at = get(lock + MUTEX_PREVIOUS_BLOCK)
  if (at === 0) return
  discardEncodedMessage(at, get(lock + MUTEX_PREVIOUS_LENGTH))
  set(lock + MUTEX_PREVIOUS_BLOCK, 0)
  free(at)
}
