/**
 * Splits a search into jobs for several operating-system processes.
 *
 * First the beginnings of all interleavings are explored ("fan"). Each beginning defines a part: the subtree below it.
 * Any free process then searches a part.
 *
 * - In the fan every enabled process begins a part. So backtracking in a part never adds to a node above the part, and
 *   ends at its first step.
 * - Sleep sets assign each interleaving to one part, as in the undivided search (Godefroid: "Partial-Order Methods",
 *   1996).
 */
import { Dpor } from './dpor.ts'
import type { Execution } from '../engine/execution.ts'
import { forceSchedule, scheduleOf } from './schedule.ts'
import {
  Counter,
  FEW_PREEMPTIONS,
  searchRandomly,
  exhaust,
  failedRun,
  searchBounded,
  startRun,
  type Budget,
  type DriverOf,
  type SearchResult,
  type Limits,
  type Search,
} from './search.ts'
import { REDUNDANT, type ExecutionState } from '../engine/execution-state.ts'
import { lowestProcess } from './tree.ts'

/** A subtree: all interleavings with this beginning. Processes are numbered in the order of their births. */
export interface Subtree {
  /** A process for each step, or -1 - n for the program's choice n. */
  readonly schedule: readonly number[]
  /** The processes that other parts have explored before each of these steps, one bit each. */
  readonly done: readonly number[]
}

export type SearchJob =
  /** Splits into about `parts` subtrees; executions that are shorter than the split depth are explored here. */
  | { readonly what: 'fan'; readonly parts: number }
  | { readonly what: 'part'; readonly part: Subtree }
  /** The search with few preemptions. */
  | { readonly what: 'few' }
  | { readonly what: 'chance' }

export interface SearchJobResult extends SearchResult {
  readonly parts: readonly Subtree[]
}

/** The depth of the split in steps: at first, and at most. */
const NARROW = 4
const WIDE = 64

export function* runSearchJob(
  driverOf: DriverOf,
  limits: Limits,
  budget: Budget,
  portion: SearchJob,
): Search<SearchJobResult> {
  switch (portion.what) {
    case 'fan':
      return yield* fanOut(driverOf, limits, portion.parts, budget.ms)
    case 'part':
      return whole(yield* searchPart(driverOf, limits, portion.part, budget.ms))
    case 'few':
      return whole(yield* searchBounded(driverOf, limits, new Counter(), FEW_PREEMPTIONS, budget.ms))
    case 'chance': {
      const counter = new Counter()
      return whole(counter.found(false, yield* searchRandomly(driverOf, limits, counter, budget)))
    }
  }
}

const whole = (found: SearchResult): SearchJobResult => ({ ...found, parts: [] })

/** Splits the tree, at increasing depth until there are at least `parts` beginnings. */
function* fanOut(driverOf: DriverOf, limits: Limits, parts: number, ms: number): Search<SearchJobResult> {
  for (let depth = NARROW; ; depth *= 2) {
    const counter = new Counter()
    const fan = new Splitter(depth)
    const run = startRun(driverOf, limits, fan)
    const exhausted = yield* exhaust(run, counter, ms)
    counter.redundant -= fan.cuts
    if (failedRun(run) !== undefined || !exhausted) return whole(counter.found(false, failedRun(run)))
    if (fan.parts.length >= parts || fan.parts.length === 0 || depth >= WIDE) {
      return { ...counter.found(true, undefined), parts: fan.parts }
    }
  }
}

/** Backtracks to every enabled process above a depth, and ends every execution at that depth. */
export class Splitter extends Dpor {
  readonly #depth: number
  parts: Subtree[] = []
  /** The number of executions that were ended at the depth. */
  cuts = 0

  constructor(depth: number) {
    super()
    this.#depth = depth
  }

  override pick(execution: ExecutionState, depth: number, enabled: number, current: number): number {
    const { tree } = execution
    // A restarted search also restarts its list of parts.
    if (depth === 0) this.parts = []
    if (depth >= this.#depth) {
      if ((enabled & ~tree.sleep[depth]) === 0) return REDUNDANT
      this.cuts++
      this.parts.push(partOf(execution))
      return REDUNDANT
    }
    const process = super.pick(execution, depth, enabled, current)
    if (process !== REDUNDANT) tree.backtrack[depth] = enabled
    return process
  }

  override learn(): void {}
}

function partOf(execution: ExecutionState): Subtree {
  const { tree } = execution
  const { births } = execution.processes
  const schedule = scheduleOf(execution).map(entry => (entry < 0 ? entry : births.indexOf(entry)))
  const done = schedule.map((entry, depth) => (entry < 0 ? 0 : renamed(tree.explored[depth], births)))
  return { schedule, done }
}

function renamed(set: number, births: readonly number[]): number {
  let names = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) names |= 1 << births.indexOf(lowestProcess(rest))
  return names
}

/** Restricts a search to the part. The execution must not have run yet. */
export function restrictToSubtree(execution: Execution, { schedule, done }: Subtree): void {
  const { tree } = execution
  forceSchedule(execution, schedule)
  for (const [depth, set] of done.entries()) tree.explored[depth] = set
  tree.floor = schedule.length
}

function* searchPart(driverOf: DriverOf, limits: Limits, part: Subtree, ms: number): Search<SearchResult> {
  const run = startRun(driverOf, limits, new Dpor())
  restrictToSubtree(run.execution, part)
  const counter = new Counter()
  const exhausted = yield* exhaust(run, counter, ms)
  return counter.found(exhausted && failedRun(run) === undefined, failedRun(run))
}
