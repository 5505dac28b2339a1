/**
 * One run of a parallel iterator, as its owner schedules it: the thread that waits for the result.
 *
 * - A run begins alone: the calling thread runs chunks in order and reads the clock.
 * - Once sharing the rest is worth its cost (policy.ts), the rest becomes a region, and the owner runs it as a job
 *   (job.ts).
 * - With no chunks of its own left, the owner pops the jobs that no thread has stolen, steals jobs of its region back,
 *   and at last waits until other threads have finished theirs.
 * - A run that gives up cancels its region, which the threads that still work on it drop.
 */
import { get } from '../../core/memory.ts'
import { core, mayEvaluate, self } from '../../core/index.ts'
import { HeapFullError, TimeoutError } from '../../errors.ts'

import { heapOf, sizeOf } from '../../memory/struct/views.ts'
import { PENDING, monotonicNow, type Operation, type Pending } from '../../wait/operation.ts'
import { loopForRun } from '../loops/loop.ts'
import type { Consumer, Loop, Output } from '../ops/op.ts'
import { cameAsText, stepsOf, type Step } from '../ops/part.ts'
import { functionsOf, openPipeline, type Pipeline, type Recipe } from '../pipeline.ts'
import { FileSource, type From } from '../sources/files.ts'
import { asItIsNow, chunksOf, firstOf, type Items, type Source } from '../sources/source.ts'
import { writeItems } from './chunk-items.ts'
import { asPanic } from './chunk-result.ts'
import { Results } from './gather.ts'
import { WORTH_STARTING_MS, ensureHelpers } from './helper-pool.ts'
import { recordPanic, runJob, type JobRunner } from './job.ts'
import { hasNoJobs, popJob, pushJob, releaseJob, stealJobOf, type Job } from './jobs.ts'
import { Loans, checkItems } from './loans.ts'
import { encodePlan } from './plan.ts'
import { MIN_SAMPLE_MS, Policy, SLICE_MS, isAlmostDone, nextStride, type Progress } from './policy.ts'
import {
  CHUNK_KIND,
  NOT_SHARED,
  chunkAt,
  closeRegion,
  isFinished,
  newRegion,
  ownerOf,
  packedItem,
  publishPlan,
  waitQueueOf,
} from './region.ts'

/** The runs of this thread that share a region, by region. */
const runs = new Map<number, Run<unknown>>()

/** How the caller waits for the end of a run. */
interface Mode {
  /** The run may also run jobs of this thread's other runs, because none of them is below it on the stack. */
  readonly mayRunOuterJobs: boolean
  /** The run shares nothing. */
  readonly isAlone: boolean
  /** No other code runs on this thread before the end. */
  readonly blocks: boolean
  readonly deadline: number
  readonly signals: readonly AbortSignal[]
}

export class Run<T> implements Operation<T>, JobRunner, Progress {
  /** @internal */
  readonly deadline: number
  /** Whether the last `tryComplete` was pending only because its slice was over. */
  isSliced = false
  source: Source
  readonly consumer: Consumer
  readonly chunks: number
  /** The number of chunks that have run before anything was shared. */
  done = 0
  readonly #mode: Mode
  readonly #pipeline: Pipeline
  readonly #steps: readonly Step[]
  readonly #loop: Loop
  readonly #loans: Loans
  readonly #results: Results
  #policy: Policy | undefined
  readonly #closePipeline: () => void
  #elapsedMs = 0
  /** Whether chunks may still be given to other threads. */
  #mayShare: boolean
  #region = 0
  #firstShared = 0
  /** The job that this thread keeps for itself. */
  #job: Job | undefined

  constructor(from: From, recipe: Recipe, mode: Mode) {
    const opened = from instanceof FileSource ? FileSource.open(from) : undefined
    const source = asItIsNow(opened === undefined ? (from as Source) : opened.source)
    const { pipeline: given, close } = openPipeline(recipe)
    const pipeline: Pipeline =
      opened === undefined
        ? given
        : { ...given, adaptors: [opened.adaptor, ...given.adaptors], parts: [opened.part, ...given.parts] }
    const { adaptors, consumer, parts } = pipeline
    this.deadline = mode.deadline
    this.source = source
    this.consumer = consumer
    this.chunks = chunksOf(source.length)
    this.#mode = mode
    this.#pipeline = pipeline
    this.#closePipeline = close
    this.#loans = new Loans(pipeline)
    this.#steps = stepsOf(parts)
    this.#results = new Results(consumer, this.#steps, this.#loans)
    // Each item of a file source is a piece that holds many lines or records.
    const length = opened === undefined ? source.length : Infinity
    this.#loop = loopForRun(adaptors, consumer, source.kind, length, () => functionsOf(pipeline))
    this.#mayShare = !mode.isAlone && this.chunks > 1 && (mayEvaluate() || !parts.some(cameAsText))
  }

  // -------------------------------------------------------------- the wait

  tryComplete(): T | Pending {
    for (const signal of this.#mode.signals) signal.throwIfAborted()
    const value = this.#advance(monotonicNow() + SLICE_MS)
    if (value !== PENDING) return value as T
    if (monotonicNow() >= this.deadline) {
      throw new TimeoutError(
        'The parallel work did not finish in time. Pass a longer limit to `within` or `wait`, or fewer items to `parIter`.',
      )
    }
    if (!this.#mode.blocks) {
      this.source = this.#loans.keep(this.source, this.#region === 0 ? this.done : this.#firstShared, this.chunks)
    }
    return PENDING
  }

  #advance(endMs: number): unknown {
    this.isSliced = false
    if (this.#region === 0) {
      if (!this.#runAlone(endMs)) return this.#pause()
      if (this.#region === 0) return this.#results.combine(this.source, undefined)
    }
    for (;;) {
      if (this.#job !== undefined) this.#job = this.#runOwn(this.#job, endMs)
      else if (!this.#takeJob(endMs)) return isFinished(this.#region) ? this.#combineShared() : PENDING
      if (monotonicNow() >= endMs) return isFinished(this.#region) ? this.#combineShared() : this.#pause()
    }
  }

  #combineShared(): unknown {
    return this.#results.combine(this.source, { region: this.#region, first: this.#firstShared })
  }

  #pause(): Pending {
    this.isSliced = true
    return PENDING
  }

  isReady(): boolean {
    return this.isSliced || this.#region === 0 || isFinished(this.#region)
  }
  register(waiter: number): boolean {
    if (this.isSliced || this.#region === 0) return false
    core.registerWaiter(self, waitQueueOf(this.#region), waiter)
    return true
  }
  unregister(waiter: number): boolean {
    return core.unregisterWaiter(self, waiter) !== 0
  }
  accept(): T | Pending {
    return this.tryComplete()
  }
  signals(): readonly AbortSignal[] {
    return this.#mode.signals
  }

  /** Ends the run, however it ends. Threads that still work on its region find all chunks cancelled. */
  finish(): void {
    this.#results.close()
    this.#closePipeline()
    this.#loans.close()
    if (this.#region === 0) return
    runs.delete(this.#region)
    this.#reclaimJobs()
    closeRegion(this.#region)
    this.#region = 0
  }

  /**
   * Reclaims this region's unstolen jobs. They must not stay in the deque: no helper may be left to run them, and a
   * non-empty deque keeps this thread from starting one. Jobs below those of another run are reclaimed by that run.
   */
  #reclaimJobs(): void {
    for (let job = popJob(); job !== undefined; job = popJob()) {
      const { region, from, to } = job
      if (region !== this.#region) pushJob(region, from, to)
      releaseJob(region)
      if (region !== this.#region) return
    }
  }

  // -------------------------------------------------------------- alone

  get collected(): readonly unknown[] {
    return this.#results.collected
  }

  /** Runs chunks in order until all have run or the rest is shared. Returns false if the slice is over before. */
  #runAlone(endMs: number): boolean {
    const { consumer, chunks } = this
    const isFork = consumer.loop !== undefined
    if (isFork && hasNoJobs() && this.#mayShare && ensureHelpers(WORTH_STARTING_MS) && this.#share()) return true
    const begun = monotonicNow()
    let stride = 1
    let look = this.done + 1
    while (this.done < chunks) {
      const chunk = this.done++
      const partial = this.#runChunkAlone(chunk)
      if (!consumer.collects) this.#results.store(chunk, partial)
      if (consumer.decides?.(partial)) return true
      if (this.done !== look) continue
      const now = monotonicNow()
      const elapsedMs = this.#elapsedMs + now - begun
      stride = nextStride(stride)
      look += stride
      if (this.#mayShare && this.#isWorthSharing(elapsedMs) && this.#share()) return true
      if (now >= endMs && this.done < chunks && (this.#loans.isKept || !isAlmostDone(this, elapsedMs))) {
        this.#elapsedMs = elapsedMs
        return false
      }
    }
    return true
  }

  #isWorthSharing(elapsedMs: number): boolean {
    if (elapsedMs <= MIN_SAMPLE_MS) return false
    this.#policy ??= new Policy()
    return this.#policy.isWorthSharing(this, elapsedMs)
  }

  /** Throws the panic of the chunk. That of a call of `join` is only stored, because the other call must run, too. */
  #runChunkAlone(chunk: number): unknown {
    try {
      return this.#run(chunk, this.#results.collected)
    } catch (error) {
      this.#results.storePanic(chunk, error)
      if (this.consumer.loop === undefined) throw asPanic(error)
      return undefined
    }
  }

  /** Runs a chunk. `rest` receives the items that it collects. */
  #run(chunk: number, rest: unknown[]): unknown {
    const run = this.consumer.loop === undefined ? () => this.#runItems(chunk, rest) : () => this.#call(chunk)
    return this.#results.noting(run)
  }

  #runItems(chunk: number, rest: unknown[]): unknown {
    const { length } = this.source
    const from = firstOf(chunk, this.chunks, length)
    const to = firstOf(chunk + 1, this.chunks, length)
    const items = this.#loans.lendItems(this.source, chunk, from, to)
    const partial = this.#loopOver(from, to, { rest, packed: NO_NUMBERS, at: 0, end: 0 })
    checkItems(items, from, to, this.#loans.watch?.[1])
    return partial
  }

  #call(chunk: number): unknown {
    const result = this.#loop(0, chunk, chunk + 1, this.#steps, NO_OUTPUT)
    this.#loans.checkCaptures()
    return result
  }

  #loopOver(from: number, to: number, output: Output): unknown {
    const { source } = this
    if ('vec' in source) {
      const { at, cell } = source.vec
      const first = at / sizeOf(cell)
      return this.#loop(heapOf(cell), first + from, first + to, this.#steps, output)
    }
    return this.#loop('items' in source ? source.items : source.start, from, to, this.#steps, output)
  }

  // -------------------------------------------------------------- shared

  /** Makes a region of the rest. Returns false if the heap has no room for it. */
  #share(): boolean {
    this.#loans.checkCaptures()
    this.#mayShare = false
    const { source, chunks, done } = this
    try {
      this.#region = newRegion({
        chunks,
        from: done,
        length: source.length,
        firstItem: firstOf(done, chunks, source.length),
        items: 'items' in source ? undefined : source,
        packs: this.consumer.collects === true,
      })
      publishPlan(this.#region, encodePlan(this.#pipeline, this.#loans.watch))
    } catch (error) {
      if (this.#region !== 0) closeRegion(this.#region)
      this.#region = 0
      if (error instanceof HeapFullError) return false
      throw error
    }
    runs.set(this.#region, this)
    this.#firstShared = done
    this.#job = { region: this.#region, from: done, to: chunks }
    this.#mayShare = true
    return true
  }

  /**
   * Runs a job of this run's region until the slice is over. Pushes the rest, which other threads may then run while
   * this thread does something else. Returns the rest if it could not be pushed.
   */
  #runOwn(job: Job, endMs: number): Job | undefined {
    const rest = runJob(this, job, endMs)
    return rest !== undefined && this.push(rest.region, rest.from, rest.to) ? undefined : rest
  }

  runChunk(chunk: number): unknown {
    const rest: unknown[] = []
    const partial = this.#run(chunk, rest)
    this.#results.store(chunk, this.consumer.collects ? rest : partial)
    return partial
  }

  storePanic(chunk: number, error: unknown): void {
    this.#results.storePanic(chunk, error)
  }

  checkCaptures(): void {
    this.#loans.checkCaptures()
  }

  /** Pushes a job. The items of a chunk are written to the heap when it is first shared. */
  push(region: number, from: number, to: number): boolean {
    if (!this.#mayShare) return false
    try {
      if ('items' in this.source) {
        for (let chunk = from; chunk < to; chunk++) this.#writeItems(chunk, this.source.items)
      }
      return pushJob(region, from, to)
    } catch (error) {
      this.#mayShare = false
      if (!(error instanceof HeapFullError)) recordPanic(this, region, from, error)
      return false
    }
  }

  #writeItems(chunk: number, items: Items): void {
    const record = chunkAt(this.#region, chunk)
    if (get(record + CHUNK_KIND) !== NOT_SHARED) return
    const { length } = this.source
    const from = firstOf(chunk, this.chunks, length)
    const to = firstOf(chunk + 1, this.chunks, length)
    this.#loans.checkKept(chunk, from, to)
    writeItems(items, from, to, packedItem(this.#region, from), record)
  }

  /** Pops a job of this thread, or steals a job of the region back. Returns false if there is none that may run now. */
  #takeJob(endMs: number): boolean {
    const job = popJob() ?? stealJobOf(this.#region)
    if (job === undefined) return false
    const { region, from, to } = job
    const run = runs.get(region)
    const isLeftOver = run === undefined && ownerOf(region) === self
    if (run !== this && !isLeftOver && (run === undefined || !this.#mode.mayRunOuterJobs)) {
      // The job belongs to a run below this one on the stack. Running it now could lock a mutex twice.
      pushJob(region, from, to)
      releaseJob(region)
      return false
    }
    releaseJob(region)
    if (run === this) this.#job = job
    else if (run !== undefined) run.#runFor(job, endMs)
    return true
  }

  /** Runs a job for another run of this thread, which has popped it. */
  #runFor(job: Job, endMs: number): void {
    let rest = this.#runOwn(job, endMs)
    while (rest !== undefined) rest = this.#runOwn(rest, Infinity)
  }
}

const NO_NUMBERS = new Float64Array(0)
const NO_OUTPUT: Output = { rest: undefined, packed: NO_NUMBERS, at: 0, end: 0 }
