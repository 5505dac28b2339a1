/**
 * What `using` becomes in compiled code, so that a resource learns whether it is released by a panic.
 *
 * The platform's own `using` does not tell a disposer that an error is on its way. The compiler writes try / catch /
 * finally with these functions, on the lines of the original; everything else is as the platform does it,
 * SuppressedError included.
 */

import { core } from '../core/index.ts'
import { isCancellation } from '../wait/cancellation.ts'
import { notePlace } from '../wait/places.ts'
import { Guard } from './guard.ts'
import { ReentrantGuard } from './reentrant-mutex.ts'
import { ReadGuard, UpgradableGuard, WriteGuard } from './rw-guard.ts'
import { UNWIND, noteUnwinding, whileUnwinding } from './unwind.ts'

type Disposer = () => unknown

const releases: Disposer = Guard.prototype[Symbol.dispose]
const releasesRead: Disposer = ReadGuard.prototype[Symbol.dispose]
const releasesWrite: Disposer = WriteGuard.prototype[Symbol.dispose]
const releasesUpgradable: Disposer = UpgradableGuard.prototype[Symbol.dispose]
const releasesReentrant: Disposer = ReentrantGuard.prototype[Symbol.dispose]

/**
 * Takes a block's only resource in: `null` and `undefined` need no disposer. `place` is the number of the line, where the
 * compiler says it: an error about a lock that is held can name it.
 */
export function use<T>(resource: T, dispose: unknown, place = 0): T {
  if (dispose !== releases) useOther(resource, dispose, place)
  else if (place !== 0) notePlace((resource as Guard<unknown>).lock, place)
  return resource
}

/** The same for what is no guard of a Mutex. */
function useOther(resource: unknown, dispose: unknown, place: number): void {
  if (typeof dispose !== 'function' && resource !== null && resource !== undefined) refuse()
  if (place === 0) return
  if (dispose === releasesRead) notePlace(ReadGuard.lockOf(resource as ReadGuard<unknown>), place)
  else if (dispose === releasesWrite) notePlace((resource as WriteGuard<unknown>).lock, place)
  else if (dispose === releasesUpgradable)
    notePlace(UpgradableGuard.lockOf(resource as UpgradableGuard<unknown>), place)
  else if (Array.isArray(resource))
    for (const guard of resource as Disposable[]) use(guard, guard[Symbol.dispose], place)
  else if (dispose === releasesReentrant) notePlace(ReentrantGuard.lockOf(resource as ReentrantGuard<unknown>), place)
}

/** Ends a block's only resource. A Mutex's guard needs no method call that V8 does not see through: it costs 5 ns. */
export function end(resource: unknown, dispose: Disposer | undefined): void {
  if (dispose === releases) Guard.end(resource as Guard<unknown>, core.mutexUnlock)
  else if (dispose === releasesRead) ReadGuard.end(resource as ReadGuard<unknown>)
  else dispose?.call(resource)
}

/** Ends a block's only resource because `error` leaves the block; the error that leaves in its place. */
export function unwind(resource: unknown, dispose: Disposer | undefined, error: unknown): unknown {
  if (dispose === undefined) return error
  try {
    if (isCancellation(error)) {
      // An abort is no panic: the lock is released as it is, as in tokio, which drops the task.
      dispose.call(resource)
      return error
    }
    noteUnwinding()
    whileUnwinding(() => disposerOf(resource, dispose).call(resource))
    return error
  } catch (another) {
    return suppressed(another, error)
  }
}

function disposerOf(resource: unknown, dispose: Disposer): Disposer {
  return (resource as { [UNWIND]?: Disposer })[UNWIND] ?? dispose
}

function refuse(): never {
  throw new TypeError('The value of `using` has no [Symbol.dispose] method.')
}

/** The resources of one block, released in reverse order. */
export class Uses {
  readonly #all: (readonly [resource: unknown, dispose: Disposer])[] = []
  #failed = false
  #error: unknown
  /** It failed, and not because its task was aborted. */
  #unwinds = false

  /** Takes a resource in; `null` and `undefined` are let through. */
  use<T>(resource: T, place = 0): T {
    if (resource === null || resource === undefined) return resource
    const dispose = (resource as Partial<Disposable>)[Symbol.dispose]
    if (typeof dispose !== 'function') refuse()
    use(resource, dispose, place)
    this.#all.push([resource, dispose])
    return resource
  }

  /** The same for `await using`. */
  useAsync<T>(resource: T): T {
    if (resource === null || resource === undefined) return resource
    const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = resource as Partial<AsyncDisposable & Disposable>
    const dispose = later ?? now
    if (typeof dispose !== 'function') {
      throw new TypeError('The value of `await using` has neither [Symbol.asyncDispose] nor [Symbol.dispose].')
    }
    this.#all.push([resource, dispose])
    return resource
  }

  /** An error leaves the block. */
  fail(error: unknown): void {
    this.#suppress(error)
  }

  /** Releases everything; rethrows the block's error. */
  end(): void {
    for (const [resource, dispose] of this.#all.reverse()) {
      try {
        this.#dispose(resource, dispose)
      } catch (error) {
        this.#suppress(error)
      }
    }
    if (this.#failed) throw this.#error
  }

  /** The same for a block with `await using`. */
  async endAsync(): Promise<void> {
    for (const [resource, dispose] of this.#all.reverse()) {
      try {
        await this.#dispose(resource, dispose)
      } catch (error) {
        this.#suppress(error)
      }
    }
    if (this.#failed) throw this.#error
  }

  #dispose(resource: unknown, dispose: Disposer): unknown {
    if (!this.#unwinds) return dispose.call(resource)
    return whileUnwinding(() => disposerOf(resource, dispose).call(resource))
  }

  #suppress(error: unknown): void {
    if (!isCancellation(error)) {
      noteUnwinding()
      this.#unwinds = true
    }
    this.#error = this.#failed ? suppressed(error, this.#error) : error
    this.#failed = true
  }
}

/** Node 22 has no SuppressedError. */
export function suppressed(error: unknown, before: unknown): unknown {
  if (typeof SuppressedError === 'function') return new SuppressedError(error, before)
  return Object.assign(new Error('An error was suppressed during disposal.'), {
    name: 'SuppressedError',
    error,
    suppressed: before,
  })
}
