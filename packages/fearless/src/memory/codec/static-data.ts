/**
 * Statics that are plain data: a module's constant that closures capture. Each thread gets a copy of its own, so from its first
 * capture the data is read only, in main and in the copies: a change would be lost.
 *
 * The compiler writes `__clone$` around such a capture and has the closure's module freeze what arrives (`__frozen$`). A static
 * that holds what one thread at a time has is moved instead, as are buffers, which nothing makes read only.
 */
import { clone } from './clone.ts'
import { freeze } from './refuse-unshareable.ts'
import { Handle, hasOneOwner } from '../handles/handle.ts'
import { textOfTombstone } from './moved.ts'

const REASON =
  'closures have captured this constant of a module, and each thread has a copy. ' +
  'Pass `clone(value)` as an argument to a thread that changes its own, or share the data in a Mutex.'

/** The statics that were captured before, and may be copied. */
const frozen = new WeakSet<object>()

/** What crosses in the place of a static: a copy, or the value itself if only one thread can have it. */
export function copyStatic(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Handle) return value
  if (!frozen.has(value)) {
    if (!mayBeCopied(value)) return value
    freeze(value, REASON)
    frozen.add(value)
  }
  return clone(value)
}

/** Makes the statics that have arrived read only. */
export function freezeStatics(...values: readonly unknown[]): void {
  for (const value of values) {
    if (typeof value === 'object' && value !== null && !(value instanceof Handle) && mayBeCopied(value))
      freeze(value, REASON)
  }
}

/** Whether all threads may have what `value` holds, and none may change it. */
function mayBeCopied(value: object): boolean {
  const met = new Set<object>([value])
  for (const object of met) {
    const prototype = Object.getPrototypeOf(object) as object | null
    // What was moved refuses to be sent, in words of its own.
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
