/**
 * The policy of a run: how long it computes in one piece, and whether sharing the rest saves more than it costs.
 *
 * A run begins alone and measures its own chunks. It shares the rest once the estimate is sure and the time that other
 * threads would save exceeds the time to copy items and results. The items that a run has to copy are the reason why
 * cheap work over numbers in memory stays on one thread.
 */
import { abandonMessage, encode } from '../../memory/codec/codec.ts'
import { monotonicNow } from '../../wait/operation.ts'
import { firstOf, type Source } from '../sources/source.ts'
import { currentNumThreads, ensureHelpers } from './helper-pool.ts'
import { hasNoJobs } from './jobs.ts'

/**
 * The time for which the owner computes before it yields to its event loop, or compares its deadline with the clock.
 */
export const SLICE_MS = 4
/** An estimate from less time than this is a guess. */
export const MIN_SAMPLE_MS = 0.05
/** With less work left than this, the first slice goes on to the end. */
const FINISH_FIRST_SLICE_MS = 2 * SLICE_MS
/** The work that is left must exceed this, because waking a helper costs 60-80 us. */
const WORTH_SHARING_MS = 0.1
/** The largest number of chunks between two reads of the clock. */
const MAX_STRIDE = 8
// The cost of moving a number, in milliseconds: out of an array, out of a typed array, and back into the array of
// results. With smaller values, two threads took 8 ns for each item of a cheap loop over an array, where one takes 2.
const MS_PER_NUMBER = 2.5e-6
const MS_PER_CELL = 1e-6
const MS_PER_RESULT = 6e-6
const SAMPLE = 64

/** The progress of a run that is still alone. */
export interface Progress {
  readonly source: Source
  readonly chunks: number
  /** The number of chunks that have run. */
  readonly done: number
  /** The items that it has collected. */
  readonly collected: readonly unknown[]
}

export class Policy {
  /** Work of this run that the helpers were already started for. */
  #announcedMs = 0
  #copyMsPerItem = -1

  /** From the time that the chunks so far have taken: does sharing the rest save more than it costs? */
  isWorthSharing(run: Progress, elapsedMs: number): boolean {
    const left = run.chunks - run.done
    const restMs = (elapsedMs / run.done) * left
    const threads = currentNumThreads()
    if (restMs < WORTH_SHARING_MS || threads === 1 || !hasNoJobs()) return false
    if (this.#copyMsPerItem < 0) this.#copyMsPerItem = copyMsPerItem(run)
    const items = (run.source.length / run.chunks) * left
    const savedMs = (restMs - this.#copyMsPerItem * items) * (1 - 1 / threads)
    if (savedMs < WORTH_SHARING_MS / 2) return false
    const more = Math.max(0, restMs - this.#announcedMs)
    this.#announcedMs += more
    return ensureHelpers(more)
  }
}

/** Whether the rest takes no longer than the copy of the items that a pause would need. */
export function isAlmostDone({ source, chunks, done }: Progress, elapsedMs: number): boolean {
  return 'items' in source && (elapsedMs / done) * (chunks - done) <= FINISH_FIRST_SLICE_MS
}

/** The number of chunks before the next read of the clock. */
export function nextStride(stride: number): number {
  return stride < MAX_STRIDE ? stride * 2 : stride
}

/** The cost of bringing an item to another thread and its result back. */
function copyMsPerItem({ source, chunks, done, collected }: Progress): number {
  let cost = 0
  if ('items' in source) {
    const { items } = source
    cost += Array.isArray(items) ? encodingMs(items, MS_PER_NUMBER) : MS_PER_CELL
  }
  if (collected.length > 0) {
    cost += (encodingMs(collected, MS_PER_RESULT) * collected.length) / firstOf(done, chunks, source.length)
  }
  return cost
}

/** Milliseconds for each value, measured on a few of them. */
function encodingMs(values: readonly unknown[], msPerNumber: number): number {
  if (typeof values[0] === 'number' && typeof values[values.length - 1] === 'number') return msPerNumber
  const sample = values.slice(0, SAMPLE)
  const begun = monotonicNow()
  encode(sample, 'copy')
  abandonMessage()
  return (monotonicNow() - begun) / sample.length
}
