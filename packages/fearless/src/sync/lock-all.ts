/**
 * Several locks at once, without a deadlock: after C++'s `std::lock`.
 *
 * 1. An attempt asks for the locks in the order of their addresses. If one is held, it releases those that it has taken.
 * 2. So it waits in the queue of one lock and holds none meanwhile: it is in no circle, whatever order others lock in.
 * 3. Woken, it takes the lock that it waited for, and then asks for the others. If one of these is held it releases what it
 *    has, which passes the wake on, and waits for that one.
 *
 * A holder that dies or panics poisons each of its locks, as if it had taken them one by one.
 */
import { describe } from '../describe.ts'
import { DeadlockError } from '../errors.ts'
import { thingOf, type Handle } from '../memory/handles/handle.ts'
import type { crossing } from '../send.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { handOut } from '../wait/handed-out.ts'
import { Wait } from '../wait/wait.ts'
import type { Guard } from './guard.ts'
import { Mutex } from './mutex.ts'
import type { WriteGuard } from './rw-guard.ts'
import { RwLock } from './rw-lock.ts'
import { UNWIND } from './unwind.ts'
import { suppressed } from './using.ts'

type Lock = Mutex<unknown> | RwLock<unknown>
/** A Mutex or an RwLock of anything: their own types are invariant. */
interface Lockable {
  readonly [crossing]: { readonly name: 'Mutex' | 'RwLock' }
}
type AnyGuard = Disposable & { [UNWIND](): void }

type GuardFor<L> = L extends Mutex<infer T> ? Guard<T> : L extends RwLock<infer T> ? WriteGuard<T> : never

/** The guards of several locks, in the order in which the locks were given: one `using` releases all. */
export type Guards<Locks extends readonly unknown[]> = { readonly [K in keyof Locks]: GuardFor<Locks[K]> } & Disposable

/**
 * Waits until all of the locks are free and takes them; an `RwLock` is locked for writing. Release them with one `using`.
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
 * While it waits it holds none of them, so no order of locks leads to a deadlock. A panic poisons all of them.
 * Throws `PoisonError` if one is poisoned, and `DeadlockError` if one is given twice, or if this thread would block on itself.
 * What the holders before did is visible afterwards.
 */
export function lockAll<const Locks extends readonly Lockable[]>(...given: Locks): Wait<Guards<Locks>> {
  given.forEach(refuseOther)
  const locks = given as readonly unknown[] as readonly Lock[]
  const order = locks.map((_, i) => i).sort((a, b) => addressAt(locks, a) - addressAt(locks, b))
  order.forEach((at, i) => {
    if (i > 0 && addressAt(locks, at) === addressAt(locks, order[i - 1])) throw givenTwice(order[i - 1], at)
  })
  return handOut(new LockAll(locks, order), 'lockAll', lockAll) as unknown as Wait<Guards<Locks>>
}

const addressAt = (locks: readonly Lock[], at: number): number => thingOf(locks[at] as Handle)

function refuseOther(lock: unknown): void {
  if (lock instanceof Mutex || lock instanceof RwLock) return
  throw new TypeError(
    `lockAll expects Mutexes and RwLocks, got ${describe(lock)}. Give it the locks, not their guards or waits.`,
  )
}

function givenTwice(first: number, second: number): DeadlockError {
  const [a, b] = [first, second].sort((x, y) => x - y)
  return new DeadlockError(
    `The arguments ${a + 1} and ${b + 1} of lockAll are the same lock, which would wait for itself. Give each lock once.`,
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
  override begin(): Attempt<AnyGuard[]> {
    const attempts = this.#locks.map(lock => (lock instanceof Mutex ? lock.lock() : lock.write()).begin())
    return new LockingAll(attempts as Attempt<AnyGuard>[], this.#order)
  }
}

class LockingAll implements Attempt<AnyGuard[]> {
  readonly deadline = Infinity
  /** One for each lock, in the order of the arguments. */
  readonly #attempts: readonly Attempt<AnyGuard>[]
  /** Their numbers, in the order in which they are asked. */
  readonly #order: readonly number[]
  /** The one that was held when it was last asked for. */
  #held = 0

  constructor(attempts: readonly Attempt<AnyGuard>[], order: readonly number[]) {
    this.#attempts = attempts
    this.#order = order
  }
  poll(): AnyGuard[] | Pending {
    return this.#takeOthers([])
  }
  ready(): boolean {
    return this.#order.length === 0 || this.#attempts[this.#held].ready()
  }
  enter(waiter: number): boolean {
    return this.#attempts[this.#held].enter(waiter)
  }
  leave(waiter: number): boolean {
    return this.#attempts[this.#held].leave(waiter)
  }
  woken(waiter: number): AnyGuard[] | Pending {
    const guard = this.#attempts[this.#held].woken(waiter)
    if (guard === PENDING) return PENDING
    // Ours before the others: releasing it passes the wake on to the next in that queue.
    const guards: AnyGuard[] = []
    guards[this.#held] = guard
    return this.#takeOthers(guards)
  }
  forgo(waiter: number): void {
    this.#attempts[this.#held].forgo?.(waiter)
  }
  owners(): readonly Handle[] {
    return this.#attempts.flatMap(attempt => attempt.owners?.() ?? [])
  }
  taken(guards: AnyGuard[]): void {
    this.#attempts.forEach((attempt, at) => attempt.taken?.(guards[at]))
  }
  end(): void {
    for (const attempt of this.#attempts) attempt.end?.()
  }

  /** Takes those that `guards` has not, or releases all. */
  #takeOthers(guards: AnyGuard[]): AnyGuard[] | Pending {
    try {
      for (const at of this.#order) {
        if (at in guards) continue
        const guard = this.#attempts[at].poll()
        if (guard === PENDING) {
          this.#held = at
          releaseAll(guards, Symbol.dispose)
          return PENDING
        }
        guards[at] = guard
      }
    } catch (error) {
      // One is poisoned, or gone. The others were not used.
      releaseAll(guards, Symbol.dispose)
      throw error
    }
    return asOne(guards)
  }
}

/** Guards that end together. */
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

/** Releases the last first; all of them, also if writing a value back throws. */
function releaseAll(guards: AnyGuard[], how: typeof Symbol.dispose | typeof UNWIND): void {
  let failed = false
  let error: unknown
  for (const guard of guards.toReversed()) {
    try {
      ;(guard as AnyGuard | undefined)?.[how]()
    } catch (another) {
      error = failed ? suppressed(another, error) : another
      failed = true
    }
  }
  if (failed) throw error
}
