/**
 * LazyLock: a value that one thread makes on first use, after std's `LazyLock`. Its words are those of a Once.
 *
 * Until the value exists, its word refers to the initialiser, stored in the heap like the closure of a thread. The
 * first caller of `force` claims the initialisation and starts a thread for it, so any thread may have loaded the
 * initialiser's module. The claim is a handle that moves to that thread: if it is dropped there or in transit without a
 * value, the LazyLock is poisoned.
 */
import { LOCK_ONCE, ONCE_DONE, ONCE_NEW, ONCE_POISONED } from '../core/once.ts'
import { MUTEX_OWNERS } from '../core/mutex.ts'
import { core, self } from '../core/index.ts'
import { PoisonError } from '../errors.ts'
import { Handle, defineHandleClass, dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { heapFullError } from '../memory/heap.ts'
import { LAZY_CLAIM, LAZY_LOCK } from '../memory/handles/kinds.ts'
import { refuseUnshareable } from '../memory/codec/message.ts'
import { INTO_LAZY_LOCK } from '../memory/codec/moved.ts'
import type { Crossing, Read, SendSync, crossing } from '../send.ts'
import { countedKind, dropContents } from '../sync/owner-count.ts'
import { defineLock, newLock } from '../sync/lock-memory.ts'
import { CellReader } from '../sync/once-lock.ts'
import { OnceWait, onceStateOf, selfInitialisationError } from '../sync/once-wait.ts'
import { readLockValue, writeLockValue } from '../sync/lock-value.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import type { Wait } from '../wait/wait.ts'
import { __fl$, annotationOf, closureNumber } from './closure/closure.ts'
import { defineFactory, factoryOf, loadFactory } from './closure/factory.ts'
import { reportable } from '../memory/codec/codec.ts'
import { spawnThread } from './spawn.ts'
import { scopeThread } from './pool/thread-owners.ts'

const URL = 'fearless:lazy-lock'
defineFactory(URL, () => make as (...args: readonly unknown[]) => unknown)

/**
 * A value that `f` makes once, on its first use.
 *
 * ```ts
 * const table = new LazyLock(move(() => Array.from({ length: 4 }, (_, i) => i * i)))
 * await thread.spawn(move(() => table.force().wait()[3])).join() // => 9
 * table.get()?.[2] // => 4
 * ```
 *
 * `f` runs in a thread of its own. Its captures are given away with `move`. The value lies in shared memory; each
 * thread reads it once, and gets it frozen. Everything `f` did is visible to the threads that get the value. Sending
 * the LazyLock to another thread shares it.
 */
export class LazyLock<T> extends Handle {
  declare readonly [crossing]: Crossing<'LazyLock', 'if Send and Sync', 'if Send and Sync', T>
  readonly #reader = new CellReader()

  constructor(f: () => SendSync<T>)
  /** @internal */
  constructor(f: () => unknown, record?: number)
  constructor(f: () => unknown, record = newLazyLock(f)) {
    super(record)
  }

  /**
   * Returns the value. The first call starts `f`, and every call waits until the value exists.
   *
   * Throws `PoisonError` if `f` has thrown, with the thrown error as its `cause`. Throws `DeadlockError` inside of `f`.
   */
  force(): Wait<Read<T>> {
    return new Forcing<T>(this)
  }

  /** Returns the value, or `undefined` if it does not exist yet. Does not start `f`. */
  get(): Read<T> | undefined {
    return onceStateOf(this) === ONCE_DONE ? this.read() : undefined
  }

  /** @internal Reads the value, or the error that was stored in its place. */
  read(): Read<T> {
    return this.#reader.read(liveObjectOf(this)) as Read<T>
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class Forcing<T> extends OnceWait<Read<T>> {
  override tryComplete(): Read<T> | Pending {
    const lazy = this.handle as LazyLock<T>
    const state = onceStateOf(lazy)
    if (state === ONCE_DONE) return lazy.read()
    if (state === ONCE_POISONED) throw poisoned(lazy)
    if (making.has(liveObjectOf(lazy))) throw selfInitialisationError()
    if (this.isFree()) startMaking(lazy)
    return PENDING
  }
  override isReady(): boolean {
    return onceStateOf(this.handle) !== ONCE_NEW || this.isFree()
  }
}

/** The claim of an initialisation: its owner must store a value or an error. */
class Claim extends Handle {
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

function startMaking(lazy: Handle): void {
  const lock = liveObjectOf(lazy)
  const record = core.newOwner(self, LAZY_CLAIM, lock, lock + MUTEX_OWNERS)
  if (record === 0) throw heapFullError(32)
  const claim = new Claim(record)
  if (core.claimOnce(lock, record) === 0) return dropHandle(claim)
  try {
    const body = __fl$(() => {}, URL)
    const handle = spawnThread({ name: 'LazyLock' }, body, [claim], 'move')
    // A panic of the thread is reported by the threads that wait for the value.
    scopeThread(liveObjectOf(handle))
    dropHandle(handle)
  } catch (error) {
    // The initialiser has not started, so the next caller of `force` may try again.
    core.endClaim(self, lock, record, ONCE_NEW)
    dropHandle(claim)
    throw error
  }
}

/** The LazyLocks whose initialisers run in this worker now. */
const making = new Set<number>()

/** The body of the thread that makes the value. */
async function make(claim: Claim): Promise<void> {
  const lock = liveObjectOf(claim)
  let outcome = ONCE_POISONED
  making.add(lock)
  try {
    const [closure, captures] = readLockValue(lock) as [number, unknown[]]
    // The error that remains if this thread dies.
    writeLockValue(lock, 'Its thread ended before it returned a value.')
    const factory = factoryOf(closure) ?? (await loadFactory(closure))
    writeLockValue(lock, factory(captures)(), refuseUnshareable)
    outcome = ONCE_DONE
  } catch (error) {
    writeLockValue(lock, reportable(error))
  } finally {
    making.delete(lock)
    core.endClaim(self, lock, claim.record, outcome)
  }
}

function poisoned(lazy: LazyLock<unknown>): PoisonError<undefined> {
  const error = new PoisonError<undefined>(
    'The function of this LazyLock panicked, so it has no value. Read the error from `cause`, and make a new LazyLock.',
    () => undefined,
  )
  error.cause = lazy.read()
  return error
}

function newLazyLock(f: () => unknown): number {
  const { url, captures } = annotationOf(f)
  const closure = closureNumber(url)
  return newLock(LAZY_LOCK, LOCK_ONCE, true, lock =>
    writeLockValue(lock, [closure, captures?.() ?? []], undefined, INTO_LAZY_LOCK),
  )
}

defineLock(
  LAZY_LOCK,
  'LazyLock',
  LazyLock as { readonly prototype: Handle },
  record => new LazyLock(() => undefined as never, record),
)

defineHandleClass(LAZY_CLAIM, Claim, {
  name: 'LazyLock’s claim',
  drop: (lock, record) => {
    if (core.dropClaimant(self, lock, record) !== 0) dropContents(countedKind(LAZY_LOCK), lock)
  },
  countsRecords: true,
  revive: record => new Claim(record),
  onlyMemory: false,
})
