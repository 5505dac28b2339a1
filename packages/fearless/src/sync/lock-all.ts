/**
 * Acquires several locks without deadlock, after C++'s `std::lock`.
 *
 * 1. An attempt tries the locks in the order of their addresses. If one is held, the attempt releases those it has
 *    acquired.
 * 2. So it waits in the queue of one lock and holds none. It is in no cycle of waits, in any order that other
 *    threads lock in.
 * 3. When it is woken, it acquires the lock that it waited for and tries the others. If one of these is held, it
 *    releases its locks and waits for that one. Releasing its locks passes the wake-up on.
 *
 * A holder that dies or panics poisons each of its locks, as if it had acquired them one by one.
 */
import { describe } from '../describe.ts'
import { DeadlockError } from '../errors.ts'
import { liveObjectOf, type Handle } from '../memory/handles/handle.ts'
import type { crossing } from '../send.ts'
import { PENDING, type Operation, type Pending } from '../wait/operation.ts'
import { reportIfUnwaited } from '../wait/unwaited.ts'
import { Wait } from '../wait/wait.ts'
import type { Guard } from './guard.ts'
import { Mutex } from './mutex.ts'
import type { WriteGuard } from './rw-guard.ts'
import { RwLock } from './rw-lock.ts'
import { UNWIND } from './unwind.ts'
import { suppressedError } from './using.ts'

type Lock = Mutex<unknown> | RwLock<unknown>
/** A Mutex or an RwLock of any type. Their own types are invariant. */
interface Lockable {
  readonly [crossing]: { readonly name: 'Mutex' | 'RwLock' }
}
type AnyGuard = Disposable & { [UNWIND](): void }

type GuardFor<L> = L extends Mutex<infer T> ? Guard<T> : L extends RwLock<infer T> ? WriteGuard<T> : never

/** The guards of several locks, in the order of the arguments. One `using` releases all. */
export type Guards<Locks extends readonly unknown[]> = { readonly [K in keyof Locks]: GuardFor<Locks[K]> } & Disposable

/**
 * Waits until all locks are free and acquires them; an `RwLock` is locked for writing. Release them with one `using`.
 *
 * ```ts
 * const from = new Mutex(5), to = new Mutex(0)
 * {
 *   using both = await lockAll(from, to)
 *   const [a, b] = both
 *   a.value -= 3
 *   b.value += 3
 * }
 * await to.with(n => n) // => 3
 * ```
 *
 * It holds none of the locks while it waits, so no lock order leads to a deadlock. A panic poisons all of them. Throws
 * `PoisonError` if a lock is poisoned, and `DeadlockError` if a lock is passed twice or this thread would block on
 * itself. The accesses of earlier holders happen before those of the new one.
 */
export function lockAll<const Locks extends readonly Lockable[]>(...given: Locks): Wait<Guards<Locks>> {
  given.forEach(refuseOther)
  const locks = given as readonly unknown[] as readonly Lock[]
  const order = locks.map((_, i) => i).sort((a, b) => addressAt(locks, a) - addressAt(locks, b))
  order.forEach((at, i) => {
    if (i > 0 && addressAt(locks, at) === addressAt(locks, order[i - 1])) throw givenTwice(order[i - 1], at)
  })
  return reportIfUnwaited(new LockAll(locks, order), 'lockAll', lockAll) as unknown as Wait<Guards<Locks>>
}

const addressAt = (locks: readonly Lock[], at: number): number => liveObjectOf(locks[at] as Handle)

function refuseOther(lock: unknown): void {
  if (lock instanceof Mutex || lock instanceof RwLock) return
  throw new TypeError(
    `\`lockAll\` expects Mutexes and RwLocks, got ${describe(lock)}. Pass the locks, not their guards or waits.`,
  )
}

function givenTwice(first: number, second: number): DeadlockError {
  const [a, b] = [first, second].sort((x, y) => x - y)
  return new DeadlockError(
    `Arguments ${a + 1} and ${b + 1} of \`lockAll\` are the same lock, which would wait for itself. Pass each lock once.`,
  )
}

class LockAll extends Wait<AnyGuard[]> {
  readonly #locks: readonly Lock[]
  readonly #order: readonly number[]

  constructor(locks: readonly Lock[], order: readonly number[]) {
    super()
    this.#locks = locks
    this.#order = order
  }
  override begin(): Operation<AnyGuard[]> {
    const attempts = this.#locks.map(lock => (lock instanceof Mutex ? lock.lock() : lock.write()).begin())
    return new LockingAll(attempts as Operation<AnyGuard>[], this.#order)
  }
}

class LockingAll implements Operation<AnyGuard[]> {
  readonly deadline = Infinity
  /** One attempt for each lock, in the order of the arguments. */
  readonly #attempts: readonly Operation<AnyGuard>[]
  /** Indices of the attempts, in the order of the addresses of their locks. */
  readonly #order: readonly number[]
  /** The index of the lock that was held at the last attempt. */
  #held = 0

  constructor(attempts: readonly Operation<AnyGuard>[], order: readonly number[]) {
    this.#attempts = attempts
    this.#order = order
  }
  tryComplete(): AnyGuard[] | Pending {
    return this.#takeOthers([])
  }
  isReady(): boolean {
    return this.#order.length === 0 || this.#attempts[this.#held].isReady()
  }
  register(waiter: number): boolean {
    return this.#attempts[this.#held].register(waiter)
  }
  unregister(waiter: number): boolean {
    return this.#attempts[this.#held].unregister(waiter)
  }
  accept(waiter: number): AnyGuard[] | Pending {
    const guard = this.#attempts[this.#held].accept(waiter)
    if (guard === PENDING) return PENDING
    // Our lock first in the list: if another is held, releasing ours passes the wake-up to the next waiter in its
    // queue.
    const guards: AnyGuard[] = []
    guards[this.#held] = guard
    return this.#takeOthers(guards)
  }
  discardWake(waiter: number): void {
    this.#attempts[this.#held].discardWake?.(waiter)
  }
  owners(): readonly Handle[] {
    return this.#attempts.flatMap(attempt => attempt.owners?.() ?? [])
  }
  transferred(guards: AnyGuard[]): void {
    this.#attempts.forEach((attempt, at) => attempt.transferred?.(guards[at]))
  }
  finish(): void {
    for (const attempt of this.#attempts) attempt.finish?.()
  }

  /** Acquires the locks that are missing in `guards`. If one is held, releases all and returns `PENDING`. */
  #takeOthers(guards: AnyGuard[]): AnyGuard[] | Pending {
    try {
      for (const at of this.#order) {
        if (at in guards) continue
        const guard = this.#attempts[at].tryComplete()
        if (guard === PENDING) {
          this.#held = at
          releaseAll(guards, Symbol.dispose)
          return PENDING
        }
        guards[at] = guard
      }
    } catch (error) {
      // A lock is poisoned, or its handle was dropped. No value of the other locks was used.
      releaseAll(guards, Symbol.dispose)
      throw error
    }
    return asOne(guards)
  }
}

/** Combines guards, so that one disposer releases all. */
function asOne(guards: AnyGuard[]): AnyGuard[] {
  return Object.defineProperties(guards, {
    [Symbol.dispose]: { value: disposeAll },
    [UNWIND]: { value: unwindAll },
  })
}

function disposeAll(this: AnyGuard[]): void {
  releaseAll(this, Symbol.dispose)
}

function unwindAll(this: AnyGuard[]): void {
  releaseAll(this, UNWIND)
}

/** Releases all guards, the last one first, even if writing a value back throws. */
function releaseAll(guards: AnyGuard[], how: typeof Symbol.dispose | typeof UNWIND): void {
  let failed = false
  let error: unknown
  for (const guard of guards.toReversed()) {
    try {
      ;(guard as AnyGuard | undefined)?.[how]()
    } catch (another) {
      error = failed ? suppressedError(another, error) : another
      failed = true
    }
  }
  if (failed) throw error
}
