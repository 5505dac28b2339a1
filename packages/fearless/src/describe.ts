/**
 * Describes values of the program for messages, bounded in length and time, and without running code of the program.
 *
 * `describe` reads own data properties and prototypes, but no elements, getters or methods. Only the traps of a proxy
 * run, and an error that they throw is caught.
 */

const LONGEST_TEXT = 100
/** The longest prototype chain that is read, because a proxy may return a new prototype without end. */
const LONGEST_CHAIN = 100

/** Describes a value for `got ...`: `"text"`, `42`, `a Map`, `an array of 3 elements`, `TypeError: too far`. Never throws. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(truncate(value))
    case 'bigint':
      // Converting a long one to digits takes time quadratic in their number.
      return value === BigInt.asIntN(256, value) ? `${value}n` : 'a bigint of more than 256 bits'
    case 'symbol':
      return truncate(String(value))
    case 'function':
      return `a ${isClass(value) ? 'class' : 'function'}${nameOf(value)}`
    case 'object':
      return value === null ? 'null' : describeObject(value)
    default:
      return String(value)
  }
}

/** Returns a text, cut after `longest` characters. */
export function truncate(text: string, longest = LONGEST_TEXT): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}\u2026`
}

/** Returns the name of an object's class if it can be read, otherwise of its built-in kind, otherwise `Object`. */
export function classOf(object: object): string {
  try {
    const constructor = dataOf(object, 'constructor')
    const name = typeof constructor === 'function' ? dataOf(constructor, 'name') : undefined
    if (typeof name === 'string' && name !== '' && name !== 'Object') return truncate(name)
    const tag = dataOf(object, Symbol.toStringTag)
    if (typeof tag === 'string') return truncate(tag)
  } catch {
    // A trap of a proxy threw.
  }
  return 'Object'
}

/** Returns the prototypes of an object, the nearest first. Throws if a trap of a proxy throws. */
export function prototypesOf(object: object): object[] {
  const all: object[] = []
  let at = Object.getPrototypeOf(object) as object | null
  for (; at !== null && all.length < LONGEST_CHAIN; at = Object.getPrototypeOf(at) as object | null) all.push(at)
  return all
}

function describeObject(object: object): string {
  try {
    if (Array.isArray(object)) {
      const length = dataOf(object, 'length')
      return `an array of ${String(length)} ${length === 1 ? 'element' : 'elements'}`
    }
    if (object instanceof Error) {
      const [name, message] = [dataOf(object, 'name'), dataOf(object, 'message')]
      return `${typeof name === 'string' ? truncate(name) : 'Error'}: ${typeof message === 'string' ? truncate(message) : ''}`
    }
  } catch {
    return 'an object'
  }
  const name = classOf(object)
  return name === 'Object' ? 'an object' : withArticle(name)
}

/** Names that begin with a vowel and not with its sound: `Uint8Array`, `URL`, `User`, `OnceLock`. */
const BEGINS_WITH_Y_OR_W = /^(?:U(?:[ist]|ni|[^a-z])|Eu|On(?:e|ce))/

const takesAn = (name: string): boolean => /^[AEIOU]/i.test(name) && !BEGINS_WITH_Y_OR_W.test(name)

/** Returns a name with its indefinite article: `an Arc`, `a Uint8Array`. */
export const withArticle = (name: string): string => `${takesAn(name) ? 'an' : 'a'} ${name}`

/** Does the same for the beginning of a sentence: `An Arc`. */
export const withFirstArticle = (name: string): string => `${takesAn(name) ? 'An' : 'A'} ${name}`

/** Returns the value of an own or inherited data property, or undefined for a getter. */
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
    return typeof name === 'string' && name !== '' ? ` ${truncate(name)}` : ''
  } catch {
    return ''
  }
}
