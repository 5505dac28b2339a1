/**
 * Marks of copies: `clone(value)` in the place of a move.
 *
 * A mark is a Proxy, of which the writer of messages sees the prototype, and which throws at any other use. The original
 * is written as a copy: its handles get one more owner, its buffers stay, and it is no part of the graph that is moved.
 */
import { CloneError } from '../../errors.ts'
import { registerKind, writeCopy } from './write.ts'

const MARK = Object.freeze(Object.create(null) as object)
/** The target of all marks, which none of them shows. */
const TARGET = Object.create(MARK) as object
const originals = new WeakMap<object, unknown>()

function misused(): never {
  throw new CloneError(
    'A value marked by `clone(value)` was used in a place that moves nothing. Call `structuredClone(value)` for a copy here.',
  )
}

const handler: ProxyHandler<object> = {
  // The result of a thread or of a task may be a mark: a promise asks for `then`.
  get: (_, key) => (key === 'then' ? undefined : misused()),
  set: misused,
  has: misused,
  ownKeys: misused,
  getOwnPropertyDescriptor: misused,
  defineProperty: misused,
  deleteProperty: misused,
  setPrototypeOf: misused,
  isExtensible: misused,
  preventExtensions: misused,
}

/**
 * Marks a copy in the place of a move: the original stays usable, and nothing in it is moved.
 *
 * ```ts
 * const config = { retries: 3 }
 * await thread.spawn(c => c.retries, clone(config)).join() // => 3
 * config.retries // => 3
 * ```
 *
 * The value is read when it is moved, and encoded once. An `Arc` in it gets one more owner. The move throws
 * `NotSendError` if the value holds a handle that has one owner only. Any other use of the mark throws `CloneError`:
 * call `structuredClone(value)` there.
 */
export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null || originals.has(value)) return value
  const mark = new Proxy(TARGET, handler)
  originals.set(mark, value)
  return mark as T
}

/** The original of a mark; `value` itself if it is none. */
export function originalOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (originals.get(value) ?? value) : value
}

registerKind(MARK, { later: 0, write: mark => writeCopy(mark, originals.get(mark)) })
