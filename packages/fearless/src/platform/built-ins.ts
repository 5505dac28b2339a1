/**
 * The built-in objects of a worker: their properties at one time, and the functions of the global object that the
 * library replaces to see what threads leave.
 *
 * A snapshot holds the values of all data properties of the global object, of its classes, their prototypes and its
 * namespaces. Comparing it takes 0.3 ms for all of them, and 20 us for the global object alone. So the texts that the
 * worker loads decide which of the two is compared, if any (`noteText`).
 */

/** The part of the built-in objects that the loaded texts may change. */
export const NOTHING = 0
const GLOBAL_OBJECT = 1
const ALL_OBJECTS = 2

const GLOBAL_NAMES = Reflect.ownKeys(globalThis).filter(
  name => typeof name === 'string' && /^\w+$/.test(name) && !/^(?:globalThis|global|self)$/.test(name),
)
const BUILT_IN = `\\b(?:${(GLOBAL_NAMES as string[]).join('|')})\\b`
const MEMBERS = String.raw`(?:\s*(?:\)|\.\s*[\w$]+|\[[^\]]*\]))*`
/**
 * Matches an assignment to a built-in object or to its members, and a call that changes one. A change through a variable
 * that holds the object is not matched.
 */
const CHANGES = new RegExp(
  String.raw`(?<![.\w$])${BUILT_IN}${MEMBERS}\s*(?:[-+*/|&?%]*=(?![=>])|\+\+|--)|\bdelete\s+${BUILT_IN}` +
    String.raw`|\b(?:assign|defineProperty|defineProperties|deleteProperty|setPrototypeOf|freeze|seal|preventExtensions|set)\(\s*${BUILT_IN}`,
)
const MENTIONS = /\b(?:globalThis|global|self)\b|\bdefineProperty\b/

/** Returns the part of the built-in objects that a text may change. */
export function changedBy(text: string): number {
  return CHANGES.test(text) ? ALL_OBJECTS : MENTIONS.test(text) ? GLOBAL_OBJECT : NOTHING
}

interface Snapshot {
  readonly object: object
  readonly length: number
  readonly keys: readonly PropertyKey[]
  readonly values: readonly unknown[]
  readonly extensible: boolean
}

function snapshotOf(object: object): Snapshot {
  const all = Reflect.ownKeys(object)
  const keys = all.filter(key => 'value' in Reflect.getOwnPropertyDescriptor(object, key)!)
  const values = keys.map(key => Reflect.getOwnPropertyDescriptor(object, key)!.value as unknown)
  return { object, length: all.length, keys, values, extensible: Object.isExtensible(object) }
}

function isAsBefore({ object, length, keys, values, extensible }: Snapshot): boolean {
  if (Reflect.ownKeys(object).length !== length || Object.isExtensible(object) !== extensible) return false
  return keys.every((key, i) => Object.is((object as Record<PropertyKey, unknown>)[key], values[i]))
}

const isObject = (value: unknown): value is object =>
  typeof value === 'function' || (typeof value === 'object' && value !== null)

/** The built-in objects that the data properties of the global object reach. */
function builtInObjects(): Set<object> {
  const objects = new Set<object>([globalThis])
  const typedArray = Object.getPrototypeOf(Uint8Array) as { readonly prototype: object }
  for (const { value } of [{ value: typedArray }, ...Object.values(Object.getOwnPropertyDescriptors(globalThis))]) {
    if (!isObject(value)) continue
    objects.add(value)
    const prototype: unknown = Object.getOwnPropertyDescriptor(value, 'prototype')?.value
    if (isObject(prototype)) objects.add(prototype)
  }
  for (const name of ['process', 'performance'] as const) {
    const value = (globalThis as Record<string, unknown>)[name]
    if (isObject(value)) objects.add(value)
  }
  return objects
}

/** The state of the built-in objects, compared between two threads. */
export class BuiltIns {
  #snapshots: readonly Snapshot[] = []

  /** Makes the present state the one to compare with. */
  remember(part: number): void {
    const objects = part === ALL_OBJECTS ? [...builtInObjects()] : part === GLOBAL_OBJECT ? [globalThis] : []
    this.#snapshots = objects.map(snapshotOf)
  }
  haveChanged(): boolean {
    return !this.#snapshots.every(isAsBefore)
  }
}

type AddListener = typeof globalThis.addEventListener

/** Returns the listeners of the global object that have been added and not removed. */
export function watchGlobalListeners(): Set<unknown> {
  const added = new Set<unknown>()
  const { addEventListener: add, removeEventListener: remove } = globalThis
  replaceGlobal('addEventListener', (...args) => {
    if (args[1] !== null && args[1] !== undefined) added.add(args[1])
    return add(...(args as Parameters<AddListener>))
  })
  replaceGlobal('removeEventListener', (...args) => {
    added.delete(args[1])
    return remove(...(args as Parameters<AddListener>))
  })
  return added
}

/** Puts a function in place of a function of the global object. */
export function replaceGlobal(name: string, f: (...args: unknown[]) => unknown): void {
  const original = (globalThis as Record<string, unknown>)[name] as object
  Object.defineProperty(f, 'name', { value: name, configurable: true })
  Object.defineProperty(f, 'length', { value: Reflect.get(original, 'length'), configurable: true })
  Object.defineProperty(globalThis, name, { value: f, configurable: true, enumerable: true, writable: true })
}
