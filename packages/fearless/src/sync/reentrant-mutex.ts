/**
 * A reentrant mutex: the thread that holds it may acquire it again. After parking_lot's `ReentrantMutex`.
 * core/reentrant-mutex.ts defines the lock word and its depth.
 *
 * - All guards of one thread share one decoded value: the first access decodes it, the release of the last guard
 *   writes it back.
 * - The lock is never poisoned. A dead holder leaves the lock free.
 */
import { core, self } from '../core/index.ts'
import { get, getFloat, load } from '../core/memory.ts'
import { MUTEX_LOCK, MUTEX_LOST, MUTEX_NUMBER, MUTEX_QUEUE } from '../core/mutex.ts'
import { LOCK_REENTRANT, REENTRANT_DEPTH } from '../core/reentrant-mutex.ts'
import { platform } from '#platform'
import { refuseClass } from '../memory/codec/codec.ts'
import { Handle, dropHandle, isAlive, liveObjectOf } from '../memory/handles/handle.ts'

import { REENTRANT_MUTEX } from '../memory/handles/kinds.ts'
import { INTO_GUARD, INTO_LOCK } from '../memory/codec/moved.ts'
import type { Crossing, Send, crossing } from '../send.ts'
import { PENDING, type Pending } from '../wait/operation.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import type { Wait } from '../wait/wait.ts'
import { recordAcquired } from '../wait/lock-sites.ts'
import { guardReleasedError } from './guard.ts'
import { RELEASED_SNAPSHOT, freezeSnapshot } from './lock-snapshot.ts'
import { defineLock, newLock } from './lock-memory.ts'
import { watchGuard, type WatchedGuard } from './lost-guards.ts'
import { holdsNumber, readLockValue, writeLockValue } from './lock-value.ts'

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
 * A thread holds the lock, not a task: the tasks of one event loop share it. The accesses of one holder, up to its
 * last release, happen before those of the next holder. The lock is never poisoned.
 */
export class ReentrantMutex<T> extends Handle {
  declare readonly [crossing]: Crossing<'ReentrantMutex', 'if Send', 'if Send', T>
  readonly #lock: Wait<ReentrantGuard<T>> = new ReentrantLock<T>(this)

  /** Creates an unlocked ReentrantMutex and moves `value` into it. */
  constructor(value: Send<T>)
  /** @internal */
  constructor(value: unknown, record?: number)
  constructor(
    value: unknown,
    record = newLock(REENTRANT_MUTEX, LOCK_REENTRANT, false, lock => writeLockValue(lock, value, undefined, INTO_LOCK)),
  ) {
    super(record)
  }

  /** Waits until no other thread holds the lock, and acquires it. If this thread holds it, acquires it once more. */
  lock(): Wait<ReentrantGuard<T>> {
    return this.#lock
  }

  /** Whether a thread holds the lock. The answer is a snapshot: use it for display, never for a decision. */
  get isLocked(): boolean {
    return load(liveObjectOf(this) + MUTEX_LOCK) !== 0
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class ReentrantLock<T> extends QueueWait<ReentrantGuard<T>> {
  readonly #mutex: ReentrantMutex<T>

  constructor(mutex: ReentrantMutex<T>) {
    super()
    this.#mutex = mutex
  }
  override wait(ms?: number | Date): ReentrantGuard<T> {
    if (mayBlock) {
      const guard = this.tryComplete()
      if (guard !== PENDING) return guard
    }
    return super.wait(ms)
  }
  override tryComplete(): ReentrantGuard<T> | Pending {
    const lock = liveObjectOf(this.#mutex)
    return core.reentrantTry(self, lock) === 0 ? PENDING : new ReentrantGuard<T>(this.#mutex, lock)
  }
  transferred(guard: ReentrantGuard<T>): void {
    guard.watch()
  }
  override isReady(): boolean {
    return load(liveObjectOf(this.#mutex) + MUTEX_LOCK) === 0
  }
  override queue(): number {
    return liveObjectOf(this.#mutex) + MUTEX_QUEUE
  }
  override accept(): ReentrantGuard<T> | Pending {
    // If our handle was dropped after we were notified, the next waiter must get the wake-up.
    if (!isAlive(this.#mutex)) core.wakeOne(self, this.#mutex.thing + MUTEX_QUEUE)
    return this.tryComplete()
  }
  owners(): readonly Handle[] {
    return [this.#mutex]
  }
}

/** The decoded value that all guards of this thread share. It is invalid once the thread has lost the lock. */
interface Held {
  readonly lost: number
  readonly value: unknown
}

/**
 * The values that this thread decoded under locks it holds, by the address of the lock. The heap stays authoritative.
 */
const held = new Map<number, Held>()

/** The right to use the value of a `ReentrantMutex`, shared with this thread's other guards of it. */
export class ReentrantGuard<T> implements Disposable {
  declare readonly [crossing]: Crossing<
    'ReentrantGuard',
    'never: release it where it was taken',
    'never: lock again where you need it',
    T
  >
  /** @internal The handle that was locked. It is alive as long as the guard. */
  readonly handle: Handle
  /** @internal Set only for a guard that an event loop received (lost-guards.ts). */
  watched: WatchedGuard | undefined = undefined
  /** The address of the lock; 0 after the release. */
  #lock: number
  /** MUTEX_LOST at acquisition: how many holders the lock had lost. */
  readonly #lost: number

  /** @internal */
  constructor(handle: Handle, lock: number) {
    this.handle = handle
    this.#lock = lock
    this.#lost = get(lock + MUTEX_LOST)
    recordAcquired(lock)
  }

  /** @internal Watches this guard: an event loop received it. */
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
    if (holdsNumber(lock)) return getFloat(lock + MUTEX_NUMBER) as T
    const known = this.#held(lock)
    if (known !== undefined) return known.value as T
    const value = readLockValue(lock)
    held.set(lock, { lost: this.#lost, value })
    return value as T
  }
  set value(value: T) {
    const lock = this.#alive()
    const before = this.#held(lock)?.value
    writeLockValue(lock, value, undefined, INTO_GUARD)
    held.delete(lock)
    if (before !== value) freezeSnapshot(before)
  }

  /** Releases the lock if this is the thread's last guard of it. A second call does nothing. */
  [Symbol.dispose](): void {
    const lock = this.#lock
    if (lock === 0) return
    this.#lock = 0
    if (this.watched !== undefined) this.watched.open = false
    if (get(lock + MUTEX_LOST) !== this.#lost) return
    try {
      if (held.size > 0 && get(lock + REENTRANT_DEPTH) === 1) this.#writeBack(lock)
    } finally {
      core.reentrantUnlock(self, lock)
    }
  }

  #writeBack(lock: number): void {
    const value = this.#held(lock)?.value
    held.delete(lock)
    if (typeof value !== 'object' || value === null) return
    writeLockValue(lock, value, undefined, RELEASED_SNAPSHOT)
    freezeSnapshot(value)
  }

  /** Returns the value that this or another guard of the thread decoded; `undefined` if there is none. */
  #held(lock: number): Held | undefined {
    const known = held.get(lock)
    return known?.lost === this.#lost ? known : undefined
  }

  #alive(): number {
    const lock = this.#lock
    if (lock === 0 || get(lock + MUTEX_LOST) !== this.#lost) throw guardReleasedError()
    return lock
  }
}

function releaseLostReentrant(lock: number, lost: number): void {
  if (get(lock + MUTEX_LOST) !== lost) return
  if (get(lock + REENTRANT_DEPTH) === 1) held.delete(lock)
  core.reentrantUnlock(self, lock)
}

refuseClass(ReentrantGuard, 'Release it where it was taken.')

defineLock(
  REENTRANT_MUTEX,
  'ReentrantMutex',
  ReentrantMutex as { readonly prototype: Handle },
  record => new ReentrantMutex(undefined, record),
)
