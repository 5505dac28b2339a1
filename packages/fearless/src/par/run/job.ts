/**
 * Running a job: its owner and its helpers do it in the same way.
 *
 * The thread runs the chunks of the job in order. Whenever its deque is empty it splits the rest of the job in halves
 * and pushes the second half, where other threads steal it (lazy binary splitting: only steals split finer). A chunk
 * that was cancelled is finished without being run.
 */
import { monotonicNow } from '../../wait/operation.ts'
import type { Consumer } from '../ops/op.ts'
import { hasNoJobs, type Job } from './jobs.ts'
import { cancelAfter, cancelAll, finishChunks, isNeeded } from './region.ts'

/** A thread that runs jobs of one region. */
export interface JobRunner {
  readonly consumer: Consumer
  /** Runs a chunk, stores its result and returns its partial result. */
  runChunk(chunk: number): unknown
  /** Stores the panic of a chunk. */
  storePanic(chunk: number, error: unknown): void
  /** Pushes a job to this thread's deque. Returns false if it must keep the chunks. */
  push(region: number, from: number, to: number): boolean
  /** Throws `LostWriteError` if the functions have changed a capture. */
  checkCaptures(): void
}

/**
 * Runs chunks until the job is finished or the time is over. Returns the rest of the job, undefined if there is none.
 */
export function runJob(runner: JobRunner, job: Job, endMs: number): Job | undefined {
  const { region, from: first } = job
  let { from, to } = job
  while (from < to) {
    if (to - from > 1 && hasNoJobs()) {
      const middle = (from + to) >> 1
      if (runner.push(region, middle, to)) to = middle
    }
    const chunk = from++
    if (isNeeded(region, chunk)) runChunk(runner, region, chunk)
    if (endMs !== Infinity && monotonicNow() >= endMs) break
  }
  if (from > first) checkCaptures(runner, region, first)
  finishChunks(region, from - first)
  return from < to ? { region, from, to } : undefined
}

function runChunk(runner: JobRunner, region: number, chunk: number): void {
  try {
    const { consumer } = runner
    const partial = runner.runChunk(chunk)
    if (consumer.decides?.(partial) !== true) return
    if (consumer.keepsEarlier) cancelAfter(region, chunk)
    else cancelAll(region)
  } catch (error) {
    recordPanic(runner, region, chunk, error)
  }
}

/** The chunks of a job must leave the captures unchanged. Otherwise the first chunk panics. */
function checkCaptures(runner: JobRunner, region: number, first: number): void {
  try {
    runner.checkCaptures()
  } catch (error) {
    recordPanic(runner, region, first, error)
  }
}

/** Stores a panic, which cancels the rest of the region, but not the calls of `join`. */
export function recordPanic(runner: JobRunner, region: number, chunk: number, error: unknown): void {
  runner.storePanic(chunk, error)
  if (runner.consumer.loop === undefined) cancelAll(region)
}
