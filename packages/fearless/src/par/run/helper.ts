/**
 * A helper: a thread that steals jobs of other threads' regions and runs them.
 *
 * - It steals the oldest job, and runs all jobs that it has split off before it steals another.
 * - Between regions it sleeps in a wait queue. It registers, looks into all deques once more, and then sleeps
 *   (`pushJob`).
 * - All that it decodes of a region belongs to an epoch of handles, which ends when it goes on to another region.
 *
 * A helper that dies fails the regions whose jobs it has (on-worker-death.ts).
 */
import { load, set } from '../../core/memory.ts'
import { core, self } from '../../core/index.ts'
import { PAR_PUSHED_JOBS, PAR_QUEUE, SLOT_HELPER } from '../../core/layout.ts'
import { platform } from '#platform'
import { HeapFullError } from '../../errors.ts'
import { endEpoch } from '../../memory/handles/handle.ts'
import { f64 } from '../../memory/heap.ts'
import { TEXT_PREFIX, closureUrl } from '../../thread/closure/closure.ts'
import { defineFactory, evaluate, explainMissingName, factoryOf, loadFactory } from '../../thread/closure/factory.ts'
import { BorrowedValues, type LoanWatch } from '../../thread/closure/lost-write.ts'
import { PENDING, monotonicNow, type Pending } from '../../wait/operation.ts'
import { blockUntil, addBlockedWaits } from '../../wait/park.ts'
import { QueueOperation } from '../../wait/queue-operation.ts'
import { SPIN_LIMIT_US } from '../../wait/spin-budget.ts'
import { loopFor } from '../loops/loop.ts'
import { forEach } from '../ops/for-each.ts'
import { adaptorNamed, consumerNamed } from '../ops/index.ts'
import type { Adaptor, Consumer } from '../ops/op.ts'
import { makerOf, type Step } from '../ops/part.ts'
import { firstOf } from '../sources/source.ts'
import { readItems } from './chunk-items.ts'
import { writeCollected, writePanic, writePartial } from './chunk-result.ts'
import { runJob, type JobRunner } from './job.ts'
import { anyJob, holdJob, popJob, pushJob, releaseHeldJob, stealJob, type Job } from './jobs.ts'
import { checkItems, snapshotOfItems } from './loans.ts'
import { readPlan, type PlannedPart } from './plan.ts'
import { chunkAt, chunksIn, finishChunks, itemsIn, ownerOf, packedResults, serialOf } from './region.ts'

/** The url under which a new thread finds `help`. */
export const HELPER_URL = 'fearless:parallel-helper'
defineFactory(HELPER_URL, () => help)

/** Rounds of spinning that take about a microsecond. */
const SPIN_ROUNDS = 128

/** The region that this thread works for, with the functions of its pipeline. */
class HelpedRegion implements JobRunner {
  readonly serial: number
  readonly consumer: Consumer
  readonly #region: number
  readonly #adaptors: readonly Adaptor[]
  readonly #steps: readonly Step[]
  /** Distinguishes these functions from others. */
  readonly #functions: string
  readonly #cameAsText: boolean
  /** The captures, if the functions may change them. */
  readonly #captures: BorrowedValues | undefined
  /** There if the functions may change items. */
  readonly #watch: LoanWatch | undefined
  #mayPush = true

  constructor(
    region: number,
    adaptors: readonly Adaptor[],
    consumer: Consumer,
    steps: readonly Step[],
    parts: readonly PlannedPart[],
    watch: LoanWatch | undefined,
  ) {
    this.serial = serialOf(region)
    this.consumer = consumer
    this.#region = region
    this.#adaptors = adaptors
    this.#steps = steps
    this.#functions = parts.map(([closure]) => closure).join()
    this.#cameAsText = parts.some(([closure]) => closure !== 0 && closureUrl(closure).startsWith(TEXT_PREFIX))
    this.#captures = watch && new BorrowedValues(capturesOf(parts), watch, true)
    this.#watch = watch
  }

  /** Without room in the heap for its deque, this thread runs all chunks of its jobs itself. */
  push(region: number, from: number, to: number): boolean {
    if (!this.#mayPush) return false
    try {
      return pushJob(region, from, to)
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error
      this.#mayPush = false
      return false
    }
  }

  checkCaptures(): void {
    this.#captures?.check()
  }

  storePanic(chunk: number, error: unknown): void {
    writePanic(chunkAt(this.#region, chunk), this.#cameAsText ? explainMissingName(error) : error)
  }

  runChunk(number: number): unknown {
    const region = this.#region
    const chunk = chunkAt(region, number)
    const chunks = chunksIn(region)
    const length = itemsIn(region)
    const first = firstOf(number, chunks, length)
    const count = firstOf(number + 1, chunks, length) - first
    const results = packedResults(region, first)
    const at = results === undefined ? 0 : results >> 3
    const output = {
      rest: undefined as unknown[] | undefined,
      packed: f64,
      at,
      end: at + (results === undefined ? 0 : count),
    }
    const { source, from, kind } = readItems(region, chunk, first)
    const loop = loopFor(this.#adaptors, this.consumer, kind, true, this.#functions)
    const items = this.#watch && kind === 'values' ? snapshotOfItems(source as unknown[], 0, count) : undefined
    const partial = loop(source, from, from + count, this.#steps, output)
    checkItems(items, first, first + count, this.#watch?.[1])
    if (this.consumer.collects) writeCollected(chunk, output.at - at, output.rest)
    else writePartial(chunk, partial)
    return partial
  }
}

let helped: HelpedRegion | undefined

/** The body of a helper. */
async function help(): Promise<never> {
  set(self + SLOT_HELPER, 1)
  await platform.turn()
  // The worker counts a thread that awaits as blocked. This one works.
  addBlockedWaits(-1)
  for (;;) {
    // A popped job is one that this thread has split off, or that a nested parallel iterator left when it gave up.
    const job = popJob() ?? stealJob() ?? spin() ?? (await sleep())
    const { region } = job
    holdJob(region)
    const known = helped?.serial === serialOf(region) ? helped : await enterRegion(region)
    run(job, known)
    releaseHeldJob(region)
  }
}

/** Polls the deques for a limited time. */
function spin(): Job | undefined {
  const end = monotonicNow() + SPIN_LIMIT_US / 1000
  do {
    const seen = load(PAR_PUSHED_JOBS)
    const found = stealJob()
    if (found !== undefined) return found
    core.spinWhile(PAR_PUSHED_JOBS, seen, SPIN_ROUNDS)
  } while (monotonicNow() < end)
  return undefined
}

async function sleep(): Promise<Job> {
  leaveRegion()
  await platform.turn()
  return blockUntil(new Idle())
}

/** The wait of a helper without work. */
class Idle extends QueueOperation<Job> {
  override tryComplete(): Job | Pending {
    return stealJob() ?? PENDING
  }
  override isReady(): boolean {
    return anyJob()
  }
  override queue(): number {
    return PAR_QUEUE
  }
}

/** Drops all that this thread has decoded of its region. */
function leaveRegion(): void {
  if (helped !== undefined) endEpoch()
  helped = undefined
}

/** Decodes the plan of a region. Returns undefined if the region needs no more chunks. */
async function enterRegion(region: number): Promise<HelpedRegion | undefined> {
  if (ownerOf(region) === self) return undefined
  leaveRegion()
  try {
    const plan = readPlan(region)
    if (plan === undefined) return undefined
    const [parts, consumer, adaptors, watch] = plan
    const steps: Step[] = []
    for (const [closure, captures] of parts)
      steps.push(closure === 0 ? makerOf(captures) : await stepOf(closure, captures))
    helped = new HelpedRegion(region, adaptors.map(adaptorNamed), consumerNamed(consumer), steps, parts, watch)
  } catch (error) {
    // A function that could not be loaded: each chunk of the job panics with the error.
    const failing = () => {
      throw error
    }
    helped = new HelpedRegion(region, [], forEach, [failing], [], undefined)
  }
  return helped
}

/** In the order of the names in `LoanWatch`. */
function capturesOf(parts: readonly PlannedPart[]): unknown[] {
  return parts.flatMap(([closure, captures]) => (closure === 0 ? [] : (captures as unknown[])))
}

async function stepOf(closure: number, captures: unknown): Promise<Step> {
  const url = closureUrl(closure)
  if (url.startsWith(TEXT_PREFIX)) return evaluate(url.slice(TEXT_PREFIX.length)) as Step
  let factory = factoryOf(closure)
  if (factory === undefined) {
    addBlockedWaits(1)
    try {
      factory = await loadFactory(closure)
    } finally {
      addBlockedWaits(-1)
    }
  }
  return factory(captures as unknown[]) as Step
}

/** Runs a job. `known` is undefined if the region needs no more chunks. */
function run(job: Job, known: HelpedRegion | undefined): void {
  if (known === undefined) finishChunks(job.region, job.to - job.from)
  else runJob(known, job, Infinity)
}
