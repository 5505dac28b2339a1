/**
 * The search for a failing interleaving.
 *
 * First all interleavings by partial order reduction, as long as the budget lasts. Then those with few preemptions,
 * which reveal most bugs. Then random ones.
 */
import { BoundedDfs } from './dfs.ts'
import { Dpor } from './dpor.ts'
import { RandomNumbers, Pct, RandomWalk } from './random.ts'
import { Execution } from '../engine/execution.ts'
import type { Strategy } from '../engine/execution-state.ts'

export const ALL = 0.6
const FEW = 0.2

/** Runs the program's code during one execution, from `begin` to `over`. */
export interface Driver {
  run(): void | Promise<void>
  /** Returns the name that the program gave a thread. */
  name(process: number): string | undefined
  /** The address on which the driver's event loop sleeps, if it has one. Hidden from traces. */
  readonly bell?: number
}

/** A search as a generator. It yields at each execution, so that a caller may run it synchronously or await it. */
export type Search<T> = Generator<Driver, T, void>

export type DriverOf = (execution: Execution) => Driver

export interface Budget {
  readonly ms: number
  /** The largest number of preemptions, or undefined for no limit. */
  readonly preemptions: number | undefined
  readonly seed: number
}

export interface Limits {
  /** The address where the buffers of programs begin. */
  readonly memory: number
  /** The initial contents of memory, as pairs of address and value. */
  readonly image: readonly (readonly [at: number, value: number])[]
  /** The largest number of steps of one execution. */
  readonly steps: number
  readonly kills: number
}

/** The result of a search, with the execution that failed, if one did. */
export interface SearchResult {
  /** The number of different interleavings that ran to their end. */
  readonly executions: number
  /** The number of executions that were abandoned because they are equivalent to explored ones. */
  readonly redundant: number
  readonly steps: number
  readonly complete: boolean
  readonly failed: SearchRun | undefined
}

/** An execution and the driver that runs its code. */
export interface SearchRun {
  readonly execution: Execution
  readonly driver: Driver
}

/** The bound of the search with few preemptions. */
export const FEW_PREEMPTIONS = 2
/** The clock is read once in this many executions. */
const TICK = 16

/** The number of executions so far, and the time since the start. */
export class Counter {
  executions = 0
  redundant = 0
  steps = 0
  readonly #started = performance.now()

  get ms(): number {
    return performance.now() - this.#started
  }

  found(complete: boolean, failed: SearchRun | undefined): SearchResult {
    const { executions, redundant, steps } = this
    return { executions, redundant, steps, complete, failed }
  }
}

export function* search(driverOf: DriverOf, limits: Limits, budget: Budget): Search<SearchResult> {
  const counter = new Counter()
  if (budget.preemptions !== undefined) {
    return yield* searchBounded(driverOf, limits, counter, budget.preemptions, budget.ms)
  }
  const all = startRun(driverOf, limits, new Dpor())
  if (yield* exhaust(all, counter, budget.ms * ALL))
    return counter.found(all.execution.over !== 'failed', failedRun(all))
  const few = yield* searchBounded(driverOf, limits, counter, FEW_PREEMPTIONS, budget.ms * (ALL + FEW))
  if (few.failed !== undefined) return few
  return counter.found(false, yield* searchRandomly(driverOf, limits, counter, budget))
}

/** Creates an execution that has not run yet. */
export function startRun(driverOf: DriverOf, limits: Limits, strategy: Strategy): SearchRun {
  const execution = new Execution(strategy, {
    memory: limits.memory,
    image: limits.image,
    limit: limits.steps,
    kills: limits.kills,
  })
  return { execution, driver: driverOf(execution) }
}

/** Searches with 0 preemptions, then 1, up to `preemptions`. */
export function* searchBounded(
  driverOf: DriverOf,
  limits: Limits,
  counter: Counter,
  preemptions: number,
  until: number,
): Search<SearchResult> {
  for (let bound = 0; bound <= preemptions; bound++) {
    const run = startRun(driverOf, limits, new BoundedDfs(bound))
    const exhausted = yield* exhaust(run, counter, until)
    if (failedRun(run) !== undefined || !exhausted) return counter.found(false, failedRun(run))
  }
  return counter.found(true, undefined)
}

/** Searches with bounds for `ms` milliseconds, to shrink a failure. Returns undefined if no failure fits. */
export function* fewestPreemptions(
  driverOf: DriverOf,
  limits: Limits,
  preemptions: number,
  ms: number,
  fits: (run: SearchRun) => boolean,
): Search<SearchRun | undefined> {
  const { failed: run } = yield* searchBounded(driverOf, limits, new Counter(), preemptions, ms)
  return run !== undefined && fits(run) ? run : undefined
}

/**
 * Runs executions until the tree is exhausted or one fails, and returns true. Returns false if the time is up first.
 */
export function* exhaust({ execution, driver }: SearchRun, counter: Counter, until: number): Search<boolean> {
  let fresh = 0
  for (let n = 1; ; n++) {
    execution.begin(fresh)
    yield driver
    if (execution.over === 'restart') {
      fresh = 0
      execution.tree.prefix = execution.tree.floor
      continue
    }
    count(execution, counter)
    if (execution.over === 'failed') return true
    fresh = execution.tree.advance(execution.events.length)
    if (fresh < 0) return true
    if (n % TICK === 0 && counter.ms > until) return false
  }
}

export function* searchRandomly(
  driverOf: DriverOf,
  limits: Limits,
  counter: Counter,
  budget: Budget,
): Search<SearchRun | undefined> {
  const dice = new RandomNumbers(budget.seed)
  const random = new RandomWalk(dice)
  const pct = new Pct(dice)
  const run = startRun(driverOf, limits, random)
  let steps = 64
  for (let n = 0; counter.ms < budget.ms; n++) {
    run.execution.strategy = n % 2 === 0 ? random : pct
    pct.draw(steps, 1 + (n % 3))
    yield* runOnce(run)
    count(run.execution, counter)
    steps = Math.max(steps, run.execution.events.length)
    if (run.execution.over === 'failed') return run
  }
  return undefined
}

/** Runs one execution from its beginning. The forced prefix of the tree comes first, then the strategy decides. */
export function* runOnce({ execution, driver }: SearchRun): Search<void> {
  const { prefix } = execution.tree
  do {
    execution.tree.prefix = prefix
    execution.begin(0)
    yield driver
  } while (execution.over === 'restart')
  execution.tree.prefix = 0
}

function count(execution: Execution, counter: Counter): void {
  if (execution.over === 'redundant') counter.redundant++
  else counter.executions++
  counter.steps += execution.events.length
}

export function failedRun(run: SearchRun): SearchRun | undefined {
  return run.execution.over === 'failed' ? run : undefined
}
