/**
 * Freezes data that several threads read, or that a lock no longer protects, because a change of it would be lost.
 *
 * - `Object.freeze` makes objects and arrays read-only.
 * - A Map, a Set and a Date keep their data in internal slots, so they get own writers that throw.
 * - The bytes of a buffer cannot be frozen. Types refuse to write them through a read-only holder.
 */
import { ReadonlyError } from '../../errors.ts'
import { Handle } from '../handles/handle.ts'
import { textOfTombstone } from './moved.ts'

/** Writers of built-in objects that keep their data in internal slots. */
const WRITERS: readonly (readonly [object, readonly string[]])[] = [
  [Map.prototype, ['set', 'delete', 'clear']],
  [Set.prototype, ['add', 'delete', 'clear']],
  [Date.prototype, Object.getOwnPropertyNames(Date.prototype).filter(name => name.startsWith('set'))],
  [RegExp.prototype, ['compile']],
]

/** The properties that replace the writers, by reason and prototype. */
const refusals = new Map<string, ReadonlyMap<object, PropertyDescriptorMap>>()

/**
 * Freezes `value` and its parts except handles, and returns it. `reason` follows "This Map is read-only:" in the error
 * of a writer: the cause, and an imperative that names the repair.
 */
export function deepFreeze<T>(value: T, reason: string): T {
  const writers = refusals.get(reason) ?? refusalsFor(reason)
  // An explicit stack instead of recursion, because data may be deeper than the call stack.
  const left: object[] = []
  push(left, value)
  /** Frozen objects that were visited. Objects that the program froze may hold parts that are not frozen. */
  const met = new Set<object>()
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const prototype = Object.getPrototypeOf(next) as object | null
    const plain = prototype === Object.prototype || prototype === Array.prototype || prototype === null
    // A moved object throws for every further access.
    if (!plain && (textOfTombstone(prototype) !== undefined || ArrayBuffer.isView(next) || next instanceof Handle))
      continue
    if (Object.isFrozen(next)) {
      if (met.has(next)) continue
      met.add(next)
    } else {
      const refused = plain ? undefined : refusedWriters(next, writers)
      if (refused !== undefined && Object.isExtensible(next)) Object.defineProperties(next, refused)
      Object.freeze(next)
    }
    pushParts(left, next)
  }
  return value
}

function push(left: object[], value: unknown): void {
  if (typeof value === 'object' && value !== null) left.push(value)
}

/** Adds the parts of an object. Accessors are not called, because they are code of a class and hold no data. */
function pushParts(left: object[], object: object): void {
  if (Array.isArray(object)) {
    // Reading the values of a long array is 3x faster than reading its keys, which become strings.
    for (const value of Object.values(object)) push(left, value)
    return
  }
  if (object instanceof Map) {
    for (const [key, value] of Map.prototype.entries.call(object)) {
      push(left, key)
      push(left, value)
    }
  } else if (object instanceof Set) for (const value of Set.prototype.values.call(object)) push(left, value)
  for (const key of Reflect.ownKeys(object)) {
    const { value } = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor
    if (typeof value === 'object' && value !== null) left.push(value as object)
  }
}

function refusedWriters(
  object: object,
  writers: ReadonlyMap<object, PropertyDescriptorMap>,
): PropertyDescriptorMap | undefined {
  for (const [prototype, refused] of writers) if (prototype.isPrototypeOf(object)) return refused
  return undefined
}

function refusalsFor(reason: string): ReadonlyMap<object, PropertyDescriptorMap> {
  const made = new Map(
    WRITERS.map(([prototype, names]) => {
      const refuse = (): never => {
        throw new ReadonlyError(`This ${prototype.constructor.name} is read-only: ${reason}`)
      }
      return [prototype, Object.fromEntries(names.map(name => [name, { value: refuse }]))] as const
    }),
  )
  refusals.set(reason, made)
  return made
}
