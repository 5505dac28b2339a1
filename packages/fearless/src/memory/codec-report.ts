/**
 * What a thread threw has to reach whoever joins it, also where some of it cannot cross.
 */
import { gettersOf, knownPrototype } from './codec-error.ts'
import { abandon, encode } from './codec-write.ts'

/** Whether `value` could be sent. Gives nothing away. */
export function canSend(value: unknown): boolean {
  try {
    encode(value, 'copy')
  } catch {
    return false
  }
  abandon()
  return true
}

/**
 * `thrown` itself if it can be sent. Otherwise an error that keeps its name, message, stack and every property that can
 * be sent; what is thrown without being an error becomes its text.
 */
export function reportable(thrown: unknown, depth = 8): unknown {
  if (canSend(thrown)) return thrown
  if (!(thrown instanceof Error)) return textOf(thrown)
  const copy = Object.create(Object.getPrototypeOf(thrown) as object) as Error
  for (const key of Object.getOwnPropertyNames(thrown)) copyProperty(thrown, copy, key, depth)
  for (const key of gettersOf(thrown, knownPrototype(thrown))) {
    // In the place of the getter, also where what it gives cannot be sent.
    if (!Object.hasOwn(thrown, key)) {
      Object.defineProperty(copy, key, { value: undefined, writable: true, configurable: true })
      copyProperty(thrown, copy, key, depth)
    }
  }
  if (canSend(copy)) return copy
  return Object.assign(new Error(textOf(thrown)), { name: typeof thrown.name === 'string' ? thrown.name : 'Error' })
}

function copyProperty(from: Error, to: Error, key: string, depth: number): void {
  try {
    const enumerable = Object.getOwnPropertyDescriptor(from, key)?.enumerable
    let value = (from as unknown as Record<string, unknown>)[key]
    if (depth > 0 && value instanceof Error) value = reportable(value, depth - 1)
    if (canSend(value))
      Object.defineProperty(to, key, { value, enumerable: enumerable === true, writable: true, configurable: true })
  } catch {
    // A getter that throws has nothing to report.
  }
}

function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
