/**
 * Statics that are plain data: module constants that closures capture.
 *
 * Each thread gets its own copy. From the first capture on, the data is read-only in the main thread and in the copies,
 * because a change would be lost. The compiler writes `__clone$` around such a capture, and `__frozen$` into the
 * closure's module to freeze the copy. A static is moved instead if it holds an object that only one thread may have,
 * or a buffer, which cannot be frozen.
 */
import { clone } from './clone.ts'
import { deepFreeze } from './freeze.ts'
import { Handle, hasOneOwner } from '../handles/handle.ts'
import { textOfTombstone } from './moved.ts'

const REASON =
  'closures have captured this module constant, and each thread has its own copy. ' +
  'Pass `clone(value)` as an argument to a thread that changes its copy, or share the data in a Mutex.'

/** The statics that were captured before and may be copied. */
const frozen = new WeakSet<object>()

/** Returns the value that crosses for a static: a copy, or the value itself if only one thread may have it. */
export function copyStatic(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Handle) return value
  if (!frozen.has(value)) {
    if (!mayBeCopied(value)) return value
    deepFreeze(value, REASON)
    frozen.add(value)
  }
  return clone(value)
}

/** Makes the received statics read-only. */
export function freezeStatics(...values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value === 'object' && value !== null && !(value instanceof Handle) && mayBeCopied(value))
      deepFreeze(value, REASON)
  }
}

/** Whether all threads may read the parts of `value`. */
function mayBeCopied(value: object): boolean {
  const met = new Set<object>([value])
  for (const object of met) {
    const prototype = Object.getPrototypeOf(object) as object | null
    // A moved object is refused later, with the text of its tombstone.
    if (prototype !== null && textOfTombstone(prototype) !== undefined) return false
    if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return false
    if (object instanceof Handle) {
      if (hasOneOwner(object)) return false
      continue
    }
    for (const part of partsOf(object)) if (typeof part === 'object' && part !== null) met.add(part)
  }
  return true
}

function partsOf(object: object): Iterable<unknown> {
  if (object instanceof Map) return [...Map.prototype.entries.call(object)].flat()
  if (object instanceof Set) return Set.prototype.values.call(object)
  return Object.values(object)
}
