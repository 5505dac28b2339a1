/**
 * The end of a lock's loan: a value read through a guard is a snapshot once the lock is released.
 *
 * 1. A change to a snapshot would be lost, so the snapshot is frozen: reads work, writes throw.
 * 2. A function called under a lock must not be async. The lock is released when the function returns, and the code
 *    after its first `await` would run without the lock.
 * 3. The elements of typed arrays cannot be frozen. Typed arrays are detached, and a function that evidently
 *    returns one is refused.
 *
 * Freezing costs as much again as writing the value back (mutex.bench.ts), so production turns it off. Numbers and
 * structs cost nothing, because they are stored in the lock.
 */
import { BorrowError } from '../errors.ts'
import { deepFreeze } from '../memory/codec/freeze.ts'
import { Handle } from '../memory/handles/handle.ts'
import type { MoveDestination } from '../memory/codec/codec.ts'
import { endedViewPrototype } from '../memory/struct/views.ts'
import { StructView } from '../memory/struct/struct-view.ts'
import { wallsAreOn } from '../platform/settings.ts'

const RELEASED = 'the lock was released. Change it inside `with`, or through a guard that is alive.'

/** Freezes a value that was read under a lock, because the lock has been released. */
export function freezeSnapshot(value: unknown): void {
  if (!wallsAreOn || typeof value !== 'object' || value === null || value instanceof StructView) return
  deepFreeze(value, RELEASED)
}

/**
 * The destination of the value that a released guard has read. A typed array is detached, and its methods throw an
 * error that names the lock. Its elements do not throw: JavaScript has no trap for them.
 */
export const RELEASED_SNAPSHOT: MoveDestination = {
  bury(object) {
    if (ArrayBuffer.isView(object)) Object.setPrototypeOf(object, endedViewPrototype(DETACHED))
  },
}

const DETACHED =
  'This array was read under a lock that has been released. Copy it (`v.slice()`), or use it inside `with`.'

/** Returns the error of a function under a lock that returns a typed array, which has no elements after the release. */
export function returnedArrayError(method: string): BorrowError {
  return new BorrowError(
    `The function given to \`${method}\` returned a typed array of the lock, which is detached at the release. ` +
      'Return a copy: `v.slice()`.',
  )
}

/** Freezes a copy that a channel or a map returned. `reason` tells how to change the original. */
export function frozenCopy<T>(value: T, reason: string): T {
  return wallsAreOn && typeof value === 'object' && value !== null ? deepFreeze(value, reason) : value
}

const generators: readonly object[] = [function* () {}, async function* () {}].map(
  f => (Object.getPrototypeOf(f) as { readonly prototype: object }).prototype,
)

/** Whether a value is a generator. None of its code runs before its first value is requested. */
function isGenerator(value: object): boolean {
  return generators.some(prototype => Object.prototype.isPrototypeOf.call(prototype, value))
}

/**
 * Whether a function returned a value whose code runs later: a promise, another thenable, or a generator. A JoinHandle
 * is a promise, too, but it is a handle and may be returned.
 */
export function isThenableOrGenerator(value: unknown): value is object {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || value instanceof Handle)
    return false
  return typeof (value as { then?: unknown }).then === 'function' || isGenerator(value)
}

const nameOf = (later: object): string => (isGenerator(later) ? 'a generator' : 'a promise')

/** Marks the rejection of a promise as handled, because the caller gets our error instead. */
function silence(later: object): void {
  if (later instanceof Promise) later.catch(() => {})
}

/** Returns the error of `with`, `update` and related methods for an async function or a generator. */
export function asyncUnderLockError(method: string, later: object, repair: string): BorrowError {
  silence(later)
  const has = isGenerator(later) ? 'None of it has run.' : 'Its part before the first `await` has run.'
  return new BorrowError(
    `The function given to \`${method}\` returned ${nameOf(later)}, but the lock is released when it returns. ` +
      `${has} ${repair}`,
  )
}

/**
 * Throws `BorrowError` for a promise or a generator where no lock is held and nothing waits: in an atomic or a region.
 */
export function refuseAsync(method: string, answer: unknown): void {
  if (!isThenableOrGenerator(answer)) return
  silence(answer)
  throw new BorrowError(
    `The function given to \`${method}\` returned ${nameOf(answer)}, and \`${method}\` does not wait for it. ` +
      `Wait first, and call \`${method}\` with the result.`,
  )
}
