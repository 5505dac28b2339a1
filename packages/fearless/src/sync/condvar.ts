/**
 * A condition variable: waits for news about what a Mutex protects. The line and its protocol are in core/condvar.ts.
 *
 * One wait goes through three states, and only the first and the last hold the lock:
 *
 *   HELD  --in line, lock released-->  WAITING  --woken, or time is up-->  RELOCKING  --lock taken-->  HELD
 */
import { CONDVAR_BYTES, CONDVAR_OWNERS, CONDVAR_WEAKS } from '../core/condvar.ts'
import { core, self } from '../core/index.ts'
import { LOCKED_POISONED, MUTEX_LOCK, MUTEX_QUEUE } from '../core/mutex.ts'
import { TimeoutError } from '../errors.ts'
import { Handle, dropHandle, isAlive, newRecord, thingOf } from '../memory/handles/handle.ts'
import { allocate, i32, release } from '../memory/heap.ts'
import { CONDVAR } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, now, type Attempt, type Pending } from '../wait/attempt.ts'
import { notePlace, placeNoted } from '../wait/places.ts'
import { Wait, limitsOf, millisecondsOf, type TryResult, type WaitLimits } from '../wait/wait.ts'
import { defineCounted, startCounts } from './counted.ts'
import { watchMutexGuard, type Guard } from './guard.ts'
import { runsLater, laterError } from './lent.ts'
import { poisoned, type Mutex } from './mutex.ts'

/** How often a waiter that was woken looks at the lock before it stands in line for it: its waker mostly holds it still. */
const ROUNDS = 200

/**
 * Lets threads wait until what a `Mutex` protects has changed.
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
 * What a thread did before it notified, under the lock, is visible to whom it woke. A notification that finds nobody
 * waiting is lost, so ask for the value, not for the news.
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
   * Waits until `condition` holds for the value: releases the lock of `guard` meanwhile, and gives the guard again.
   *
   * The condition is asked first, and after each notification. Without one, waits for one notification, or for none at
   * all: rarely somebody wakes for nothing. `try()` only asks. A wait with a limit ends with its error, holding the lock as
   * well, even if it has to wait longer for that. Where a `select` gives it up, or its task is aborted, the guard is released.
   *
   * Throws `DroppedError` if the guard was released, `PoisonError` if a holder panicked meanwhile (the guard is released
   * then), and what `condition` throws.
   */
  until<T>(guard: Guard<T>, condition?: (value: T) => boolean): Wait<Guard<T>> {
    return new Until(this, guard, condition)
  }

  /** Wakes one of those who wait, the first to come; gives how many that were: 0 or 1. */
  notifyOne(): number {
    return core.condvarOne(self, thingOf(this))
  }

  /** Wakes all who wait; gives how many these were. */
  notifyAll(): number {
    return core.condvarAll(self, thingOf(this))
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
  override begin(): Attempt<Guard<T>> {
    return new Waiting(this.#condvar, this.#guard, this.#condition, this.#ms, this.#signals)
  }
  /** Only asks: the lock stays where it is. */
  override try(): Guard<T> | undefined {
    const value = this.begin().poll()
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
  /** The limit is for the news only: the lock is taken again in any case. */
  override within(limit: number | Date | WaitLimits): Wait<Guard<T>> {
    const { ms, signal } = limitsOf(limit)
    const signals = signal === undefined ? this.#signals : [...this.#signals, signal]
    const least = Math.min(millisecondsOf(ms), this.#ms ?? Infinity)
    return new Until(this.#condvar, this.#guard, this.#condition, least, signals)
  }
}

const HELD = 0
const WAITING = 1
const RELOCKING = 2

class Waiting<T> implements Attempt<Guard<T>> {
  /** While it holds the lock, nobody can change what it waits for. */
  readonly unwatched = true
  readonly #condvar: Condvar
  readonly #guard: Guard<T>
  readonly #condition: Condition<T>
  readonly #ms: number | undefined
  readonly #end: number
  readonly #signals: readonly AbortSignal[]
  #state = HELD
  #mutex = 0
  /** Where the lock was taken: it still is when it is taken again. */
  #place = 0
  /** It was in line, and need not wait again if it has no condition. */
  #hasWaited = false
  #isLate = false
  /** It has ended by itself, not because a select gave it up. */
  #isOver = false

  constructor(
    condvar: Condvar,
    guard: Guard<T>,
    condition: Condition<T>,
    ms: number | undefined,
    signals: readonly AbortSignal[],
  ) {
    this.#signals = signals
    this.#condvar = condvar
    this.#guard = guard
    this.#condition = condition
    this.#ms = ms
    this.#end = ms === undefined ? Infinity : now() + ms
  }
  get deadline(): number {
    return this.#state === RELOCKING ? Infinity : this.#end
  }
  poll(): Guard<T> | Pending {
    if (this.#state === HELD) return this.#look()
    // It has left the line without being woken.
    this.#isLate ||= this.#state === WAITING && this.#isUp()
    return this.#relock()
  }
  ready(): boolean {
    if (this.#state === HELD) return false
    if (this.#state === WAITING) return this.#isUp()
    return Atomics.load(i32, (this.#mutex + MUTEX_LOCK) >> 2) === 0
  }
  enter(waiter: number): boolean {
    if (this.#state === HELD) {
      const condvar = thingOf(this.#condvar)
      this.#mutex = this.#guard.flush()
      this.#place = placeNoted(this.#mutex)
      this.#guard.forget()
      core.condvarWait(self, condvar, waiter, this.#mutex)
      this.#state = WAITING
    } else core.enterQueue(self, this.#mutex + MUTEX_QUEUE, waiter)
    return true
  }
  leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  woken(): Guard<T> | Pending {
    this.#passOn()
    return this.#relock()
  }
  /** Nothing ends the wait for the lock. */
  signals(): readonly AbortSignal[] {
    return this.#state === RELOCKING ? [] : this.#signals
  }
  #isUp(): boolean {
    return now() >= this.#end || this.#signals.some(signal => signal.aborted)
  }
  owners(): readonly Handle[] {
    return [this.#condvar, this.#guard.handle]
  }
  taken(guard: Guard<T>): void {
    watchMutexGuard(guard)
  }
  end(): void {
    if (!this.#isOver && this.#state === HELD) this.#guard[Symbol.dispose]()
  }

  /** If a handle of ours went while a wake was on its way, the next in that line gets it: the thing is there until our wait ends. */
  #passOn(): void {
    if (this.#state === WAITING && !isAlive(this.#condvar)) core.condvarOne(self, this.#condvar.thing)
    if (this.#state === RELOCKING && !isAlive(this.#guard.handle)) core.wakeOne(self, this.#mutex + MUTEX_QUEUE)
  }

  #relock(): Guard<T> | Pending {
    this.#state = RELOCKING
    this.#hasWaited = true
    thingOf(this.#condvar)
    const mutex = thingOf(this.#guard.handle)
    let locked = core.mutexTry(self, mutex)
    if (locked === 0) {
      core.spinWhile(mutex + MUTEX_LOCK, Atomics.load(i32, (mutex + MUTEX_LOCK) >> 2) || -1, ROUNDS)
      locked = core.mutexTry(self, mutex)
      if (locked === 0) return PENDING
    }
    if (locked === LOCKED_POISONED) poisoned(this.#guard.handle as Mutex<T>, mutex)
    this.#guard.retake(mutex)
    notePlace(mutex, this.#place)
    this.#state = HELD
    return this.#look()
  }

  /** We hold the lock: is it over? */
  #look(): Guard<T> | Pending {
    this.#isOver = true
    if (this.#condition === undefined) {
      if (this.#hasWaited && !this.#isLate) return this.#guard
      this.#guard.alive()
    } else if (holds(this.#condition(this.#guard.value))) return this.#guard
    for (const signal of this.#signals) signal.throwIfAborted()
    if (now() >= this.#end)
      throw new TimeoutError(`No news came within ${this.#ms} ms. Wait longer, or go on without it.`)
    this.#isOver = false
    return PENDING
  }
}

/** A promise would be true at once. */
function holds(answer: boolean): boolean {
  if (!runsLater(answer)) return answer
  throw laterError('until', answer, 'Compare the value alone, and wait before or afterwards.')
}

function newCondvar(): number {
  const condvar = allocate(CONDVAR_BYTES)
  i32.fill(0, condvar >> 2, (condvar + CONDVAR_BYTES) >> 2)
  startCounts(condvar, CONDVAR_OWNERS, CONDVAR_WEAKS)
  try {
    return newRecord(CONDVAR, condvar, true)
  } catch (error) {
    release(condvar)
    throw error
  }
}

defineCounted(CONDVAR, Condvar, {
  name: 'Condvar',
  owners: CONDVAR_OWNERS,
  weaks: CONDVAR_WEAKS,
  revive: record => new Condvar(record),
})
