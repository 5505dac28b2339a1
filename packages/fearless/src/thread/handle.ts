/** JoinHandle: the right to a thread's outcome; and Thread: its name, its id, its park token. */
import { core, self } from '../core/index.ts'
import {
  OUTCOME_VALUE,
  THREAD_BODY,
  THREAD_DONE,
  THREAD_JOINED,
  THREAD_JOINING,
  THREAD_NAME,
  THREAD_OUTCOME,
  THREAD_PARKING,
  THREAD_RESULT,
  THREAD_RESULT_LENGTH,
  THREAD_STATE,
  THREAD_TOKEN,
} from '../core/run-queue.ts'
import { MovedError } from '../errors.ts'
import { decode } from '../memory/codec/codec.ts'
import { Handle, defineKind, dropHandle, isAlive, newRecord, thingOf, type Measured } from '../memory/handles/handle.ts'
import { blockBytes, i32, release } from '../memory/heap.ts'
import { JOIN_HANDLE, THREAD } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Attempt, type Pending } from '../wait/attempt.ts'
import { handOut } from '../wait/handed-out.ts'
import { strandedThread, type Stranded } from '../wait/loop-deadlock.ts'
import { PlainWait, type TryResult, type Wait, type WaitLimits } from '../wait/wait.ts'
import { panicOf } from './panic.ts'
import { JOINED, detachThread, dropThread, shareThread } from './pool/owners.ts'
import { currentThread, idOf, nameOf } from './pool/record.ts'

/** A thread: its identity, and the means to unpark it. */
export class Thread extends Handle {
  declare readonly [crossing]: Crossing<'Thread', 'always', 'always'>

  /** Unique among all threads of the process, never used again; main is 1. */
  get id(): number {
    return idOf(thingOf(this))
  }
  /** The name it was built with; main's is "main". */
  get name(): string | undefined {
    return nameOf(thingOf(this))
  }

  /**
   * Makes the thread's next `park` return at once, or the one it is in. Unparking twice before a park counts once.
   *
   * What this thread did before is visible to the thread that returns from `park`.
   */
  unpark(): void {
    core.unparkThread(self, thingOf(this))
  }
}

/**
 * The right to wait for a thread and to get what it returns. It is a `Wait`.
 *
 * ```ts
 * const handle = thread.spawn(() => 6 * 7)
 * await handle // => 42
 * const [a, b] = await Promise.all([thread.spawn(() => 1), thread.spawn(() => 2)])
 * a + b // => 3
 * ```
 *
 * Waits until the thread has ended and gives what it returned, once: a second join throws `MovedError`. Throws what the
 * thread threw, as its own class with the thread's stack; `PanicError` if that was no `Error`, or if the thread's worker
 * died. All that the thread did happens before.
 *
 * Dropping it detaches the thread: it runs on, but it does not keep the process alive. A panic that no thread joins is reported
 * on stderr, once: at once if the handle was dropped, and before the channels of the thread end; otherwise when the handle is
 * dropped or forgotten, after a second, or when the process ends. The process then ends with exit code 1, unless it sets
 * another (`process.exitCode`, `process.exit(0)`). A panic that is joined at last changes no exit code.
 */
export class JoinHandle<T> extends Handle implements Wait<T> {
  declare readonly [crossing]: Crossing<'JoinHandle', 'always', 'always', T>

  /** @internal What the thread returned was taken. */
  joined = false

  /** The same as the handle itself, under Rust's name: `await handle.join()`. */
  join(): Wait<T> {
    return new Join(this)
  }

  /** @internal */
  begin(): Attempt<T> {
    return new Join(this)
  }

  /** @internal */
  get selects(): boolean {
    return false
  }

  /** Does not wait: what the thread returned, or `undefined` if it has not ended. Throws what it threw. */
  try(): T | undefined {
    return new Join(this).try()
  }

  /** Does not wait: `pending` if the thread has not ended; else what it returned, or what it threw. */
  tryResult(): TryResult<T> {
    return new Join(this).tryResult()
  }

  /** Blocks this thread until the other one has ended, at most that long; then it throws `TimeoutError`. */
  wait(limit?: number | Date): T {
    return new Join(this).wait(limit)
  }

  /** The same, given at most that long, or until a signal is aborted: it then ends with an error, and the thread runs on. */
  within(limit: number | Date | WaitLimits): Wait<T> {
    return new Join(this).within(limit)
  }

  /** Yields until the thread has ended; this is what `await` calls. */
  // oxlint-disable-next-line unicorn/no-thenable -- a JoinHandle is awaited, as a promise is.
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return new Join(this).then(onValue, onError)
  }

  /** Yields until the thread has ended; `onError` answers for what it threw, as a promise's `catch` does. */
  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return new Join(this).catch(onError)
  }

  /** Yields until the thread has ended; then calls `onEnd`, however it ended, as a promise's `finally` does. */
  finally(onEnd?: (() => void) | null): Promise<T> {
    return new Join(this).finally(onEnd)
  }

  get [Symbol.toStringTag](): string {
    return 'JoinHandle'
  }

  /** Whether the thread has ended: `join` would not wait. */
  isFinished(): boolean {
    return Atomics.load(i32, (liveThread(this) + THREAD_STATE) >> 2) === THREAD_DONE
  }

  /** The thread this handle is for. */
  get thread(): Thread {
    return threadOf(liveThread(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class Join<T> extends PlainWait<T> {
  readonly #handle: JoinHandle<T>

  constructor(handle: JoinHandle<T>) {
    super()
    this.#handle = handle
  }
  override poll(): T | Pending {
    const thread = liveThread(this.#handle)
    if (Atomics.load(i32, (thread + THREAD_STATE) >> 2) !== THREAD_DONE) return PENDING
    try {
      return takeOutcome(thread) as T
    } finally {
      // Before the handle ends: that fails the other joins, each of which asks why.
      this.#handle.joined = true
      dropHandle(this.#handle)
      this.#handle.moved = true
    }
  }
  owners(): readonly Handle[] {
    return [this.#handle]
  }
  stranded(): Stranded | undefined {
    return strandedThread(this.#handle.thing)
  }
  override ready(): boolean {
    return !isAlive(this.#handle) || this.#handle.isFinished()
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, liveThread(this.#handle) + THREAD_JOINING, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}

/** @internal Waits until a thread has ended, whoever takes its outcome. */
export class Ended extends PlainWait<void> {
  readonly #thread: Thread

  constructor(thread: Thread) {
    super()
    this.#thread = thread
  }
  override poll(): void | Pending {
    if (!this.ready()) return PENDING
  }
  override ready(): boolean {
    return Atomics.load(i32, (thingOf(this.#thread) + THREAD_STATE) >> 2) === THREAD_DONE
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, thingOf(this.#thread) + THREAD_JOINING, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}

function liveThread(handle: JoinHandle<unknown>): number {
  if (!handle.joined) return thingOf(handle)
  throw new MovedError(
    'This thread was joined before, which took what it returned. Join it once, and keep the value: `const value = await handle`.',
  )
}

/** What the thread returned; throws what it threw. */
function takeOutcome(thread: number): unknown {
  Atomics.store(i32, (thread + THREAD_JOINED) >> 2, JOINED)
  if (i32[(thread + THREAD_OUTCOME) >> 2] !== OUTCOME_VALUE) throw panicOf(thread)
  const at = i32[(thread + THREAD_RESULT) >> 2]
  i32[(thread + THREAD_RESULT) >> 2] = 0
  try {
    return decode(at, i32[(thread + THREAD_RESULT_LENGTH) >> 2])
  } finally {
    release(at)
  }
}

/** The handle of a thread that was just made. */
export function joinHandleOf<T>(thread: number): JoinHandle<T> {
  return new JoinHandle<T>(newRecord(JOIN_HANDLE, thread, false))
}

export function threadOf(thread: number): Thread {
  const record = newRecord(THREAD, thread, true)
  shareThread(thread)
  return new Thread(record)
}

/** With what it captured, if it has not begun, and what it returned, if no thread has joined it. */
function measureThread(thread: number): Measured {
  const parts = [0, THREAD_BODY, THREAD_RESULT, THREAD_NAME]
  return { bytes: parts.reduce((sum, at) => sum + blockBytes(at === 0 ? thread : i32[(thread + at) >> 2]), 0) }
}

defineKind(JOIN_HANDLE, JoinHandle, {
  name: 'JoinHandle',
  drop: detachThread,
  revive: record => new JoinHandle(record),
  holds: 'thread',
  measure: measureThread,
  onlyMemory: true,
})
defineKind(THREAD, Thread, {
  name: 'Thread',
  share: shareThread,
  drop: dropThread,
  revive: record => new Thread(record),
  holds: 'thread',
  measure: measureThread,
  onlyMemory: true,
})

/**
 * The thread that runs this code.
 *
 * ```ts
 * thread.current().name // => 'main'
 * await thread.spawn(() => thread.current().id).join() === thread.current().id // => false
 * ```
 */
export function current(): Thread {
  return threadOf(currentThread())
}

/**
 * Waits until somebody unparks this thread; returns at once if that happened since the last park.
 *
 * ```ts
 * const me = thread.current()
 * thread.spawn((main) => main.unpark(), me)
 * await thread.park()
 * ```
 *
 * Always look at your condition again afterwards: a park may end without an unpark.
 */
export function park(): Wait<void> {
  return handOut(new Park(currentThread()), 'thread.park', park)
}

class Park extends PlainWait<void> {
  readonly #thread: number

  constructor(thread: number) {
    super()
    this.#thread = thread
  }
  override poll(): void | Pending {
    if (Atomics.exchange(i32, (this.#thread + THREAD_TOKEN) >> 2, 0) === 0) return PENDING
  }
  override ready(): boolean {
    return Atomics.load(i32, (this.#thread + THREAD_TOKEN) >> 2) !== 0
  }
  override enter(waiter: number): boolean {
    core.enterQueue(self, this.#thread + THREAD_PARKING, waiter)
    return true
  }
  override leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
}
