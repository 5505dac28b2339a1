/**
 * A counting semaphore with a fair (FIFO) wait queue, after tokio's `Semaphore`. core/semaphore.ts defines its words
 * and protocol.
 *
 * - A permit is a handle record with a count. Permits are transferred into the record before its waiter is notified.
 * - A dead thread's permits return to the semaphore, because the reaper drops its records.
 */
import { get, load, set, store } from '../core/memory.ts'
import { SEMAPHORES } from '../core/alloc.ts'
import { HANDLE_STATE } from '../core/handles.ts'
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
import { Handle, defineHandleClass, dropHandle, dropRecord, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { heapFullError, i32 } from '../memory/heap.ts'
import { SEMAPHORE_PERMIT, SEMAPHORE } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Operation, type Pending } from '../wait/operation.ts'
import { Wait } from '../wait/wait.ts'
import { countedKind, defineCounted, dropWeak, initCounts } from './owner-count.ts'

const MAX_PERMITS = 0x7fff_ffff

/**
 * A number of permits. A task that needs permits waits until enough are available.
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
 * Waiters are served in FIFO order, even if a request for many permits delays later requests for few. The accesses
 * before a permit is returned happen before those of its next holder. Crossing a thread shares the semaphore.
 */
export class Semaphore extends Handle {
  declare readonly [crossing]: Crossing<'Semaphore', 'always', 'always'>

  /** Creates a semaphore with `permits` permits. */
  constructor(permits: number)
  /** @internal */
  constructor(permits: number, record?: number)
  constructor(permits: number, record = newSemaphore(permits)) {
    super(record)
  }

  /**
   * Waits for `permits` permits (1 by default) behind all earlier waiters. Returns them as one `SemaphorePermit`.
   *
   * Throws `ClosedError` once the semaphore is closed.
   */
  acquire(permits = 1): Wait<SemaphorePermit> {
    checkCount(permits)
    return new Acquire(this, permits)
  }

  /** Adds permits. Throws `RangeError` if their number would exceed 2^31 - 1. */
  addPermits(permits: number): void {
    checkCount(permits)
    if (this.availablePermits + permits > MAX_PERMITS)
      throw new RangeError(
        `A semaphore has at most ${MAX_PERMITS} permits, got ${describe(permits)} more than ${this.availablePermits}. Add fewer.`,
      )
    core.addPermits(self, liveObjectOf(this), permits)
  }

  /** The number of available permits, as a snapshot. */
  get availablePermits(): number {
    return load(liveObjectOf(this) + SEMAPHORE_AVAILABLE)
  }

  /** Closes the semaphore: present and later waits throw `ClosedError`. Permits that were acquired stay valid. */
  close(): void {
    core.closeSemaphore(self, liveObjectOf(this))
  }

  get isClosed(): boolean {
    return load(liveObjectOf(this) + SEMAPHORE_CLOSED) !== 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * Permits of a `Semaphore`. They return to it with `using`, with `drop(permit)`, or when the thread that owns them
 * ends.
 */
export class SemaphorePermit extends Handle {
  declare readonly [crossing]: Crossing<
    'SemaphorePermit',
    'always',
    'never: only one thread at a time may have it, move it'
  >

  /** The number of permits in this object. */
  get permits(): number {
    liveObjectOf(this)
    return get(this.record + HANDLE_STATE)
  }

  /**
   * Splits `permits` permits off into a new `SemaphorePermit`. Returns `undefined` if this one has fewer.
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
   * Never waits. Throws `RangeError` if `permits` is not a valid count, and `HeapFullError`.
   */
  split(permits: number): SemaphorePermit | undefined {
    checkCount(permits)
    const semaphore = liveObjectOf(this)
    if (permits > this.permits) return undefined
    const record = newPermitRecord(semaphore)
    core.movePermits(this.record, record, permits)
    return new SemaphorePermit(record)
  }

  /**
   * Moves the permits of `other` into this object. `other` is then used up.
   *
   * ```ts
   * const s = new Semaphore(3)
   * const mine = await s.acquire(1)
   * mine.merge(await s.acquire(2))
   * mine.permits // => 3
   * ```
   *
   * Never waits. Throws `TypeError` unless both are different permits of one semaphore; nothing has changed then.
   */
  merge(other: SemaphorePermit): void {
    if (liveObjectOf(this) !== liveObjectOf(other) || other === this) {
      throw new TypeError(
        `\`merge\` expects another permit of the same semaphore, got ${other === this ? 'the permit itself' : 'one of another semaphore'}. ` +
          'Acquire both from one semaphore, or keep them apart.',
      )
    }
    core.movePermits(other.record, this.record, other.permits)
    dropHandle(other)
  }

  /** Drops this object without returning its permits. The semaphore loses them for good. */
  forget(): void {
    liveObjectOf(this)
    set(this.record + HANDLE_STATE, 0)
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
  override begin(): Operation<SemaphorePermit> {
    return new Acquiring(this.#semaphore, this.#wanted)
  }
}

class Acquiring implements Operation<SemaphorePermit> {
  readonly deadline = Infinity
  readonly #semaphore: Semaphore
  readonly #wanted: number
  /** The record that receives the permits. This thread owns it before it asks for permits. 0 if there is none. */
  #record = 0

  constructor(semaphore: Semaphore, wanted: number) {
    this.#semaphore = semaphore
    this.#wanted = wanted
  }
  tryComplete(): SemaphorePermit | Pending {
    const semaphore = liveObjectOf(this.#semaphore)
    if (core.mayAcquire(semaphore, this.#wanted) === 0) return PENDING
    const answer = core.acquireTry(self, semaphore, this.#recordFor(semaphore), this.#wanted)
    if (answer === ACQUIRED) return this.#take()
    if (answer === ACQUIRE_CLOSED)
      throw new ClosedError(
        'The semaphore was closed, so it grants no more permits. Continue without a permit, or create a new Semaphore.',
      )
    return PENDING
  }
  isReady(): boolean {
    return core.mayAcquire(liveObjectOf(this.#semaphore), this.#wanted) !== 0
  }
  register(waiter: number): boolean {
    const semaphore = liveObjectOf(this.#semaphore)
    return core.acquireRegister(self, semaphore, waiter, this.#recordFor(semaphore), this.#wanted) !== 0
  }
  unregister(waiter: number): boolean {
    return core.acquireUnregister(self, this.#semaphore.thing, waiter) !== 0
  }
  accept(waiter: number): SemaphorePermit | Pending {
    liveObjectOf(this.#semaphore)
    return core.isServed(waiter, this.#record) !== 0 ? this.#take() : this.tryComplete()
  }
  hasHandover(waiter: number): boolean {
    return core.isServed(waiter, this.#record) !== 0
  }
  owners(): readonly Handle[] {
    return [this.#semaphore]
  }
  /** Returns permits that were transferred to this wait and not taken by its caller. */
  finish(): void {
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

/**
 * Creates a record without permits. This thread owns it before any permit is in it, so that the reaper finds the
 * permits.
 */
function newPermitRecord(semaphore: number): number {
  const record = core.newOwner(self, SEMAPHORE_PERMIT, semaphore, semaphore + SEMAPHORE_OWNERS)
  if (record === 0) throw heapFullError(32)
  return record
}

function checkCount(permits: number): void {
  if (Number.isInteger(permits) && permits >= 0 && permits <= MAX_PERMITS) return
  throw new RangeError(
    `The number of permits must be an integer from 0 to ${MAX_PERMITS}, got ${describe(permits)}. Pass such a number.`,
  )
}

function newSemaphore(permits: number): number {
  checkCount(permits)
  const semaphore = core.allocateOfClass(self, SEMAPHORES)
  if (semaphore === 0) throw heapFullError(64)
  i32.fill(0, semaphore >> 2, (semaphore + 64) >> 2)
  initCounts(semaphore, SEMAPHORE_OWNERS, SEMAPHORE_WEAKS)
  store(semaphore + SEMAPHORE_AVAILABLE, permits)
  try {
    return newRecord(SEMAPHORE, semaphore, true)
  } catch (error) {
    core.free(self, semaphore)
    throw error
  }
}

defineCounted(SEMAPHORE, Semaphore, {
  name: 'Semaphore',
  owners: SEMAPHORE_OWNERS,
  weaks: SEMAPHORE_WEAKS,
  revive: record => new Semaphore(0, record),
})

defineHandleClass(SEMAPHORE_PERMIT, SemaphorePermit as { readonly prototype: Handle }, {
  name: 'SemaphorePermit',
  drop: (semaphore, record) => {
    if (core.dropPermit(self, semaphore, record) !== 0) dropWeak(countedKind(SEMAPHORE), semaphore)
  },
  countsRecords: true,
  revive: record => new SemaphorePermit(record),
  onlyMemory: false,
  whenLost: () =>
    platform.printError(
      'A SemaphorePermit was garbage-collected without being dropped. Its permits were returned to the semaphore. ' +
        'Use `using`, or call `drop(permit)`.\n',
    ),
})
