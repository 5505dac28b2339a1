/**
 * A condition variable, after std's `Condvar`: waits until the value of a Mutex has changed. core/condvar.ts defines
 * its wait queue and protocol.
 *
 * One wait passes through these states. Only HELD holds the lock:
 *
 *   HELD  --registered, lock released-->  WAITING  --notified or timed out-->  RELOCKING  --lock acquired-->  HELD
 *
 * If a thread dies in HELD, the mutex is poisoned. If it dies in another state, the reaper removes its waiter. If that
 * waiter was already woken, the reaper wakes the other waiters of its queue, so that the notification is not lost.
 */
import { CONDVAR_BYTES, CONDVAR_OWNERS, CONDVAR_WEAKS } from '../core/condvar.ts'
import { core, self } from '../core/index.ts'
import { load } from '../core/memory.ts'
import { LOCKED_POISONED, MUTEX_LOCK, MUTEX_QUEUE } from '../core/mutex.ts'
import { TimeoutError } from '../errors.ts'
import { Handle, dropHandle, isAlive, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { allocate, i32, free } from '../memory/heap.ts'
import { CONDVAR } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, monotonicNow, type Operation, type Pending } from '../wait/operation.ts'
import { recordAcquiredAt, locationNumberOfLock } from '../wait/lock-sites.ts'
import { QueueOperation } from '../wait/queue-operation.ts'
import { Wait, parseLimits, remainingMs, type TryResult, type WaitLimits } from '../wait/wait.ts'
import { defineCounted, initCounts } from './owner-count.ts'
import { watchMutexGuard, type Guard } from './guard.ts'
import { isThenableOrGenerator, asyncUnderLockError } from './lock-snapshot.ts'
import { throwPoisoned, type Mutex } from './mutex.ts'

/**
 * How often a woken waiter polls the lock before it registers in its wait queue. The notifier usually still holds the
 * lock.
 */
const ROUNDS = 200

/**
 * Lets threads wait until the value of a `Mutex` satisfies a condition.
 *
 * ```ts
 * const pair = new Arc({ ready: new Mutex(false), news: new Condvar() })
 * thread.spawn(move(() => {
 *   pair.value.ready.update(() => true).wait()
 *   pair.value.news.notifyOne()
 * }))
 * using ready = await pair.value.ready.lock()
 * await pair.value.news.until(ready, value => value)
 * ready.value // => true
 * ```
 *
 * The notifier's accesses under the lock happen before those of the waiters that it wakes. A notification without a
 * waiter is lost, so wait for a condition on the value, not for a notification.
 */
export class Condvar extends Handle {
  declare readonly [crossing]: Crossing<'Condvar', 'always', 'always'>

  constructor()
  /** @internal */
  constructor(record?: number)
  constructor(record = newCondvar()) {
    super(record)
  }

  /**
   * Waits until `condition` holds for the value. Releases the lock of `guard` during the wait, and returns the same
   * guard.
   *
   * The condition is checked first, and again after each notification. Without a condition, one notification ends the
   * wait; rarely, a spurious wake-up does. `try()` only checks the condition. A wait with a limit acquires the lock
   * again before it throws, even if that exceeds the limit. If a `select` chooses another arm, or the task is aborted,
   * the guard is released.
   *
   * Throws `DroppedError` if the guard was released, `PoisonError` if a holder panicked during the wait (the guard is
   * then released), and the errors of `condition`.
   */
  until<T>(guard: Guard<T>, condition?: (value: T) => boolean): Wait<Guard<T>> {
    return new Until(this, guard, condition)
  }

  /** Wakes the first waiter. Returns the number of woken waiters: 0 or 1. */
  notifyOne(): number {
    return core.condvarWakeOne(self, liveObjectOf(this))
  }

  /** Wakes all waiters. Returns their number. */
  notifyAll(): number {
    return core.condvarWakeAll(self, liveObjectOf(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

type Condition<T> = ((value: T) => boolean) | undefined

class Until<T> extends Wait<Guard<T>> {
  readonly #condvar: Condvar
  readonly #guard: Guard<T>
  readonly #condition: Condition<T>
  readonly #ms: number | undefined
  readonly #signals: readonly AbortSignal[]

  constructor(
    condvar: Condvar,
    guard: Guard<T>,
    condition: Condition<T>,
    ms?: number,
    signals: readonly AbortSignal[] = [],
  ) {
    super()
    this.#signals = signals
    this.#condvar = condvar
    this.#guard = guard
    this.#condition = condition
    this.#ms = ms
  }
  override begin(): Operation<Guard<T>> {
    return new Waiting(this.#condvar, this.#guard, this.#condition, this.#ms, this.#signals)
  }
  /** Checks the condition without releasing the lock. */
  override try(): Guard<T> | undefined {
    const value = this.begin().tryComplete()
    return value === PENDING ? undefined : value
  }
  override tryResult(): TryResult<Guard<T>> {
    try {
      const value = this.try()
      return value === undefined ? { status: 'pending' } : { status: 'fulfilled', value }
    } catch (reason) {
      return { status: 'rejected', reason }
    }
  }
  override wait(limit?: number | Date): Guard<T> {
    return limit === undefined ? super.wait() : this.within(limit).wait()
  }
  /** Limits the wait for a notification. Acquiring the lock again has no limit. */
  override within(limit: number | Date | WaitLimits): Wait<Guard<T>> {
    const { ms, signal } = parseLimits(limit)
    const signals = signal === undefined ? this.#signals : [...this.#signals, signal]
    const least = Math.min(remainingMs(ms), this.#ms ?? Infinity)
    return new Until(this.#condvar, this.#guard, this.#condition, least, signals)
  }
}

const HELD = 0
const WAITING = 1
const RELOCKING = 2

class Waiting<T> extends QueueOperation<Guard<T>> {
  /** Spinning is useless: no other thread can change the value while this wait holds the lock. */
  readonly neverSpins = true
  readonly #condvar: Condvar
  readonly #guard: Guard<T>
  readonly #condition: Condition<T>
  readonly #ms: number | undefined
  readonly #end: number
  readonly #signals: readonly AbortSignal[]
  #state = HELD
  #mutex = 0
  /** The source location of the first acquisition. It is noted again when the lock is acquired again. */
  #place = 0
  /** The wait was registered once, so without a condition it need not wait again. */
  #hasWaited = false
  #isLate = false
  /** The wait completed or failed, in contrast to a `select` that chose another arm. */
  #isOver = false

  constructor(
    condvar: Condvar,
    guard: Guard<T>,
    condition: Condition<T>,
    ms: number | undefined,
    signals: readonly AbortSignal[],
  ) {
    super()
    this.#signals = signals
    this.#condvar = condvar
    this.#guard = guard
    this.#condition = condition
    this.#ms = ms
    this.#end = ms === undefined ? Infinity : monotonicNow() + ms
  }
  override get deadline(): number {
    return this.#state === RELOCKING ? Infinity : this.#end
  }
  override tryComplete(): Guard<T> | Pending {
    if (this.#state === HELD) return this.#checkCondition()
    // The waiter unregistered without having been notified.
    this.#isLate ||= this.#state === WAITING && this.#isUp()
    return this.#relock()
  }
  override isReady(): boolean {
    if (this.#state === HELD) return false
    if (this.#state === WAITING) return this.#isUp()
    return load(this.#mutex + MUTEX_LOCK) === 0
  }
  /** The queue of the mutex. The queue of the condition variable is entered when the mutex is released. */
  override queue(): number {
    return this.#mutex + MUTEX_QUEUE
  }
  override register(waiter: number): boolean {
    if (this.#state === HELD) {
      const condvar = liveObjectOf(this.#condvar)
      this.#mutex = this.#guard.writeBack()
      this.#place = locationNumberOfLock(this.#mutex)
      this.#guard.detachLock()
      core.condvarWait(self, condvar, waiter, this.#mutex)
      this.#state = WAITING
      return true
    }
    return super.register(waiter)
  }
  override accept(): Guard<T> | Pending {
    this.#passOn()
    return this.#relock()
  }
  /** No signal ends the wait for the lock. */
  signals(): readonly AbortSignal[] {
    return this.#state === RELOCKING ? [] : this.#signals
  }
  #isUp(): boolean {
    return monotonicNow() >= this.#end || this.#signals.some(signal => signal.aborted)
  }
  owners(): readonly Handle[] {
    return [this.#condvar, this.#guard.handle]
  }
  transferred(guard: Guard<T>): void {
    watchMutexGuard(guard)
  }
  finish(): void {
    if (!this.#isOver && this.#state === HELD) this.#guard[Symbol.dispose]()
  }

  /**
   * Passes the wake-up to the next waiter if a handle of ours was dropped after we were notified. The object stays
   * allocated until our wait has ended.
   */
  #passOn(): void {
    if (this.#state === WAITING && !isAlive(this.#condvar)) core.condvarWakeOne(self, this.#condvar.thing)
    if (this.#state === RELOCKING && !isAlive(this.#guard.handle)) core.wakeOne(self, this.#mutex + MUTEX_QUEUE)
  }

  #relock(): Guard<T> | Pending {
    this.#state = RELOCKING
    this.#hasWaited = true
    liveObjectOf(this.#condvar)
    const mutex = liveObjectOf(this.#guard.handle)
    let locked = core.mutexTry(self, mutex)
    if (locked === 0) {
      core.spinWhile(mutex + MUTEX_LOCK, load(mutex + MUTEX_LOCK) || -1, ROUNDS)
      locked = core.mutexTry(self, mutex)
      if (locked === 0) return PENDING
    }
    if (locked === LOCKED_POISONED) throwPoisoned(this.#guard.handle as Mutex<T>, mutex)
    this.#guard.reattachLock(mutex)
    recordAcquiredAt(mutex, this.#place)
    this.#state = HELD
    return this.#checkCondition()
  }

  /** Decides, under the lock, whether the wait is complete. Returns the guard or `PENDING`. */
  #checkCondition(): Guard<T> | Pending {
    this.#isOver = true
    if (this.#condition === undefined) {
      if (this.#hasWaited && !this.#isLate) return this.#guard
      this.#guard.lockAddress()
    } else if (holds(this.#condition(this.#guard.value))) return this.#guard
    for (const signal of this.#signals) signal.throwIfAborted()
    if (monotonicNow() >= this.#end)
      throw new TimeoutError(`No notification arrived within ${this.#ms} ms. Wait longer, or continue without it.`)
    this.#isOver = false
    return PENDING
  }
}

/** Refuses a promise, which would count as true immediately. */
function holds(answer: boolean): boolean {
  if (!isThenableOrGenerator(answer)) return answer
  throw asyncUnderLockError('until', answer, 'Compare the value alone, and wait before or afterwards.')
}

function newCondvar(): number {
  const condvar = allocate(CONDVAR_BYTES)
  i32.fill(0, condvar >> 2, (condvar + CONDVAR_BYTES) >> 2)
  initCounts(condvar, CONDVAR_OWNERS, CONDVAR_WEAKS)
  try {
    return newRecord(CONDVAR, condvar, true)
  } catch (error) {
    free(condvar)
    throw error
  }
}

defineCounted(CONDVAR, Condvar, {
  name: 'Condvar',
  owners: CONDVAR_OWNERS,
  weaks: CONDVAR_WEAKS,
  revive: record => new Condvar(record),
})
