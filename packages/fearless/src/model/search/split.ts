/**
 * A search in portions, for several processes side by side: first the ways to begin are fanned out, then each part, all
 * interleavings that begin in one way, is searched by whoever is free.
 *
 * In the fan every process that can run begins a part, so no part has anything to add to the choices above another
 * one: what a part finds out ends at its own first step. Sleep sets see to it that an interleaving belongs to one part,
 * as they do in the search as a whole (Godefroid: "Partial-Order Methods", 1996).
 */
import { Dpor } from './dpor.ts'
import type { Execution } from '../engine/execution.ts'
import { force, scheduleOf } from './schedule.ts'
import {
  Counter,
  FEW_PREEMPTIONS,
  byChance,
  exhaust,
  failed,
  searchBounded,
  start,
  type Budget,
  type DriverOf,
  type Found,
  type Limits,
  type Search,
} from './search.ts'
import { REDUNDANT } from './strategy.ts'
import { lowest } from './tree.ts'

/** All interleavings that begin like this. Processes are named by the order of their births. */
export interface Part {
  /** A process for each step, or -1 - n for the program's choice n. */
  readonly schedule: readonly number[]
  /** The processes that other parts have run before each of these steps, a bit for each. */
  readonly done: readonly number[]
}

export type Portion =
  /** Looks for so many parts, and through what ends before they begin. */
  | { readonly what: 'fan'; readonly parts: number }
  | { readonly what: 'part'; readonly part: Part }
  /** Those with few preemptions. */
  | { readonly what: 'few' }
  | { readonly what: 'chance' }

export interface Share extends Found {
  readonly parts: readonly Part[]
}

/** The fan opens after so many steps at first, and after at most so many. */
const NARROW = 4
const WIDE = 64

export function* searchPortion(driverOf: DriverOf, limits: Limits, budget: Budget, portion: Portion): Search<Share> {
  switch (portion.what) {
    case 'fan':
      return yield* fanOut(driverOf, limits, portion.parts, budget.ms)
    case 'part':
      return whole(yield* searchPart(driverOf, limits, portion.part, budget.ms))
    case 'few':
      return whole(yield* searchBounded(driverOf, limits, new Counter(), FEW_PREEMPTIONS, budget.ms))
    case 'chance': {
      const counter = new Counter()
      return whole(counter.found(false, yield* byChance(driverOf, limits, counter, budget)))
    }
  }
}

const whole = (found: Found): Share => ({ ...found, parts: [] })

/** Every way to begin, as deep as it takes for so many of them. */
function* fanOut(driverOf: DriverOf, limits: Limits, parts: number, ms: number): Search<Share> {
  for (let depth = NARROW; ; depth *= 2) {
    const counter = new Counter()
    const fan = new Fan(depth)
    const run = start(driverOf, limits, fan)
    const exhausted = yield* exhaust(run, counter, ms)
    counter.redundant -= fan.cuts
    if (failed(run) !== undefined || !exhausted) return whole(counter.found(false, failed(run)))
    if (fan.parts.length >= parts || fan.parts.length === 0 || depth >= WIDE) {
      return { ...counter.found(true, undefined), parts: fan.parts }
    }
  }
}

/** Opens every node above a depth for all who can run there, and cuts every execution off at that depth. */
export class Fan extends Dpor {
  readonly #depth: number
  parts: Part[] = []
  /** How often an execution was cut off. */
  cuts = 0

  constructor(depth: number) {
    super()
    this.#depth = depth
  }

  override pick(execution: Execution, depth: number, enabled: number, current: number): number {
    const { tree } = execution
    // A search that began once more, because it learnt something, begins its parts once more.
    if (depth === 0) this.parts = []
    if (depth >= this.#depth) {
      if ((enabled & ~tree.sleep[depth]) === 0) return REDUNDANT
      this.cuts++
      this.parts.push(partOf(execution))
      return REDUNDANT
    }
    const process = super.pick(execution, depth, enabled, current)
    if (process !== REDUNDANT) tree.todo[depth] = enabled
    return process
  }

  override learn(): void {}
}

function partOf(execution: Execution): Part {
  const { tree } = execution
  const { births } = execution.processes
  const schedule = scheduleOf(execution).map(entry => (entry < 0 ? entry : births.indexOf(entry)))
  const done = schedule.map((entry, depth) => (entry < 0 ? 0 : renamed(tree.done[depth], births)))
  return { schedule, done }
}

function renamed(set: number, births: readonly number[]): number {
  let names = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) names |= 1 << births.indexOf(lowest(rest))
  return names
}

/** Makes the part's interleavings all that a search will see; nothing has run in the execution yet. */
export function enterPart(execution: Execution, { schedule, done }: Part): void {
  const { tree } = execution
  force(execution, schedule)
  for (const [depth, set] of done.entries()) tree.done[depth] = set
  tree.floor = schedule.length
}

function* searchPart(driverOf: DriverOf, limits: Limits, part: Part, ms: number): Search<Found> {
  const run = start(driverOf, limits, new Dpor())
  enterPart(run.execution, part)
  const counter = new Counter()
  const exhausted = yield* exhaust(run, counter, ms)
  return counter.found(exhausted && failed(run) === undefined, failed(run))
}
