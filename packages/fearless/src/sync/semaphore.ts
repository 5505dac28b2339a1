/** A semaphore: so many at a time, in the order in which they came. The protocol is in core/semaphore.ts. */
import { SEMAPHORES } from '../core/alloc.ts'
import { HANDLE_NOTE } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import {
  ACQUIRED,
  ACQUIRE_CLOSED,
  SEMAPHORE_AVAILABLE,
  SEMAPHORE_CLOSED,
  SEMAPHORE_OWNERS,
  SEMAPHORE_WEAKS,
} from '../core/semaphore.ts'
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { ClosedError } from '../errors.ts'
import { Handle, defineKind, dropHandle, dropRecord, newRecord, thingOf } from '../memory/handles/handle.ts'
import { heapFull, i32 } from '../memory/heap.ts'
import { SEMAPHORE_PERMIT, SEMAPHORE } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { Wait } from '../wait/wait.ts'
import { countedKind, defineCounted, dropWeak, startCounts } from './counted.ts'

const MOST = 0x7fff_ffff

/**
 * A number of permits: whoever needs some waits until there are enough.
 *
 * ```ts
 * const connections = new Semaphore(2)
 * const pages = ['data:,a', 'data:,b', 'data:,c'].map(async url => {
 *   using _permit = await connections.acquire()
 *   const page = await fetch(url) // at most two at a time
 *   return await page.text()
 * })
 * await Promise.all(pages) // => ['a', 'b', 'c']
 * ```
 *
 * First come, first served, also if somebody who wants many holds those up who want few. What was done before a permit was
 * given back is visible to whoever gets it. Crossing a thread shares the semaphore.
 */
export class Semaphore extends Handle {
  declare readonly [crossing]: Crossing<'Semaphore', 'always', 'always'>

  /** A semaphore with so many permits. */
  constructor(permits: number)
  /** @internal */
  constructor(permits: number, record?: number)
  constructor(permits: number, record = newSemaphore(permits)) {
    super(record)
  }

  /**
   * Waits for `permits` (1 if left out) and for all who came before; gives them as one `SemaphorePermit`.
   *
   * Throws `ClosedError` once the semaphore is closed.
   */
  acquire(permits = 1): Wait<SemaphorePermit> {
    checkCount(permits)
    return new Acquire(this, permits)
  }

  /** Makes more permits than there were. Throws `RangeError` if they become more than 2^31 - 1. */
  addPermits(permits: number): void {
    checkCount(permits)
    if (this.availablePermits + permits > MOST) throw new RangeError(`A semaphore has at most ${MOST} permits.`)
    core.addPermits(self, thingOf(this), permits)
  }

  /** How many permits are available: a snapshot. */
  get availablePermits(): number {
    return Atomics.load(i32, (thingOf(this) + SEMAPHORE_AVAILABLE) >> 2)
  }

  /** Ends all waits, now and from now on, with `ClosedError`. Permits that are out stay valid. */
  close(): void {
    core.closeSemaphore(self, thingOf(this))
  }

  get isClosed(): boolean {
    return Atomics.load(i32, (thingOf(this) + SEMAPHORE_CLOSED) >> 2) !== 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/** Permits of a `Semaphore`: they go back with `using`, with `drop(permit)`, or with the thread that they belong to. */
export class SemaphorePermit extends Handle {
  declare readonly [crossing]: Crossing<
    'SemaphorePermit',
    'always',
    'never: only one thread at a time may have it, move it'
  >

  /** How many permits these are. */
  get permits(): number {
    thingOf(this)
    return i32[(this.record + HANDLE_NOTE) >> 2]
  }

  /**
   * Takes `permits` of these out, as a `SemaphorePermit` of their own; `undefined` if there are not so many.
   *
   * ```ts
   * const s = new Semaphore(3)
   * const three = await s.acquire(3)
   * const one = three.split(1)!
   * drop(three)
   * s.availablePermits // => 2
   * one.permits // => 1
   * ```
   *
   * Never waits. Throws `RangeError` for what is no number of permits, and `HeapFullError`.
   */
  split(permits: number): SemaphorePermit | undefined {
    checkCount(permits)
    const semaphore = thingOf(this)
    if (permits > this.permits) return undefined
    const record = newPermitRecord(semaphore)
    core.movePermits(this.record, record, permits)
    return new SemaphorePermit(record)
  }

  /**
   * Takes the permits of `other` over, which is used up by that.
   *
   * ```ts
   * const s = new Semaphore(3)
   * const mine = await s.acquire(1)
   * mine.merge(await s.acquire(2))
   * mine.permits // => 3
   * ```
   *
   * Never waits. Throws `TypeError` if they are not two permits of one semaphore; nothing has changed then.
   */
  merge(other: SemaphorePermit): void {
    if (thingOf(this) !== thingOf(other) || other === this) {
      throw new TypeError(
        `merge expects another permit of the same semaphore, got ${other === this ? 'the permit itself' : 'one of another semaphore'}. ` +
          'Acquire both from one semaphore, or keep them apart.',
      )
    }
    core.movePermits(other.record, this.record, other.permits)
    dropHandle(other)
  }

  /** Ends without giving the permits back: the semaphore has so many less. */
  forget(): void {
    thingOf(this)
    i32[(this.record + HANDLE_NOTE) >> 2] = 0
    dropHandle(this)
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class Acquire extends Wait<SemaphorePermit> {
  readonly #semaphore: Semaphore
  readonly #wanted: number

  constructor(semaphore: Semaphore, wanted: number) {
    super()
    this.#semaphore = semaphore
    this.#wanted = wanted
  }
  override begin(): Attempt<SemaphorePermit> {
    return new Acquiring(this.#semaphore, this.#wanted)
  }
}

class Acquiring implements Attempt<SemaphorePermit> {
  readonly deadline = Infinity
  readonly #semaphore: Semaphore
  readonly #wanted: number
  /** Where the permits go: this thread's record, before it asks for them. 0 while there is none. */
  #record = 0

  constructor(semaphore: Semaphore, wanted: number) {
    this.#semaphore = semaphore
    this.#wanted = wanted
  }
  poll(): SemaphorePermit | Pending {
    const semaphore = thingOf(this.#semaphore)
    if (core.mayAcquire(semaphore, this.#wanted) === 0) return PENDING
    const answer = core.acquireTry(self, semaphore, this.#recordFor(semaphore), this.#wanted)
    if (answer === ACQUIRED) return this.#take()
    if (answer === ACQUIRE_CLOSED)
      throw new ClosedError('This semaphore is closed, and gives no permits any more. Go on without, or make another.')
    return PENDING
  }
  ready(): boolean {
    return core.mayAcquire(thingOf(this.#semaphore), this.#wanted) !== 0
  }
  enter(waiter: number): boolean {
    const semaphore = thingOf(this.#semaphore)
    return core.acquireEnter(self, semaphore, waiter, this.#recordFor(semaphore), this.#wanted) !== 0
  }
  leave(waiter: number): boolean {
    return core.acquireLeave(self, this.#semaphore.thing, waiter) !== 0
  }
  woken(waiter: number): SemaphorePermit | Pending {
    thingOf(this.#semaphore)
    return core.isServed(waiter, this.#record) !== 0 ? this.#take() : this.poll()
  }
  handed(waiter: number): boolean {
    return core.isServed(waiter, this.#record) !== 0
  }
  owners(): readonly Handle[] {
    return [this.#semaphore]
  }
  /** What it was given and nobody takes goes back. */
  end(): void {
    if (this.#record !== 0) dropRecord(this.#record)
    this.#record = 0
  }

  #take(): SemaphorePermit {
    const permit = new SemaphorePermit(this.#record)
    this.#record = 0
    return permit
  }

  #recordFor(semaphore: number): number {
    if (this.#record !== 0) return this.#record
    this.#record = newPermitRecord(semaphore)
    return this.#record
  }
}

/** A record without permits. It is this thread's before there is anything in it, so that a reaper finds it. */
function newPermitRecord(semaphore: number): number {
  const record = core.newOwner(self, SEMAPHORE_PERMIT, semaphore, semaphore + SEMAPHORE_OWNERS)
  if (record === 0) throw heapFull(32)
  return record
}

function checkCount(permits: number): void {
  if (Number.isInteger(permits) && permits >= 0 && permits <= MOST) return
  throw new RangeError(`Permits are counted in whole numbers from 0 to ${MOST}, not ${describe(permits)}.`)
}

function newSemaphore(permits: number): number {
  checkCount(permits)
  const semaphore = core.takeThing(self, SEMAPHORES)
  if (semaphore === 0) throw heapFull(64)
  i32.fill(0, semaphore >> 2, (semaphore + 64) >> 2)
  startCounts(semaphore, SEMAPHORE_OWNERS, SEMAPHORE_WEAKS)
  Atomics.store(i32, (semaphore + SEMAPHORE_AVAILABLE) >> 2, permits)
  try {
    return newRecord(SEMAPHORE, semaphore, true)
  } catch (error) {
    core.release(self, semaphore)
    throw error
  }
}

defineCounted(SEMAPHORE, Semaphore, {
  name: 'Semaphore',
  owners: SEMAPHORE_OWNERS,
  weaks: SEMAPHORE_WEAKS,
  revive: record => new Semaphore(0, record),
})

defineKind(SEMAPHORE_PERMIT, SemaphorePermit as { readonly prototype: Handle }, {
  name: 'SemaphorePermit',
  drop: (semaphore, record) => {
    if (core.endPermit(self, semaphore, record) !== 0) dropWeak(countedKind(SEMAPHORE), semaphore)
  },
  countsRecords: true,
  revive: record => new SemaphorePermit(record),
  onlyMemory: false,
  whenLost: () =>
    platform.printError(
      'A SemaphorePermit was lost: it became garbage before it was released. Its permits are back. ' +
        'Keep it with `using`, or end it by `drop(permit)`.\n',
    ),
})
