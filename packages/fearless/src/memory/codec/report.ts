/** Makes every value that a thread throws sendable to the thread that joins it. */
import { truncate, classOf, describe } from '../../describe.ts'
import { gettersOf, knownPrototype } from './error.ts'
import { abandonMessage, encode } from './write.ts'

/** The most characters of the text of a function that was thrown. */
const LONGEST_FUNCTION = 1000
/** The most errors of an AggregateError that are converted one by one. */
const MOST_ERRORS = 1000

/** Whether `value` could be sent. Moves nothing. */
export function canSend(value: unknown): boolean {
  try {
    encode(value, 'copy')
  } catch {
    return false
  }
  abandonMessage()
  return true
}

/**
 * Returns `thrown` itself if it can be sent. Otherwise returns an error with its name, message, stack and all
 * properties that can be sent. A thrown value that is not an error becomes its text.
 */
export function reportable(thrown: unknown, depth = 8): unknown {
  if (canSend(thrown)) return thrown
  try {
    if (thrown instanceof Error) return copyError(thrown, depth)
  } catch {
    // A trap of a proxy threw.
  }
  return typeof thrown === 'function'
    ? truncate(Function.prototype.toString.call(thrown), LONGEST_FUNCTION)
    : describe(thrown)
}

function copyError(thrown: Error, depth: number): Error {
  const copy = Object.create(Object.getPrototypeOf(thrown) as object) as Error
  for (const key of Object.getOwnPropertyNames(thrown)) copyProperty(thrown, copy, key, depth)
  for (const key of gettersOf(thrown, knownPrototype(thrown))) {
    // Replaces the getter, also if its value cannot be sent.
    if (!Object.hasOwn(thrown, key)) {
      Object.defineProperty(copy, key, { value: undefined, writable: true, configurable: true })
      copyProperty(thrown, copy, key, depth)
    }
  }
  if (canSend(copy)) return copy
  return Object.assign(new Error(describe(thrown)), { name: classOf(thrown) })
}

function copyProperty(from: Error, to: Error, key: string, depth: number): void {
  try {
    const enumerable = Object.getOwnPropertyDescriptor(from, key)?.enumerable
    let value = (from as unknown as Record<string, unknown>)[key]
    if (depth > 0 && value instanceof Error) value = reportable(value, depth - 1)
    else if (key === 'errors' && Array.isArray(value) && value.length <= MOST_ERRORS && !canSend(value)) {
      value = value.map(error => reportable(error, depth - 1))
    }
    if (canSend(value))
      Object.defineProperty(to, key, { value, enumerable: enumerable === true, writable: true, configurable: true })
  } catch {
    // A getter that throws has no value to report.
  }
}
