/**
 * Values of the program in messages: bounded in length and in time, and described without running code of the program.
 *
 * `describe` reads own data properties and prototypes, never an element, a getter or a method. Only a proxy is asked more than
 * that: its traps run, and an error of theirs is caught.
 */

const LONGEST_TEXT = 100
/** A proxy may answer with a new prototype for ever. */
const LONGEST_CHAIN = 100

/** A value in a message: `"text"`, `42`, `a Map`, `an array of 3 elements`, `TypeError: too far`. Never throws. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(bounded(value))
    case 'bigint':
      // The digits of a long one take time that grows with the square of their number.
      return value === BigInt.asIntN(256, value) ? `${value}n` : 'a bigint of more than 256 bits'
    case 'symbol':
      return bounded(String(value))
    case 'function':
      return `a ${isClass(value) ? 'class' : 'function'}${nameOf(value)}`
    case 'object':
      return value === null ? 'null' : describeObject(value)
    default:
      return String(value)
  }
}

/** The beginning of a text, if it is long. */
export function bounded(text: string, longest = LONGEST_TEXT): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}\u2026`
}

/** The name of the class of an object, as far as that can be told; otherwise the name of its built-in kind. */
export function classOf(object: object): string {
  try {
    const constructor = dataOf(object, 'constructor')
    const name = typeof constructor === 'function' ? dataOf(constructor, 'name') : undefined
    if (typeof name === 'string' && name !== '' && name !== 'Object') return bounded(name)
    const tag = dataOf(object, Symbol.toStringTag)
    if (typeof tag === 'string') return bounded(tag)
  } catch {
    // A proxy refuses.
  }
  return 'Object'
}

/** The prototypes of an object, the nearest first. Throws what a proxy throws. */
export function prototypesOf(object: object): object[] {
  const all: object[] = []
  let at = Object.getPrototypeOf(object) as object | null
  for (; at !== null && all.length < LONGEST_CHAIN; at = Object.getPrototypeOf(at) as object | null) all.push(at)
  return all
}

function describeObject(object: object): string {
  try {
    if (Array.isArray(object)) return `an array of ${String(dataOf(object, 'length'))} elements`
    if (object instanceof Error) {
      const [name, message] = [dataOf(object, 'name'), dataOf(object, 'message')]
      return `${typeof name === 'string' ? bounded(name) : 'Error'}: ${typeof message === 'string' ? bounded(message) : ''}`
    }
  } catch {
    return 'an object'
  }
  const name = classOf(object)
  return name === 'Object' ? 'an object' : `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`
}

/** What a data property holds, the object's own or an inherited one; `undefined` for a getter. */
function dataOf(object: object, key: string | symbol): unknown {
  for (const at of [object, ...prototypesOf(object)]) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key)
    if (descriptor !== undefined) return descriptor.value
  }
  return undefined
}

function isClass(f: object): boolean {
  try {
    return Object.getOwnPropertyDescriptor(f, 'prototype')?.writable === false
  } catch {
    return false
  }
}

function nameOf(f: object): string {
  try {
    const name = Object.getOwnPropertyDescriptor(f, 'name')?.value as unknown
    return typeof name === 'string' && name !== '' ? ` ${bounded(name)}` : ''
  } catch {
    return ''
  }
}
