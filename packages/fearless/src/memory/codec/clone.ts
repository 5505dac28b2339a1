/**
 * Marks of `clone(value)`, which stand for a copy in an operation that moves.
 *
 * A mark is a Proxy. The writer of messages recognizes its prototype; any other use of the mark throws. The original is
 * written as a copy: its handles get another owner, its buffers stay attached, and it is not part of the moved graph.
 */
import { CloneError } from '../../errors.ts'
import { registerKind, writeCopy } from './write.ts'

const MARK = Object.freeze(Object.create(null) as object)
/** The target of all marks. No trap reveals it. */
const TARGET = Object.create(MARK) as object
const originals = new WeakMap<object, unknown>()

function misused(): never {
  throw new CloneError(
    'The mark of `clone(value)` was used where no value is moved. Call `structuredClone(value)` for a copy here.',
  )
}

const handler: ProxyHandler<object> = {
  // A thread or task may return a mark, and the promise of its result reads `then`.
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
 * The value is read when it is moved, and encoded once. Another owner is added to each `Arc` in it. The move throws
 * `NotSendError` if the value holds a handle that can have only one owner. Any other use of the mark throws
 * `CloneError`: call `structuredClone(value)` there.
 */
export function clone<T>(value: T): T {
  if (typeof value !== 'object' || value === null || originals.has(value)) return value
  const mark = new Proxy(TARGET, handler)
  originals.set(mark, value)
  return mark as T
}

/** Returns the original of a mark, or `value` itself if it is not a mark. */
export function originalOfMark(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (originals.get(value) ?? value) : value
}

registerKind(MARK, { later: 0, write: mark => writeCopy(mark, originals.get(mark)) })
