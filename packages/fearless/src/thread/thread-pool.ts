/**
 * A thread pool: a limit on the number of its threads that run at the same time, and on the number that wait.
 *
 * Its threads are ordinary ones, and run on the workers that all threads share. The protocol of its places is in
 * core/run-queue.ts. A thread that finishes passes its place to the next one itself, so the thread that made the pool
 * may block.
 */
import { cas, get, load, set, swap } from '../core/memory.ts'
import { UNLIMITED_QUEUE, core, self } from '../core/index.ts'
import { RUN_LENGTH, SLOT_SPAWNING } from '../core/layout.ts'
import {
  ENDED_BY_ABORT,
  OUTCOME_CANCELLED,
  OUTCOME_DIED,
  POOL_FINISHED,
  POOL_FIRST,
  POOL_LIMIT,
  POOL_NAME,
  POOL_OWNERS,
  POOL_PLACES,
  POOL_QUEUED,
  POOL_WEAKS,
  THREAD_DONE,
  THREAD_END_CAUSE,
  THREAD_STATE,
} from '../core/run-queue.ts'
import { describe } from '../describe.ts'
import { CancelledError, FullError } from '../errors.ts'
import { Handle, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { allocate, i32, free } from '../memory/heap.ts'
import { POOL } from '../memory/handles/kinds.ts'
import { loadText, storeText } from '../memory/interner.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import { defineCounted, initCounts } from '../sync/owner-count.ts'
import type { JoinHandle } from './join-handle.ts'
import { dropThread, publishOutcome, shareThread } from './pool/thread-owners.ts'
import { encodeError, storePanic } from './panic.ts'
import { requestSupervisor, startWorkerIfAllowed } from './pool/pool.ts'
import { discardBody, setAbortReason } from './pool/thread-record.ts'
import { availableParallelism, spawnThread } from './spawn.ts'

type Callable = (...args: never[]) => unknown

const MOST_THREADS = 1024

/** Options of `thread.pool`. */
export interface PoolOptions {
  /** Number of the pool's threads that run at the same time, from 1 on. By default `thread.availableParallelism()`. */
  readonly threads?: number
  /** Number of threads that may wait for a place, from 0 on; then `run` throws `FullError`. By default no limit. */
  readonly queueLimit?: number
  /** The name of the pool's threads. */
  readonly name?: string
}

/** Options of `pool.builder`. */
export interface RunOptions {
  /** The name of this thread, instead of the pool's. */
  readonly name?: string
  /**
   * Ends the thread when it is aborted. A thread that waits for its place is withdrawn. A running thread is terminated
   * at any point, which poisons the locks that it holds. (Deno cannot terminate a thread that computes: it runs to its
   * end there.)
   */
  readonly signal?: AbortSignal
}

/** A pool of threads, from `thread.pool`. Sending it to another thread shares its places and its queue. */
export class ThreadPool extends Handle {
  declare readonly [crossing]: Crossing<'ThreadPool', 'always', 'always'>

  /**
   * Runs `f` in a thread as soon as one of the pool's places is free, in the order of the calls.
   *
   * ```ts
   * const pool = thread.pool({ threads: 2, queueLimit: 100 })
   * const pages = ['one', 'two', 'three'].map(text => pool.run((t: string) => t.toUpperCase(), text))
   * await Promise.all(pages) // => ['ONE', 'TWO', 'THREE']
   * ```
   *
   * `f`, its captures, its arguments and its result follow the rules of `thread.spawn`. Throws `FullError` if the
   * pool's queue is full, and then has moved nothing.
   */
  run<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    return this.start<Awaited<R>>({}, f, args)
  }

  /**
   * Returns a builder for a thread with a name of its own, or with a signal that ends it.
   *
   * ```ts
   * const pool = thread.pool({ threads: 1 })
   * const job = pool.builder({ signal: AbortSignal.timeout(20) }).run(() => { for (;;); })
   * await job // => throws CancelledError
   * ```
   */
  builder(options: RunOptions): PoolBuilder {
    return new PoolBuilder(this, options)
  }

  /** How many threads of the pool run at the same time. */
  get threads(): number {
    return get(liveObjectOf(this) + POOL_PLACES)
  }

  /** How many threads have a place now: they run, or wait for a worker. A hint: the answer may be stale. */
  get running(): number {
    const pool = liveObjectOf(this)
    let count = 0
    for (let n = 0; n < this.threads; n++) if (load(pool + POOL_FIRST + 4 * n) !== 0) count++
    return count
  }

  /** How many threads wait for a place now. A hint: the answer may be stale. */
  get queued(): number {
    return load(liveObjectOf(this) + POOL_QUEUED)
  }

  /** How many threads have given their place back so far, by finishing or by dying. Wraps to 0 after 2^31 - 1. */
  get finished(): number {
    return load(liveObjectOf(this) + POOL_FINISHED) & 0x7fff_ffff
  }

  /** Drops this handle of the pool. Its threads run on. */
  [Symbol.dispose](): void {
    dropHandle(this)
  }

  /** @internal */
  start<T>(options: RunOptions, f: Callable, args: readonly unknown[]): JoinHandle<T> {
    const { signal } = options
    if (signal?.aborted === true) {
      throw new CancelledError(`The signal of this thread was aborted before it was spawned. ${CATCH_CANCELLED}`, {
        cause: signal.reason,
      })
    }
    const pool = liveObjectOf(this)
    if (this.queued >= get(pool + POOL_LIMIT) && this.running >= this.threads) {
      throw new FullError(
        `All ${this.threads} places of this pool were taken and ${this.queued} threads waited, the most that ` +
          '`queueLimit` allows. Call `run` again when some have finished, or tell the client that the server is busy.',
      )
    }
    const handle = spawnThread<T>({ name: options.name ?? nameOf(pool), pool }, f, args, 'move')
    if (signal !== undefined) endWith(signal, liveObjectOf(handle))
    return handle
  }
}

/** Runs a thread of a pool with options of its own. */
export class PoolBuilder {
  readonly #pool: ThreadPool
  readonly #options: RunOptions

  /** @internal */
  constructor(pool: ThreadPool, options: RunOptions) {
    this.#pool = pool
    this.#options = options
  }

  /** Runs `f` as `run` of the pool does. Throws `CancelledError` if the signal was already aborted. */
  run<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    return this.#pool.start<Awaited<R>>(this.#options, f, args)
  }
}

/** The threads that each signal ends. */
const abortable = new WeakMap<AbortSignal, Abortable>()

class Abortable {
  /** Records of threads, each with a share of its own. */
  readonly #threads = new Set<number>()
  #sweepAt = 16

  add(thread: number): void {
    if (this.#threads.size >= this.#sweepAt) this.#sweep()
    shareThread(thread)
    this.#threads.add(thread)
  }

  /** Drops the shares of threads that have finished. Amortised, each thread costs a constant. */
  #sweep(): void {
    for (const thread of this.#threads) {
      if (load(thread + THREAD_STATE) !== THREAD_DONE) continue
      this.#threads.delete(thread)
      dropThread(thread)
    }
    this.#sweepAt = Math.max(16, 2 * this.#threads.size)
  }

  abort(reason: unknown): void {
    for (const thread of this.#threads) abort(thread, reason)
    this.#threads.clear()
  }
}

const CATCH_CANCELLED = 'Catch CancelledError where you join a thread that has a signal.'

function endWith(signal: AbortSignal, thread: number): void {
  let known = abortable.get(signal)
  if (known === undefined) {
    const all = (known = new Abortable())
    abortable.set(signal, all)
    signal.addEventListener('abort', () => all.abort(signal.reason), { once: true })
  }
  known.add(thread)
}

/** Withdraws or terminates a thread. Drops the caller's share of its record. */
function abort(thread: number, reason: unknown): void {
  if (core.withdrawThread(self, thread) !== 0) {
    const error = new CancelledError(
      `The signal of this thread was aborted before a worker took it. ${CATCH_CANCELLED}`,
      {
        cause: reason,
      },
    )
    const isStored = storePanic(thread, error)
    discardBody(thread)
    publishOutcome(thread, isStored ? OUTCOME_CANCELLED : OUTCOME_DIED)
    set(self + SLOT_SPAWNING, 0)
    // One share is the worker's, the other one the caller's.
    dropThread(thread)
    dropThread(thread)
    // The next thread of the pool got the place, and may need a worker.
    if (load(RUN_LENGTH) > 0) startWorkerIfAllowed()
    return
  }
  if (load(thread + THREAD_STATE) === THREAD_DONE) return dropThread(thread)
  const error = new CancelledError(
    `The signal of this thread was aborted while it ran. Its handles were dropped and its locks poisoned. ${CATCH_CANCELLED}`,
    { cause: reason },
  )
  setAbortReason(thread, encodeError(error))
  // RACE: the thread may finish now. It marks that before its worker takes another one, and then nothing is terminated.
  if (cas(thread + THREAD_END_CAUSE, 0, ENDED_BY_ABORT) === 0) requestSupervisor({ ask: 'end', thread })
  else dropThread(thread)
}

function nameOf(pool: number): string | undefined {
  const name = get(pool + POOL_NAME)
  return name === 0 ? undefined : loadText(name)
}

/**
 * Makes a pool: at most `threads` of its threads run at the same time, and `queueLimit` more may wait.
 *
 * ```ts
 * const pool = thread.pool({ threads: 2, queueLimit: 1000, name: 'resize' })
 * await pool.run((width: number) => width / 2, 640) // => 320
 * ```
 *
 * The pool has no workers of its own: its threads share the workers with all others. A place is free again when its
 * thread has finished. `thread.configure` sets how many threads of the process compute at once. Throws `RangeError` for
 * a number that is not in the range.
 */
export function pool(options: PoolOptions = {}): ThreadPool {
  const { threads = availableParallelism(), queueLimit = Infinity, name } = options
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new RangeError(
      `\`threads\` must be a whole number from 1 to ${MOST_THREADS}, got ${describe(threads)}. Pass such a number.`,
    )
  }
  if (queueLimit !== Infinity && (!Number.isInteger(queueLimit) || queueLimit < 0 || queueLimit > UNLIMITED_QUEUE)) {
    throw new RangeError(
      `\`queueLimit\` must be a whole number from 0 on, or \`Infinity\`, got ${describe(queueLimit)}. Pass such a number.`,
    )
  }
  return new ThreadPool(newPool(threads, Math.min(queueLimit, UNLIMITED_QUEUE), name))
}

function newPool(places: number, limit: number, name: string | undefined): number {
  const bytes = POOL_FIRST + 4 * places
  const pool = allocate(bytes)
  i32.fill(0, pool >> 2, (pool + bytes) >> 2)
  set(pool + POOL_PLACES, places)
  set(pool + POOL_LIMIT, limit)
  initCounts(pool, POOL_OWNERS, POOL_WEAKS)
  try {
    if (name !== undefined) set(pool + POOL_NAME, storeText(name))
    return newRecord(POOL, pool, true)
  } catch (error) {
    releaseName(pool)
    free(pool)
    throw error
  }
}

function releaseName(pool: number): void {
  const name = swap(pool + POOL_NAME, 0)
  if (name !== 0) free(name)
}

defineCounted(POOL, ThreadPool, {
  name: 'ThreadPool',
  owners: POOL_OWNERS,
  weaks: POOL_WEAKS,
  // The threads keep no reference to the name. The record stays while a thread of the pool exists.
  dropContents: releaseName,
  revive: record => new ThreadPool(record),
})
