/**
 * Shrinks a failing schedule, so that it is easier to read: the fewest preemptions, then the fewest steps.
 *
 * First it searches all interleavings with fewer preemptions for a failure of the same kind. If there are too many, it
 * moves later steps of a thread forward to its earlier ones, as long as the execution fails.
 */
import { FollowBlocks } from './random.ts'
import type { Execution } from '../engine/execution.ts'
import {
  fewestPreemptions,
  runOnce,
  startRun,
  type DriverOf,
  type Limits,
  type SearchRun,
  type Search,
} from './search.ts'
import { preemptionsOf, scheduleOf, type Schedule } from './schedule.ts'

/** The limits of shrinking: time and number of attempts. */
const MS = 400
const TRIES = 400

type Block = readonly [process: number, count: number]

/** Returns the failing execution, or a simpler one that fails in the same way. */
export function* shrink(failed: SearchRun, driverOf: DriverOf, limits: Limits): Search<SearchRun> {
  const alike = likeness(failed.execution)
  const preemptions = preemptionsOf(failed.execution)
  if (preemptions > 0) {
    const run = yield* fewestPreemptions(
      driverOf,
      limits,
      preemptions - 1,
      MS,
      found => likeness(found.execution) === alike,
    )
    if (run !== undefined) return run
  }
  return yield* merge(failed, driverOf, limits, alike)
}

/** Returns a key that equivalent failures share: the verdict and the class of the error. */
function likeness({ failure }: Execution): string {
  const { verdict, error } = failure!
  return `${verdict} ${error instanceof Error ? error.name : typeof error}`
}

function* merge(failed: SearchRun, driverOf: DriverOf, limits: Limits, alike: string): Search<SearchRun> {
  let best = failed
  let score = cost(failed.execution)
  const run = startRun(driverOf, limits, failed.execution.strategy)
  const until = performance.now() + MS
  let tries = 0
  for (let improved = true; improved;) {
    improved = false
    const schedule = scheduleOf(best.execution)
    const blocks = blocksOf(schedule)
    const choices = schedule.filter(entry => entry < 0).map(entry => -1 - entry)
    for (let i = 0; i + 1 < blocks.length; i++) {
      if (tries++ > TRIES || performance.now() > until) return best
      const candidate = joined(blocks, i)
      if (candidate === undefined) continue
      const next = tries === 1 ? run : startRun(driverOf, limits, run.execution.strategy)
      next.execution.strategy = new FollowBlocks(candidate, choices)
      yield* runOnce(next)
      if (next.execution.over !== 'failed' || likeness(next.execution) !== alike) continue
      const cheaper = cost(next.execution)
      if (cheaper >= score) continue
      best = next
      score = cheaper
      improved = true
      break
    }
  }
  return best
}

function cost(execution: Execution): number {
  return preemptionsOf(execution) * execution.limit + execution.events.length
}

function blocksOf(schedule: Schedule): Block[] {
  const blocks: [number, number][] = []
  for (const entry of schedule) {
    if (entry < 0) continue
    const last = blocks.at(-1)
    if (last !== undefined && last[0] === entry) last[1]++
    else blocks.push([entry, 1])
  }
  return blocks
}

/** Moves the next block of the same process up to block i. Returns undefined if there is none. */
function joined(blocks: readonly Block[], i: number): Block[] | undefined {
  const [process, count] = blocks[i]
  const next = blocks.findIndex((block, j) => j > i && block[0] === process)
  if (next < 0) return undefined
  const result = blocks.filter((_, j) => j !== next)
  result[i] = [process, count + blocks[next][1]]
  return result
}
