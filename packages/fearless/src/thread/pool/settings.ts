/** The limits of the worker pool: how many workers all threads share, and how many threads may be queued. */
import { load, store } from '../../core/memory.ts'
import { MAX_WORKER_COUNT, UNLIMITED_QUEUE } from '../../core/index.ts'
import { MAX_WORKERS, PARALLELISM, QUEUE_LIMIT, RUN_LENGTH } from '../../core/layout.ts'
import { describe } from '../../describe.ts'
import { FullError } from '../../errors.ts'

import { startWorkerIfAllowed } from './pool.ts'

/** Settings of `thread.configure`. */
export interface ThreadSettings {
  /**
   * How many threads compute at once. `thread.availableParallelism()` unless it is set, here or by `FEARLESS_WORKERS`.
   *
   * A thread that waits is not counted: another worker runs in its place.
   */
  readonly workers?: number
  /**
   * Most workers at once, those whose thread waits included. 1,021 unless it is set, here or by `FEARLESS_MAX_WORKERS`.
   */
  readonly maxWorkers?: number
  /**
   * Most threads that may wait for a worker; `spawn` throws `FullError` then. No limit unless it is set, here or by
   * `FEARLESS_QUEUE_LIMIT`.
   */
  readonly queueLimit?: number
}

const SETTINGS = [
  ['workers', PARALLELISM, MAX_WORKER_COUNT],
  ['maxWorkers', MAX_WORKERS, MAX_WORKER_COUNT],
  ['queueLimit', QUEUE_LIMIT, UNLIMITED_QUEUE],
] as const

/**
 * Sets how many workers the threads of the process share. A setting that is left out keeps its value.
 *
 * ```ts
 * thread.configure({ workers: 2, queueLimit: 1000 })
 * const squares = [1, 2, 3].map(n => thread.spawn(move(() => n * n)))
 * await Promise.all(squares) // => [1, 4, 9]
 * ```
 *
 * Throws `RangeError` if a setting is not a whole number from 1 on, and then sets nothing. Surplus workers end after
 * they have been idle for five seconds.
 */
export function configure(settings: ThreadSettings): void {
  for (const [name, , most] of SETTINGS) {
    const value = settings[name]
    // `Infinity` is how a program says that there is no limit.
    if (value === undefined || (name === 'queueLimit' && value === Infinity)) continue
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new RangeError(
        `\`${name}\` must be a whole number from 1 to ${most}, got ${describe(value)}. Pass such a number.`,
      )
    }
  }
  for (const [name, word, most] of SETTINGS) {
    const value = settings[name]
    if (value !== undefined) store(word, Math.min(value, most))
  }
  if (load(RUN_LENGTH) > 0) startWorkerIfAllowed()
}

/**
 * Throws `FullError` if `queueLimit` threads are queued. A hint: threads that are spawned at the same time are not
 * counted.
 */
export function refuseIfRunQueueFull(): void {
  const limit = load(QUEUE_LIMIT)
  if (load(RUN_LENGTH) < limit) return
  throw new FullError(
    `${limit} ${limit === 1 ? 'thread was' : 'threads were'} already waiting for a worker, the most that ` +
      '`queueLimit` allows. Spawn again when some have finished, or tell the client that the server is busy.',
  )
}
