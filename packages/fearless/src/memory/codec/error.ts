/**
 * Codec of errors: the class, then the own properties.
 *
 * An error of an unregistered class arrives with its name as an instance of the nearest registered class. This is less
 * exact, but a lost error would be worse.
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

/** The classes by their number in a message. */
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

/** Own properties that are not enumerable, in the order in which they are shown. */
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
    if (key === 'stack') return hasInheritedStack(error)
    // A getter, name or message of an unregistered class would be lost with the class.
    if (key === 'name' || key === 'message') return !known && error[key] !== prototype[key]
    return getters.includes(key)
  })
}

/** In Firefox `stack` is a getter of `Error.prototype`. */
const hasInheritedStack = (error: object): boolean => typeof (error as Error).stack === 'string'

/** Returns the getters of an error's unregistered classes. The receiver gets their present values as properties. */
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

/** Returns the nearest prototype of an error whose class is registered. */
export function knownPrototype(error: object): object {
  return prototypesOf(error).find(at => kinds.has(at)) ?? Error.prototype
}

/** Returns the kind that writes an error of an unregistered class, or undefined for any other object. */
export function errorKind(prototype: object): Kind | undefined {
  const known = [prototype, ...prototypesOf(prototype)].find(at => kinds.has(at))
  return known === undefined ? undefined : kinds.get(known)
}

/** The own properties of an error of a registered class. */
export interface ErrorParts {
  readonly shown: object
  /** The properties that are not enumerable. */
  readonly hidden: object
}

/** Returns the part of a registered error that crosses: its own properties. The rest comes from its class. */
export function errorParts(error: object): ErrorParts {
  const hidden: Record<string, unknown> = {}
  for (const key of HIDDEN) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key)
    if (descriptor === undefined ? key === 'stack' && hasInheritedStack(error) : descriptor.enumerable !== true)
      hidden[key] = (error as Record<string, unknown>)[key]
  }
  return { shown: { ...error }, hidden }
}

/** Creates an error with a prototype, without calling a constructor. */
export function errorOfParts(prototype: object, { shown, hidden }: ErrorParts): object {
  const error = Object.setPrototypeOf(withoutStack(), prototype) as object
  for (const [key, value] of Object.entries(hidden)) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true })
  }
  // Defined as own properties, because the class may have a getter or setter of that name.
  return Object.defineProperties(error, Object.getOwnPropertyDescriptors(shown))
}

/** Creates an error without capturing a stack, which is 3x faster. The stack comes with the message. */
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
