/**
 * The run-time functions to which the compiler translates `using`, so that a resource learns whether a panic releases
 * it.
 *
 * The platform's own `using` does not tell a disposer that an error is leaving the block. The compiler writes try /
 * catch / finally with these functions, on the source lines of the original. All else is as on the platform,
 * SuppressedError included.
 */

import { core } from '../core/index.ts'
import { isCancellation } from '../wait/cancellation.ts'
import { recordAcquiredAt } from '../wait/lock-sites.ts'
import { Guard } from './guard.ts'
import { ReentrantGuard } from './reentrant-mutex.ts'
import { ReadGuard, UpgradableGuard, WriteGuard } from './rw-guard.ts'
import { UNWIND, beginUnwinding, whileUnwinding } from './unwind.ts'

type Disposer = () => unknown

const releases: Disposer = Guard.prototype[Symbol.dispose]
const releasesRead: Disposer = ReadGuard.prototype[Symbol.dispose]
const releasesWrite: Disposer = WriteGuard.prototype[Symbol.dispose]
const releasesUpgradable: Disposer = UpgradableGuard.prototype[Symbol.dispose]
const releasesReentrant: Disposer = ReentrantGuard.prototype[Symbol.dispose]

/**
 * Checks a block's only resource and returns it. `null` and `undefined` need no disposer. `place` is the source line,
 * if the compiler passes it: an error about a held lock can then name it.
 */
export function use<T>(resource: T, dispose: unknown, place = 0): T {
  if (dispose !== releases) useOther(resource, dispose, place)
  else if (place !== 0) recordAcquiredAt((resource as Guard<unknown>).lock, place)
  return resource
}

/** Does the same as `use` for a resource that is not a guard of a Mutex. */
function useOther(resource: unknown, dispose: unknown, place: number): void {
  if (typeof dispose !== 'function' && resource !== null && resource !== undefined) refuse()
  if (place === 0) return
  if (dispose === releasesRead) recordAcquiredAt(ReadGuard.lockOf(resource as ReadGuard<unknown>), place)
  else if (dispose === releasesWrite) recordAcquiredAt((resource as WriteGuard<unknown>).lock, place)
  else if (dispose === releasesUpgradable)
    recordAcquiredAt(UpgradableGuard.lockOf(resource as UpgradableGuard<unknown>), place)
  else if (Array.isArray(resource))
    for (const guard of resource as Disposable[]) use(guard, guard[Symbol.dispose], place)
  else if (dispose === releasesReentrant)
    recordAcquiredAt(ReentrantGuard.lockOf(resource as ReentrantGuard<unknown>), place)
}

/**
 * Disposes a block's only resource. The guard of a Mutex is disposed without a method call that V8 cannot inline,
 * which costs 5 ns.
 */
export function end(resource: unknown, dispose: Disposer | undefined): void {
  if (dispose === releases) Guard.release(resource as Guard<unknown>, core.mutexUnlock)
  else if (dispose === releasesRead) ReadGuard.release(resource as ReadGuard<unknown>)
  else dispose?.call(resource)
}

/** Disposes a block's only resource because `error` leaves the block. Returns the error to throw. */
export function unwind(resource: unknown, dispose: Disposer | undefined, error: unknown): unknown {
  if (dispose === undefined) return error
  try {
    if (isCancellation(error)) {
      // An abort is not a panic: the lock is released without poison, as in tokio, which drops the task.
      dispose.call(resource)
      return error
    }
    beginUnwinding()
    whileUnwinding(() => disposerOf(resource, dispose).call(resource))
    return error
  } catch (another) {
    return suppressedError(another, error)
  }
}

function disposerOf(resource: unknown, dispose: Disposer): Disposer {
  return (resource as { [UNWIND]?: Disposer })[UNWIND] ?? dispose
}

function refuse(): never {
  throw new TypeError('The value of `using` has no [Symbol.dispose] method. Give it one, or use `const`.')
}

/** The resources of one block, disposed in reverse order. */
export class ResourceStack {
  readonly #all: (readonly [resource: unknown, dispose: Disposer])[] = []
  #failed = false
  #error: unknown
  /** Whether the block failed for a reason other than the abort of its task. */
  #unwinds = false

  /** Adds a resource. `null` and `undefined` are ignored. */
  use<T>(resource: T, place = 0): T {
    if (resource === null || resource === undefined) return resource
    const dispose = (resource as Partial<Disposable>)[Symbol.dispose]
    if (typeof dispose !== 'function') refuse()
    use(resource, dispose, place)
    this.#all.push([resource, dispose])
    return resource
  }

  /** Does the same as `use` for `await using`. */
  useAsync<T>(resource: T): T {
    if (resource === null || resource === undefined) return resource
    const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = resource as Partial<AsyncDisposable & Disposable>
    const dispose = later ?? now
    if (typeof dispose !== 'function') {
      throw new TypeError(
        'The value of `await using` has no [Symbol.asyncDispose] and no [Symbol.dispose]. Give it one, or use `const`.',
      )
    }
    this.#all.push([resource, dispose])
    return resource
  }

  /** Records an error that leaves the block. */
  fail(error: unknown): void {
    this.#suppress(error)
  }

  /** Disposes all resources, then rethrows the block's error. */
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

  /** Does the same as `end` for a block with `await using`. */
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
      beginUnwinding()
      this.#unwinds = true
    }
    this.#error = this.#failed ? suppressedError(error, this.#error) : error
    this.#failed = true
  }
}

interface LoweredBlock {
  readonly error?: unknown
  readonly hasError?: boolean
}

/** The resources of each block whose `using` another compiler has lowered, by the block's own record of them. */
const lowered = new WeakMap<object, { readonly stack: ResourceStack; isAsync: boolean }>()

/** Adds a resource to such a block, in place of the helper of that compiler. */
export function added<T>(block: object, resource: T, isAsync = false): T {
  let known = lowered.get(block)
  if (known === undefined) lowered.set(block, (known = { stack: new ResourceStack(), isAsync: false }))
  known.isAsync ||= isAsync
  return isAsync ? known.stack.useAsync(resource) : known.stack.use(resource)
}

/** Ends such a block. tsc keeps the error that leaves it in the block's record, and esbuild passes the error. */
export function disposed(
  block: LoweredBlock,
  error: unknown = block.error,
  hasError: boolean | undefined = block.hasError,
): Promise<void> | undefined {
  const known = lowered.get(block) ?? { stack: new ResourceStack(), isAsync: false }
  if (hasError === true) known.stack.fail(error)
  if (known.isAsync) return known.stack.endAsync()
  known.stack.end()
  return undefined
}

/** Returns a SuppressedError, or a substitute on Node 22, which has none. */
export function suppressedError(error: unknown, before: unknown): unknown {
  if (typeof SuppressedError === 'function') return new SuppressedError(error, before)
  return Object.assign(new Error('An error was suppressed during disposal.'), {
    name: 'SuppressedError',
    error,
    suppressed: before,
  })
}
