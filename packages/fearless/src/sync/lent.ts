/**
 * The end of a lock's loan: what a guard gave out is a snapshot once the lock is released.
 *
 * 1. A change of a snapshot would be lost, so it is frozen: it may be read, and a write of it throws.
 * 2. A function that is called under a lock may not be async: the lock is released when the function returns, and what
 *    follows its first `await` would run without it.
 *
 * 3. The elements of typed arrays cannot be frozen. They are detached, and a function that plainly gives one out is refused.
 *
 * Freezing costs as much again as writing the value back (mutex.bench.ts), so production turns it off. Numbers and structs
 * cost nothing: they lie in the lock.
 */
import { BorrowError } from '../errors.ts'
import { freeze } from '../memory/codec/refuse-unshareable.ts'
import { Handle } from '../memory/handles/handle.ts'
import type { Destination } from '../memory/codec/codec.ts'
import { endedPrototype } from '../memory/struct/views.ts'
import { StructView } from '../memory/struct/struct-view.ts'
import { wallsAreOn } from '../memory/codec/walls.ts'

const RELEASED = 'the lock was released. Change it inside of `with`, or through a guard that is alive.'

/** Makes a snapshot of what was read under a lock. */
export function freezeSnapshot(value: unknown): void {
  if (!wallsAreOn || typeof value !== 'object' || value === null || value instanceof StructView) return
  freeze(value, RELEASED)
}

/**
 * Where a guard's release takes what it read: typed arrays, which it detaches, say so when they are used. Their elements do
 * not: JavaScript has no trap for those.
 */
export const RELEASE: Destination = {
  bury(object) {
    if (ArrayBuffer.isView(object)) Object.setPrototypeOf(object, endedPrototype(DETACHED))
  },
}

const DETACHED =
  'The lock that this array was read under was released. Copy it under the lock (`v.slice()`), or use it inside of `with`.'

/** The error of a function under a lock that gives a typed array out, of which nothing is left after the release. */
export function givenOutError(method: string): BorrowError {
  return new BorrowError(
    `The function given to \`${method}\` gave out the typed array of the lock, which ends when the lock is released. ` +
      'Give out a copy: `v.slice()`.',
  )
}

/** A copy that a channel or a map gave out: `reason` says how to change the original. */
export function frozenCopy<T>(value: T, reason: string): T {
  return wallsAreOn && typeof value === 'object' && value !== null ? freeze(value, reason) : value
}

const generators: readonly object[] = [function* () {}, async function* () {}].map(
  f => (Object.getPrototypeOf(f) as { readonly prototype: object }).prototype,
)

/** Whether a value is a generator: none of its code runs before it is asked for a value. */
function isGenerator(value: object): boolean {
  return generators.some(prototype => Object.prototype.isPrototypeOf.call(prototype, value))
}

/**
 * Whether a function has answered with something that runs later: a promise, another thenable, or a generator. A JoinHandle is
 * a promise too, but it is a thing that may be handed on.
 */
export function runsLater(value: unknown): value is object {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || value instanceof Handle)
    return false
  return typeof (value as { then?: unknown }).then === 'function' || isGenerator(value)
}

const nameOf = (later: object): string => (isGenerator(later) ? 'a generator' : 'a promise')

/** The error of a promise that nobody will hear of is ours. */
function silence(later: object): void {
  if (later instanceof Promise) later.catch(() => {})
}

/** The error of `with`, `update` and their siblings for an async function or a generator. */
export function laterError(method: string, later: object, repair: string): BorrowError {
  silence(later)
  const has = isGenerator(later) ? 'None of it has run.' : 'Its part before the first `await` has run.'
  return new BorrowError(
    `The function given to \`${method}\` returned ${nameOf(later)}, but runs under a lock that ends when it returns. ${has} ${repair}`,
  )
}

/** Throws for a function that has answered so where nothing is locked and nothing waits: of an atomic, of a region. */
export function refuseLater(method: string, answer: unknown): void {
  if (!runsLater(answer)) return
  silence(answer)
  throw new BorrowError(
    `The function given to \`${method}\` returned ${nameOf(answer)}, which \`${method}\` does not wait for. ` +
      `Wait first, and call \`${method}\` with what came.`,
  )
}
