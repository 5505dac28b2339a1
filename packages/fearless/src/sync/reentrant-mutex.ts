/**
 * A mutex that its thread may lock again while it holds it. The lock word and its depth are in core/reentrant-mutex.ts.
 *
 * All guards of one thread see one value: it is read by the first that asks, and written back by the last to be released.
 */
import { core, self } from '../core/index.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_NUMBER, MUTEX_QUEUE } from '../core/mutex.ts'
import { LOCK_REENTRANT, REENTRANT_DEPTH } from '../core/reentrant-mutex.ts'
import { platform } from '#platform'
import { refuseClass } from '../memory/codec/codec.ts'
import { Handle, dropHandle, isAlive, thingOf } from '../memory/handles/handle.ts'
import { f64, i32 } from '../memory/heap.ts'
import { REENTRANT_MUTEX } from '../memory/handles/kinds.ts'
import { INTO_GUARD, INTO_LOCK } from '../memory/codec/moved.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/attempt.ts'
import { PlainWait, type Wait } from '../wait/wait.ts'
import { noteTaken } from '../wait/places.ts'
import { released } from './guard.ts'
import { RELEASE, freezeSnapshot } from './lent.ts'
import { defineLock, newLock } from './lock-memory.ts'
import { watchGuard, type Hold } from './lost.ts'
import { isNumber, readValue, writeValue } from './value.ts'

const { mayBlock } = platform

/**
 * A `Mutex` that the thread which holds it may lock again.
 *
 * ```ts
 * const log = new Arc(new ReentrantMutex<string[]>([]))
 * const write = (line: string) => { using l = log.lock().wait(); l.value.push(line) }
 * using l = await log.lock()
 * write('held already')
 * l.value.length // => 1
 * ```
 *
 * It belongs to a thread, not to a task: tasks of one event loop hold it together. What a holder did before it released
 * the lock for the last time is visible to the next holder. It is never poisoned.
 */
export class ReentrantMutex<T> extends Handle {
  declare readonly [crossing]: Crossing<'ReentrantMutex', 'if Send', 'if Send', T>
  readonly #lock: Wait<ReentrantGuard<T>> = new ReentrantLock<T>(this)

  /** A free lock around `value`, which is given away to it. */
  constructor(value: Send<T>)
  /** @internal */
  constructor(value: unknown, record?: number)
  constructor(
    value: unknown,
    record = newLock(REENTRANT_MUTEX, LOCK_REENTRANT, false, lock => writeValue(lock, value, undefined, INTO_LOCK)),
  ) {
    super(record)
  }

  /** Waits until no other thread holds the lock, and takes it, or takes it once more. */
  lock(): Wait<ReentrantGuard<T>> {
    return this.#lock
  }

  /** Whether a thread holds the lock: a snapshot, useful for looking, never for deciding. */
  get isLocked(): boolean {
    return Atomics.load(i32, (thingOf(this) + MUTEX_LOCK) >> 2) !== 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class ReentrantLock<T> extends PlainWait<ReentrantGuard<T>> {
  readonly #mutex: ReentrantMutex<T>

  constructor(mutex: ReentrantMutex<T>) {
    super()
    this.#mutex = mutex
  }
  override wait(ms?: number | Date): ReentrantGuard<T> {
    if (mayBlock) {
      const guard = this.poll()
      if (guard !== PENDING) return guard
    }
    return super.wait(ms)
  }
  override poll(): ReentrantGuard<T> | Pending {
    const lock = thingOf(this.#mutex)
    return core.reentrantTry(self, lock) === 0 ? PENDING : new ReentrantGuard<T>(this.#mutex, lock)
  }
  taken(guard: ReentrantGuard<T>): void {
    guard.watch()
  }
  override ready(): boolean {
    return Atomics.load(i32, (thingOf(this.#mutex) + MUTEX_LOCK) >> 2) === 0
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, thingOf(this.#mutex) + MUTEX_QUEUE, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  override woken(): ReentrantGuard<T> | Pending {
    // If our handle went while a wake was on its way, the next in line gets it.
    if (!isAlive(this.#mutex)) core.wakeOne(self, this.#mutex.thing + MUTEX_QUEUE)
    return this.poll()
  }
  owners(): readonly Handle[] {
    return [this.#mutex]
  }
}

/** A value as all guards of this thread see it; void once the thread has lost the lock. */
interface Held {
  readonly lost: number
  readonly value: unknown
}

/** What this thread has read under locks that it holds, by address: there is no more than the heap says, and nothing else. */
const held = new Map<number, Held>()

/** The right to use what a `ReentrantMutex` protects, together with this thread's other guards of it. */
export class ReentrantGuard<T> implements Disposable {
  declare readonly [crossing]: Crossing<
    'ReentrantGuard',
    'never: it must be released where it was taken',
    'never: lock again where you need it',
    T
  >
  /** @internal The handle it was locked by: alive as long as the guard. */
  readonly handle: Handle
  /** @internal Only a guard that an event loop was given has one (lost.ts). */
  hold: Hold | undefined = undefined
  /** 0 once released. */
  #lock: number
  /** How many holders the lock had lost when this one took it. */
  readonly #lost: number

  /** @internal */
  constructor(handle: Handle, lock: number) {
    this.handle = handle
    this.#lock = lock
    this.#lost = i32[(lock + MUTEX_LOST) >> 2]
    noteTaken(lock)
  }

  /** @internal An event loop was given it. */
  watch(): void {
    watchGuard(this, 'ReentrantGuard', this.#lock, this.#lost, releaseLostReentrant)
  }

  /** @internal */
  static lockOf(guard: ReentrantGuard<unknown>): number {
    return guard.#lock
  }

  /** The protected value. Throws `DroppedError` if the guard was released. */
  get value(): T {
    const lock = this.#alive()
    if (isNumber(lock)) return f64[(lock + MUTEX_NUMBER) >> 3] as T
    const known = this.#held(lock)
    if (known !== undefined) return known.value as T
    const value = readValue(lock)
    held.set(lock, { lost: this.#lost, value })
    return value as T
  }
  set value(value: T) {
    const lock = this.#alive()
    const before = this.#held(lock)?.value
    writeValue(lock, value, undefined, INTO_GUARD)
    held.delete(lock)
    if (before !== value) freezeSnapshot(before)
  }

  /** Releases the lock, if this is the thread's last guard of it. Doing so twice is no error. */
  [Symbol.dispose](): void {
    const lock = this.#lock
    if (lock === 0) return
    this.#lock = 0
    if (this.hold !== undefined) this.hold.open = false
    if (i32[(lock + MUTEX_LOST) >> 2] !== this.#lost) return
    try {
      if (held.size > 0 && i32[(lock + REENTRANT_DEPTH) >> 2] === 1) this.#writeBack(lock)
    } finally {
      core.reentrantUnlock(self, lock)
    }
  }

  #writeBack(lock: number): void {
    const value = this.#held(lock)?.value
    held.delete(lock)
    if (typeof value !== 'object' || value === null) return
    writeValue(lock, value, undefined, RELEASE)
    freezeSnapshot(value)
  }

  /** What this or another guard of the thread has read. */
  #held(lock: number): Held | undefined {
    const known = held.get(lock)
    return known?.lost === this.#lost ? known : undefined
  }

  #alive(): number {
    const lock = this.#lock
    if (lock === 0 || i32[(lock + MUTEX_LOST) >> 2] !== this.#lost) throw released()
    return lock
  }
}

function releaseLostReentrant(lock: number, lost: number): void {
  if (i32[(lock + MUTEX_LOST) >> 2] !== lost) return
  if (i32[(lock + REENTRANT_DEPTH) >> 2] === 1) held.delete(lock)
  core.reentrantUnlock(self, lock)
}

refuseClass(ReentrantGuard, 'release it where it was taken')

defineLock(
  REENTRANT_MUTEX,
  'ReentrantMutex',
  ReentrantMutex as { readonly prototype: Handle },
  record => new ReentrantMutex(undefined, record),
)
