/** `JoinHandle`, which owns a thread's result, and `Thread`, which has its name, its id and its park token. */
import { get, load, set, store, swap } from '../core/memory.ts'
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
import {
  Handle,
  defineHandleClass,
  dropHandle,
  isAlive,
  newRecord,
  liveObjectOf,
  type MemoryUsage,
} from '../memory/handles/handle.ts'
import { allocationBytes, free } from '../memory/heap.ts'
import { JOIN_HANDLE, THREAD } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, type Operation, type Pending, type StrandedWait } from '../wait/operation.ts'
import { reportIfUnwaited } from '../wait/unwaited.ts'
import { describeStrandedThread } from '../wait/loop-deadlock.ts'
import { QueueWait } from '../wait/queue-operation.ts'
import { type TryResult, type Wait, type WaitLimits } from '../wait/wait.ts'
import { takePanic } from './panic.ts'
import { OUTCOME_JOINED, detachThread, dropThread, shareThread } from './pool/thread-owners.ts'
import { currentThread, threadId, threadName } from './pool/thread-record.ts'

/** A thread's identity: its id and name, and `unpark`. */
export class Thread extends Handle {
  declare readonly [crossing]: Crossing<'Thread', 'always', 'always'>

  /** A number that is unique among all threads of the process and never reused; main is 1. */
  get id(): number {
    return threadId(liveObjectOf(this))
  }
  /** The thread's name, from `thread.builder`; main's is "main". */
  get name(): string | undefined {
    return threadName(liveObjectOf(this))
  }

  /**
   * Makes the thread's current `park` return, or else its next one. Two calls before a `park` count as one.
   *
   * Everything this thread did before the call is visible to the other thread after `park` returns.
   */
  unpark(): void {
    core.unparkThread(self, liveObjectOf(this))
  }
}

/**
 * Waits for a thread and gets the value that it returns. It is a `Wait`.
 *
 * ```ts
 * const handle = thread.spawn(() => 6 * 7)
 * await handle // => 42
 * const [a, b] = await Promise.all([thread.spawn(() => 1), thread.spawn(() => 2)])
 * a + b // => 3
 * ```
 *
 * Waits until the thread has finished, then returns its value. A second join throws `MovedError`. If the thread threw
 * an error, the join throws it with the same class and the thread's stack. It throws `PanicError` if the thread threw
 * another value, or if its worker died. Everything the thread did is visible after the join.
 *
 * Dropping the handle detaches the thread: it runs on, but it does not keep the process alive. A panic that no thread
 * joins is reported once, on stderr or to the handler of `thread.onPanic`. If the handle was dropped, that happens at
 * once, before the channels of the thread close. A handle that no code uses, as in the statement `thread.spawn(f)`, is
 * dropped at once. Otherwise it happens when the handle is dropped or garbage-collected, after a second, or when the process
 * ends. The process then ends with exit code 1, unless the program sets another one (`process.exitCode`,
 * `process.exit(0)`). A panic that is joined later changes no exit code.
 */
export class JoinHandle<T> extends Handle implements Wait<T> {
  declare readonly [crossing]: Crossing<'JoinHandle', 'always', 'always', T>

  /** @internal Whether a join has taken the outcome. */
  joined = false

  /** Returns the same wait as the handle itself, under Rust's name: `await handle.join()`. */
  join(): Wait<T> {
    return new Join(this)
  }

  /** @internal */
  begin(): Operation<T> {
    return new Join(this)
  }

  /** @internal */
  get selects(): boolean {
    return false
  }

  /**
   * Returns the thread's value, or `undefined` if the thread has not finished. Throws the thread's error. Does not
   * wait.
   */
  try(): T | undefined {
    return new Join(this).try()
  }

  /** Returns `pending` if the thread has not finished, else its value or its error. Does not wait. */
  tryResult(): TryResult<T> {
    return new Join(this).tryResult()
  }

  /** Blocks this thread until the other one has finished. Throws `TimeoutError` at the limit. */
  wait(limit?: number | Date): T {
    return new Join(this).wait(limit)
  }

  /**
   * Returns the same wait with a time limit or a signal. At its end the wait throws an error, and the thread runs on.
   */
  within(limit: number | Date | WaitLimits): Wait<T> {
    return new Join(this).within(limit)
  }

  /** Yields until the thread has finished; `await` calls this method. */
  // oxlint-disable-next-line unicorn/no-thenable -- a JoinHandle is awaited, as a promise is.
  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return new Join(this).then(onValue, onError)
  }

  /** Yields until the thread has finished; `onError` receives the thread's error, as in a promise's `catch`. */
  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return new Join(this).catch(onError)
  }

  /** Yields until the thread has finished, then calls `onEnd`, as a promise's `finally` does. */
  finally(onEnd?: (() => void) | null): Promise<T> {
    return new Join(this).finally(onEnd)
  }

  get [Symbol.toStringTag](): string {
    return 'JoinHandle'
  }

  /** Whether the thread has finished, so that `join` would not wait. */
  isFinished(): boolean {
    return load(liveThread(this) + THREAD_STATE) === THREAD_DONE
  }

  /** The thread that this handle belongs to. */
  get thread(): Thread {
    return newThreadHandle(liveThread(this))
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

class Join<T> extends QueueWait<T> {
  readonly #handle: JoinHandle<T>

  constructor(handle: JoinHandle<T>) {
    super()
    this.#handle = handle
  }
  override tryComplete(): T | Pending {
    const thread = liveThread(this.#handle)
    if (load(thread + THREAD_STATE) !== THREAD_DONE) return PENDING
    try {
      return takeOutcome(thread) as T
    } finally {
      // Set before the handle is dropped, because the drop fails the other joins, which read it for their error.
      this.#handle.joined = true
      dropHandle(this.#handle)
      this.#handle.moved = true
    }
  }
  owners(): readonly Handle[] {
    return [this.#handle]
  }
  strandedBy(): StrandedWait | undefined {
    return describeStrandedThread(this.#handle.thing)
  }
  override isReady(): boolean {
    return !isAlive(this.#handle) || this.#handle.isFinished()
  }
  override queue(): number {
    return liveThread(this.#handle) + THREAD_JOINING
  }
}

/** @internal Waits until a thread has finished, and does not take its outcome. */
export class ThreadEndWait extends QueueWait<void> {
  readonly #thread: Thread

  constructor(thread: Thread) {
    super()
    this.#thread = thread
  }
  override tryComplete(): void | Pending {
    if (!this.isReady()) return PENDING
  }
  override isReady(): boolean {
    return load(liveObjectOf(this.#thread) + THREAD_STATE) === THREAD_DONE
  }
  override queue(): number {
    return liveObjectOf(this.#thread) + THREAD_JOINING
  }
}

function liveThread(handle: JoinHandle<unknown>): number {
  if (!handle.joined) return liveObjectOf(handle)
  throw new MovedError(
    'This thread was already joined, and its value was taken. ' +
      'Join it once, and keep the value: `const value = await handle`.',
  )
}

/** Takes the thread's result: returns its value, or throws its error. */
function takeOutcome(thread: number): unknown {
  store(thread + THREAD_JOINED, OUTCOME_JOINED)
  if (get(thread + THREAD_OUTCOME) !== OUTCOME_VALUE) throw takePanic(thread)
  const at = get(thread + THREAD_RESULT)
  set(thread + THREAD_RESULT, 0)
  try {
    return decode(at, get(thread + THREAD_RESULT_LENGTH))
  } finally {
    free(at)
  }
}

/** Allocates the JoinHandle of a new thread. Throws `HeapFullError`. */
export function newJoinHandle<T>(thread: number): JoinHandle<T> {
  return new JoinHandle<T>(newRecord(JOIN_HANDLE, thread, false))
}

export function newThreadHandle(thread: number): Thread {
  const record = newRecord(THREAD, thread, true)
  shareThread(thread)
  return new Thread(record)
}

/** Counts the record, the body if the thread has not started, and the result if it was not joined. */
function measureThread(thread: number): MemoryUsage {
  const parts = [0, THREAD_BODY, THREAD_RESULT, THREAD_NAME]
  return { bytes: parts.reduce((sum, at) => sum + allocationBytes(at === 0 ? thread : get(thread + at)), 0) }
}

defineHandleClass(JOIN_HANDLE, JoinHandle, {
  name: 'JoinHandle',
  drop: detachThread,
  revive: record => new JoinHandle(record),
  holds: 'thread',
  measure: measureThread,
  onlyMemory: true,
})
defineHandleClass(THREAD, Thread, {
  name: 'Thread',
  share: shareThread,
  drop: dropThread,
  revive: record => new Thread(record),
  holds: 'thread',
  measure: measureThread,
  onlyMemory: true,
})

/**
 * Returns the thread that runs this code.
 *
 * ```ts
 * thread.current().name // => 'main'
 * await thread.spawn(() => thread.current().id).join() === thread.current().id // => false
 * ```
 */
export function current(): Thread {
  return newThreadHandle(currentThread())
}

/**
 * Waits until another thread calls `unpark` on this one. Returns at once if `unpark` was called after the last park.
 *
 * ```ts
 * const me = thread.current()
 * thread.spawn((main) => main.unpark(), me)
 * await thread.park()
 * ```
 *
 * Check your condition again afterwards, because a park may end without an unpark.
 */
export function park(): Wait<void> {
  return reportIfUnwaited(new Park(currentThread()), 'thread.park', park)
}

class Park extends QueueWait<void> {
  readonly #thread: number

  constructor(thread: number) {
    super()
    this.#thread = thread
  }
  override tryComplete(): void | Pending {
    if (swap(this.#thread + THREAD_TOKEN, 0) === 0) return PENDING
  }
  override isReady(): boolean {
    return load(this.#thread + THREAD_TOKEN) !== 0
  }
  override queue(): number {
    return this.#thread + THREAD_PARKING
  }
}
