/** How many workers all threads share, and how many threads may wait for one. */
import { MOST_WORKERS, NO_LIMIT } from '../../core/index.ts'
import { MAX_WORKERS, PARALLELISM, QUEUE_LIMIT, RUN_LENGTH } from '../../core/layout.ts'
import { describe } from '../../describe.ts'
import { FullError } from '../../errors.ts'
import { i32 } from '../../memory/heap.ts'
import { wantWorker } from './pool.ts'

/** What `thread.configure` can set. */
export interface ThreadSettings {
  /**
   * How many threads compute at once. `thread.availableParallelism()` unless it is set, here or by `FEARLESS_WORKERS`.
   *
   * A thread that waits is not counted: another worker runs in its place.
   */
  readonly workers?: number
  /** Most workers at once, those whose thread waits included. 1,021 unless it is set, here or by `FEARLESS_MAX_WORKERS`. */
  readonly maxWorkers?: number
  /**
   * Most threads that may wait for a worker; `spawn` throws `FullError` then. No limit unless it is set, here or by
   * `FEARLESS_QUEUE_LIMIT`.
   */
  readonly queueLimit?: number
}

const SETTINGS = [
  ['workers', PARALLELISM, MOST_WORKERS],
  ['maxWorkers', MAX_WORKERS, MOST_WORKERS],
  ['queueLimit', QUEUE_LIMIT, NO_LIMIT],
] as const

/**
 * Sets how many workers threads share, for the whole process and from now on. What is left out stays as it is.
 *
 * ```ts
 * thread.configure({ workers: 2, queueLimit: 1000 })
 * const squares = [1, 2, 3].map(n => thread.spawn(move(() => n * n)))
 * await Promise.all(squares) // => [1, 4, 9]
 * ```
 *
 * Throws `RangeError` for a setting that is no whole number from 1 on, and has set nothing then. Workers that are too many end
 * once they have been idle for five seconds.
 */
export function configure(settings: ThreadSettings): void {
  for (const [name, , most] of SETTINGS) {
    const value = settings[name]
    // `Infinity` is how a program says that there is no limit.
    if (value === undefined || (name === 'queueLimit' && value === Infinity)) continue
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new RangeError(`\`${name}\` must be a whole number from 1 to ${most}, not ${describe(value)}.`)
    }
  }
  for (const [name, word, most] of SETTINGS) {
    const value = settings[name]
    if (value !== undefined) Atomics.store(i32, word >> 2, Math.min(value, most))
  }
  if (Atomics.load(i32, RUN_LENGTH >> 2) > 0) wantWorker()
}

/** Throws `FullError` if as many threads wait for a worker as may. Threads that are spawned at the same moment are not counted. */
export function refuseIfFull(): void {
  const limit = Atomics.load(i32, QUEUE_LIMIT >> 2)
  if (Atomics.load(i32, RUN_LENGTH >> 2) < limit) return
  throw new FullError(
    `${limit} ${limit === 1 ? 'thread waits' : 'threads wait'} for a worker already, and \`queueLimit\` allows no more. ` +
      'Spawn again when some have ended, or tell the client that the server is busy.',
  )
}
