/**
 * Errors: the class, then the own properties. An error of a class that is not registered arrives as the nearest class
 * that is, with its name: an error that cannot be reported would be worse than one that is less exact.
 */
import { prototypesOf } from '../../describe.ts'
import * as is from './format.ts'
import * as own from '../../errors.ts'
import { put, registerKind, write, writeProperties } from './write.ts'
import type { Kind } from './write.ts'
import { removeProperties } from './moved.ts'
import { read, readProperties, registerReader } from './read.ts'

interface ErrorClass {
  readonly prototype: Error
}

/** By their number in a message. */
const CLASSES: readonly ErrorClass[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  ...Object.values(own as unknown as Record<string, ErrorClass>),
]

/** Own properties that no loop over an error meets, in the order in which they are shown. */
const HIDDEN = ['name', 'message', 'stack', 'cause', 'errors'] as const

const kinds = new Map<object, Kind>()

CLASSES.forEach(({ prototype }, number) => {
  const kind: Kind = {
    later: is.ERROR,
    detail: number,
    write(error) {
      put(is.ERROR, 0, number)
      writeProperties(error, Object.keys(error))
      writeHidden(error as Error, prototype)
    },
    empty: removeProperties,
  }
  kinds.set(prototype, kind)
  registerKind(prototype, kind)
})

function writeHidden(error: Error, prototype: Error): void {
  const known = Object.getPrototypeOf(error) === prototype
  const getters = known ? [] : gettersOf(error, prototype)
  writeProperties(error, [...HIDDEN, ...getters], (key: string) => {
    const descriptor = Object.getOwnPropertyDescriptor(error, key)
    if (descriptor !== undefined) return descriptor.enumerable !== true
    // What an unknown class says by a getter or on its prototype would be lost with the class.
    if (key === 'name' || key === 'message') return !known && error[key] !== prototype[key]
    return getters.includes(key)
  })
}

/** The getters of an error's unknown classes: the receiver finds what they give now in properties. */
export function gettersOf(error: object, prototype: object): string[] {
  const getters = new Set<string>()
  for (const at of prototypesOf(error)) {
    if (at === prototype) break
    for (const key of Object.getOwnPropertyNames(at)) {
      const hidden = (HIDDEN as readonly string[]).includes(key)
      if (!hidden && Object.getOwnPropertyDescriptor(at, key)?.get !== undefined) getters.add(key)
    }
  }
  return [...getters]
}

/** The nearest prototype of an error whose class is known. */
export function knownPrototype(error: object): object {
  return prototypesOf(error).find(at => kinds.has(at)) ?? Error.prototype
}

/** How an error of a class that is not registered is written; undefined for anything else. */
export function errorKind(prototype: object): Kind | undefined {
  const known = [prototype, ...prototypesOf(prototype)].find(at => kinds.has(at))
  return known === undefined ? undefined : kinds.get(known)
}

/** What an error of a registered class has of its own. */
export interface ErrorParts {
  readonly shown: object
  /** Properties that no loop over an error meets. */
  readonly hidden: object
}

/** What crosses of an error whose class is registered: all own properties; the rest comes from the class. */
export function errorParts(error: object): ErrorParts {
  const hidden: Record<string, unknown> = {}
  for (const key of HIDDEN) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key)
    if (descriptor !== undefined && descriptor.enumerable !== true)
      hidden[key] = (error as Record<string, unknown>)[key]
  }
  return { shown: { ...error }, hidden }
}

/** An error with a prototype, no constructor called. */
export function errorOfParts(prototype: object, { shown, hidden }: ErrorParts): object {
  const error = Object.setPrototypeOf(withoutStack(), prototype) as object
  for (const [key, value] of Object.entries(hidden)) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true })
  }
  // As own properties, also where the class has a getter or a setter of that name.
  return Object.defineProperties(error, Object.getOwnPropertyDescriptors(shown))
}

/** An error that has not looked where it was made, which is 3x quicker: its stack comes with the message. */
function withoutStack(): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const error = new Error()
  Error.stackTraceLimit = stackTraceLimit
  delete error.stack
  return error
}

registerReader<Error>(is.ERROR, {
  make(_, number) {
    const error = withoutStack()
    return number === 0 ? error : (Object.setPrototypeOf(error, CLASSES[number].prototype) as Error)
  },
  fill(error) {
    readProperties(error)
    readProperties(error, false)
  },
})

if (typeof DOMException !== 'undefined') {
  registerKind(DOMException.prototype, {
    later: 0,
    write(exception) {
      const { message, name, stack } = exception as DOMException
      put(is.EXCEPTION, 0, 0)
      write(message)
      write(name)
      write(stack)
    },
    empty: () => true,
  })
  registerReader(is.EXCEPTION, {
    make() {
      const exception = new DOMException(read() as string, read() as string)
      const stack = read()
      if (stack !== undefined)
        Object.defineProperty(exception, 'stack', { value: stack, writable: true, configurable: true })
      return exception
    },
  })
}
