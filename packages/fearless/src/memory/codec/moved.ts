/**
 * Tombstones: they make the objects of a moved graph unusable in the sender.
 *
 * The receiver has objects of its own, so a use of the sender's would read stale data, and a change would be lost.
 *
 * - Every object of a moved graph loses its contents and gets a tombstone as its prototype: a Proxy whose traps throw
 *   `MovedError`. So every reference to the object is unusable, not only the one that was sent.
 * - An own accessor that throws covers operations that read own properties only: a spread, `Object.entries`,
 *   `structuredClone`.
 * - JavaScript does not let us intercept `Array.isArray`, the `length` of an array, `Object.keys` and the index of a
 *   typed array. None of them returns data.
 * - An object that the program froze, sealed or made non-extensible keeps its prototype. It is frozen, so it still
 *   reads as it was sent, and cannot change.
 *
 * Production turns these walls off because of their cost (moved.bench.ts).
 */
import { MovedError } from '../../errors.ts'

const { isArray } = Array
const { defineProperty, freeze, getPrototypeOf, isExtensible, setPrototypeOf } = Object

/** The key of the own accessor of a moved object. */
const MARK = 'moved'

/** The kind of object that data is moved into. */
export interface MoveDestination {
  /** Makes a moved object unusable here. Never throws. */
  bury(object: object, empty: (object: object, remains: object) => boolean): void
}

/** The messages for uses of moved objects, by tombstone. */
const texts = new WeakMap<object, string>()

/** Returns the message of a tombstone, or undefined for any other prototype. */
export function textOfTombstone(prototype: object): string | undefined {
  return texts.get(prototype)
}

/** Makes a destination. `where` follows "This value was moved" in the message. */
export function destination(where: string): MoveDestination {
  const text = `This value was moved ${where}. Pass \`clone(value)\` there to keep this value usable.`
  const refuse = (): never => {
    const error = new MovedError(text)
    // The stack must begin at the line of the use, not at this one.
    Error.captureStackTrace?.(error, refuse)
    throw error
  }
  const tombstone = new Proxy(Object.create(null) as object, {
    get: refuse,
    set: refuse,
    has: refuse,
    ownKeys: refuse,
    getOwnPropertyDescriptor: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    getPrototypeOf: refuse,
    setPrototypeOf: refuse,
    isExtensible: refuse,
    preventExtensions: refuse,
  })
  texts.set(tombstone, text)
  const mark: PropertyDescriptor = { get: refuse, set: refuse, enumerable: true }
  const remains = freeze(defineProperty(Object.create(tombstone) as object, MARK, mark))
  return {
    bury(object, empty) {
      try {
        if (!isExtensible(object)) return void freeze(object)
        // In this order, because each object would otherwise get a hidden class of its own: 5x (moved.bench.ts).
        const before = getPrototypeOf(object) as object | null
        setPrototypeOf(object, tombstone)
        if (!empty(object, remains)) setPrototypeOf(object, before)
        else if (!ArrayBuffer.isView(object)) defineProperty(object, MARK, mark)
        // Freezing is needed because `batch.length = 0` does not access the prototype.
        if (isArray(object)) freeze(object)
      } catch {
        // A trap of the program's proxy threw, or a property is not configurable.
        hideAndFreeze(object, tombstone)
      }
    },
  }
}

function hideAndFreeze(object: object, tombstone: object): void {
  try {
    setPrototypeOf(object, tombstone)
    freeze(object)
  } catch {
    // A proxy of the program that refuses this stays usable.
  }
}

export function removeProperties(object: object): true {
  const keys = Reflect.ownKeys(object)
  for (let i = 0; i < keys.length; i++) delete (object as Record<PropertyKey, unknown>)[keys[i]]
  return true
}

/** Removes the elements of an array. The length stays, so a loop over the elements meets the first hole and throws. */
export function removeElements(array: unknown[]): true {
  const { length } = array
  array.length = 0
  array.length = length
  return true
}

export const INTO_THREAD = destination('into a thread')
export const INTO_CHANNEL = destination('into a channel')
export const INTO_ONESHOT = destination('into a oneshot channel')
export const INTO_QUEUE = destination('into a queue')
export const INTO_LOCK = destination('into a lock')
export const INTO_GUARD = destination('into a lock by `guard.value =`')
export const INTO_ARC = destination('into an Arc')
export const INTO_ONCE_LOCK = destination('into a OnceLock')
export const INTO_LAZY_LOCK = destination('into a LazyLock')
export const INTO_MAP = destination('into a ConcurrentMap')
