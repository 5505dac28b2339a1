/**
 * Snapshots of values that were lent to a closure: a change is found by comparison.
 *
 * A closure that borrows may only read, but JavaScript cannot lend an object for reading. A frozen copy does not
 * suffice: `Reflect.set` and sloppy code fail on it silently. Private fields, the bytes of a typed array and the
 * `lastIndex` of a RegExp cannot be frozen at all. So each thread keeps the contents of all values that it lends, and
 * compares them when the closure has returned. A part must be the same object as before, not an equal one, because the
 * comparison is shallow.
 *
 * - Each stretch of work that a thread does without waiting must leave its borrowed values unchanged. Then every item
 *   is processed with the same loans in any thread, and the result is the one of a loop over all items in one thread.
 * - A change that is undone within the stretch is harmless and no error: a buffer that a closure clears before it
 *   returns.
 * - Values that cannot cross a thread have no snapshot. Sharing them is refused, and one thread alone behaves as a
 *   loop.
 */
import { abandonMessage, decode, encode, hasHandles, scratchAddress } from './codec.ts'
import { kindOfPrototype } from './write.ts'
import { Handle } from '../handles/handle.ts'

/** The contents of values at one time. */
export interface Snapshot {
  /** Whether the values are unchanged. */
  holds(): boolean
}

/** Takes a snapshot of values and their parts. Returns undefined if they are immutable or cannot cross a thread. */
export function snapshotOf(values: readonly unknown[]): Snapshot | undefined {
  const snapshot = new Contents()
  return snapshot.take(values) && !snapshot.isEmpty ? snapshot : undefined
}

/** Several values with a snapshot each. */
export class LentValues {
  readonly #snapshots: readonly (Snapshot | undefined)[]

  private constructor(snapshots: readonly (Snapshot | undefined)[]) {
    this.#snapshots = snapshots
  }

  static of(values: readonly unknown[]): LentValues | undefined {
    const snapshots = values.map(value => snapshotOf([value]))
    return snapshots.every(snapshot => snapshot === undefined) ? undefined : new LentValues(snapshots)
  }

  /** Returns the index of the first changed value, or -1. */
  findChanged(): number {
    return this.#snapshots.findIndex(snapshot => snapshot !== undefined && !snapshot.holds())
  }
}

/** All reachable objects and the contents of each. */
class Contents implements Snapshot {
  readonly #objects: object[] = []
  readonly #contents: (readonly unknown[])[] = []
  readonly #others: Snapshot[] = []

  get isEmpty(): boolean {
    return this.#objects.length + this.#others.length === 0
  }

  /** Adds values and their parts. Returns false if one of them cannot cross a thread. */
  take(values: readonly unknown[]): boolean {
    // Objects that hold others, because only these can form a cycle. Other objects are compared twice if they occur
    // twice.
    const met = new Set<object>()
    // An explicit stack instead of recursion, because data may be deeper than the call stack.
    const left = values.filter(isObject)
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const contents = contentsOf(next)
      if (contents === undefined) {
        if (!this.#takeOther(next, left)) return false
        continue
      }
      const depth = left.length
      for (let i = 0; i < contents.length; i++) {
        const part = contents[i]
        if (typeof part === 'function') return false
        if (typeof part === 'object' && part !== null) left.push(part)
      }
      if (left.length > depth) {
        if (met.has(next)) {
          left.length = depth
          continue
        }
        met.add(next)
      }
      this.#objects.push(next)
      this.#contents.push(contents)
      const write = writers.get(Object.getPrototypeOf(next) as object)
      const written = write && snapshotOfInstance(next, write)
      if (written !== undefined) this.#others.push(written)
    }
    return true
  }

  #takeOther(object: object, left: object[]): boolean {
    if (ArrayBuffer.isView(object)) {
      const buffer = this.#takeBytes(object)
      if (buffer !== undefined) left.push(buffer)
    } else if (object instanceof ArrayBuffer) this.#others.push(new Bytes(new Uint8Array(object)))
    else return object instanceof Handle
    return true
  }

  /** Returns the buffer of a view if a closure can reach all of it, else adds the bytes of the view alone. */
  #takeBytes(view: ArrayBufferView): ArrayBufferLike | undefined {
    // A Node Buffer may lie in a pool that other code shares.
    if (NodeBuffer === undefined || !(view instanceof NodeBuffer)) return view.buffer
    this.#others.push(new Bytes(view))
    return undefined
  }

  holds(): boolean {
    const objects = this.#objects
    for (let i = 0; i < objects.length; i++) if (!isSame(objects[i], this.#contents[i])) return false
    return this.#others.every(other => other.holds())
  }
}

/** Returns the keys and values, elements or entries of an object, or undefined if it is not such a container. */
function contentsOf(object: object): unknown[] | undefined {
  switch (Object.getPrototypeOf(object)) {
    case Object.prototype:
    case null:
      return propertiesOf(object)
    case Array.prototype:
      if (Array.isArray(object)) return object.slice()
      return undefined
    case Map.prototype: {
      const entries: unknown[] = []
      for (const [key, value] of object as Map<unknown, unknown>) entries.push(key, value)
      return entries
    }
    case Set.prototype:
      return [...(object as Set<unknown>)]
    case Date.prototype:
      return [(object as Date).getTime()]
    case RegExp.prototype:
      return [(object as RegExp).lastIndex]
    default:
      return mayCross(object) ? propertiesOf(object) : undefined
  }
}

/** Whether an object is an error, a record or an instance of a registered class. */
function mayCross(object: object): boolean {
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer || object instanceof Handle) return false
  return object instanceof Error || kindOfPrototype(Object.getPrototypeOf(object) as object) !== undefined
}

function propertiesOf(object: object): unknown[] {
  const properties: unknown[] = []
  for (const key in object) properties.push(key, (object as Record<string, unknown>)[key])
  return properties
}

function isSame(object: object, before: readonly unknown[]): boolean {
  // These two compare without a copy of the present contents: 2x on objects of four fields (par/lent.bench.ts).
  if (Array.isArray(object)) return isSameArray(object, before)
  if (Object.getPrototypeOf(object) === Object.prototype) return isSameObject(object, before)
  const now = contentsOf(object)
  return now?.length === before.length && before.every((part, i) => Object.is(now[i], part))
}

function isSameArray(array: readonly unknown[], before: readonly unknown[]): boolean {
  if (array.length !== before.length) return false
  for (let i = 0; i < before.length; i++) if (array[i] !== before[i] && !Object.is(array[i], before[i])) return false
  return before.length > FEW || Object.keys(array).length <= before.length
}

function isSameObject(object: object, before: readonly unknown[]): boolean {
  let i = 0
  for (const key in object) {
    if (before[i] !== key) return false
    const value = (object as Record<string, unknown>)[key]
    if (value !== before[i + 1] && !Object.is(value, before[i + 1]) && !isAccessor(object, key)) return false
    i += 2
  }
  return i === before.length
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The longest array whose named properties are checked. */
const FEW = 200

/** Whether a property is a getter, which may return a new value each time. */
function isAccessor(object: object, key: string): boolean {
  return Object.getOwnPropertyDescriptor(object, key)?.get !== undefined
}

class Bytes implements Snapshot {
  readonly #bytes: Uint8Array
  readonly #before: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#before = new Uint8Array(bytes)
  }

  holds(): boolean {
    return areSameBytes(this.#bytes, this.#before)
  }
}

const NodeBuffer = (globalThis as { Buffer?: abstract new (...from: never[]) => Uint8Array }).Buffer

function areSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  // Four bytes at a time, so that a comparison costs as much as a copy.
  const words = a.byteOffset % 4 === 0 ? a.length >> 2 : 0
  const [x, y] = [new Int32Array(a.buffer, words && a.byteOffset, words), new Int32Array(b.buffer, 0, words)]
  for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false
  for (let i = words << 2; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The data that a registered class writes for an instance, which may have private fields. */
class Written implements Snapshot {
  readonly #instance: object
  readonly #write: Write
  readonly #before: unknown

  constructor(instance: object, write: Write, before: unknown) {
    this.#instance = instance
    this.#write = write
    this.#before = before
  }

  holds(): boolean {
    return areEqual(this.#write(this.#instance), this.#before)
  }
}

/** Returns undefined if the class writes handles, because a copy would be a further owner. */
function snapshotOfInstance(instance: object, write: Write): Snapshot | undefined {
  const length = encode(write(instance), 'copy')
  const owns = hasHandles(scratchAddress())
  const before = owns ? undefined : decode(scratchAddress(), length)
  abandonMessage()
  return owns ? undefined : new Written(instance, write, before)
}

/** Whether data that was written twice is equal. */
function areEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (ArrayBuffer.isView(a)) return areSameBytes(bytesOf(a), bytesOf(b as ArrayBufferView))
  const [x, y] = [contentsOf(a), contentsOf(b)]
  return x !== undefined && y !== undefined && x.length === y.length && x.every((part, i) => areEqual(part, y[i]))
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

type Write = (instance: object) => unknown

/** The `write` functions of registered classes that have one. */
const writers = new Map<object, Write>()

/** Registers a class whose instances may be lent. */
export function registerLendableClass(prototype: object, write: Write | undefined): void {
  if (write !== undefined) writers.set(prototype, write)
  noteMethods(prototype)
}

// ---------------------------------------------------------------- proofs

/**
 * Whether no registered class has a method with the name of a built-in one, so that the compiler may take `get` for a
 * Map's.
 */
let namesTellMethods = true

export function methodNamesAreUnique(): boolean {
  return namesTellMethods
}

const BUILT_IN: readonly object[] = [
  Array,
  Object.getPrototypeOf(Uint8Array) as { prototype: object },
  String,
  Number,
  Map,
  Set,
  Date,
  RegExp,
  DataView,
  Object,
].map(({ prototype }) => prototype)

/**
 * Checks the method names of a class. Accessors and methods with symbol keys count too, because they may run any code.
 */
function noteMethods(prototype: object): void {
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) {
      if (key === 'constructor') continue
      const isMethod = 'value' in Object.getOwnPropertyDescriptor(at, key)!
      if (!isMethod || typeof key === 'symbol' || BUILT_IN.some(builtIn => key in builtIn)) namesTellMethods = false
    }
  }
}
