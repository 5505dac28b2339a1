/**
 * Moved data: objects that a message took along. The receiver has others in their place, so a use of these would be of
 * data that nobody shares, and a change of them would be lost.
 *
 * Every object of a moved graph loses what it holds and gets a tombstone for a prototype: a Proxy whose traps throw
 * `MovedError`. An own accessor that throws stops what asks for own properties only: a spread, `Object.entries`,
 * `structuredClone`. So all names of the object are of no use, not only the one that was sent.
 *
 * JavaScript keeps some questions from us: `Array.isArray`, `length` of an array, `Object.keys`, an index of a typed array.
 * None of them gives data. An object that was frozen, sealed or made not
 * extensible by the program keeps its prototype: it is frozen, so it reads as it was sent, and cannot be changed.
 *
 * The cost is that of the walls which production turns off: moved.bench.ts.
 */
import { MovedError } from '../../errors.ts'
import type { Destination } from './write.ts'

const { isArray } = Array
const { defineProperty, freeze, getPrototypeOf, isExtensible, setPrototypeOf } = Object

/** The own accessor of what was moved. */
const MARK = 'moved'

/** What the users of a moved object read, by its prototype. */
const texts = new WeakMap<object, string>()

/** The text of a tombstone; `undefined` for any other prototype. */
export function textOfTombstone(prototype: object): string | undefined {
  return texts.get(prototype)
}

/** A destination: `where` follows "This value was moved". */
export function destination(where: string): Destination {
  const text = `This value was moved ${where}. Pass \`clone(value)\` there, and this one stays usable.`
  const refuse = (): never => {
    const error = new MovedError(text)
    // The line of the use comes first, and not this one.
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
        // In this order: the other way round each object gets a hidden class of its own, 5x (moved.bench.ts).
        const before = getPrototypeOf(object) as object | null
        setPrototypeOf(object, tombstone)
        if (!empty(object, remains)) setPrototypeOf(object, before)
        else if (!ArrayBuffer.isView(object)) defineProperty(object, MARK, mark)
        // `batch.length = 0` asks no prototype.
        if (isArray(object)) freeze(object)
      } catch {
        // A proxy of the program refuses, or a property is not configurable.
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
    // What a proxy of the program refuses stays usable.
  }
}

export function removeProperties(object: object): true {
  const keys = Reflect.ownKeys(object)
  for (let i = 0; i < keys.length; i++) delete (object as Record<PropertyKey, unknown>)[keys[i]]
  return true
}

/** The length stays, so a loop over the elements meets the first hole, and throws. */
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
