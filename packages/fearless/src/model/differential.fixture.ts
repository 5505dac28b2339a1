/**
 * Compares the reduced search with an exhaustive one: both must see the same outcomes of a program.
 *
 * The reference search tries every enabled process at every step. Only a spawn, a join of an ended thread and the first
 * step of a thread run at once, if the thread cannot die: they are independent of all other steps.
 */
import { BoundedDfs } from './search/dfs.ts'
import { Dpor } from './search/dpor.ts'
import { Execution } from './engine/execution.ts'
import { ReplayDriver } from './drivers/replay-driver.ts'
import { JOIN, SPAWN, START } from './engine/ops.ts'
import { Observations, randomProgram, runProgram, type Program, type ProgramFeatures } from './programs.fixture.ts'
import { Splitter, restrictToSubtree } from './search/split.ts'
import type { Driver } from './search/search.ts'
import type { Strategy } from './engine/execution-state.ts'
import { lowestProcess } from './search/tree.ts'

const STEPS = 500
/** Programs with more interleavings than this are skipped: fewer than 10 in 10,000. */
const MOST = 100_000

class Everything extends BoundedDfs {
  override pick(execution: Execution, depth: number, enabled: number, current: number): number {
    for (let rest = enabled; rest !== 0; rest &= rest - 1) {
      const process = lowestProcess(rest)
      const kind = execution.kind[process]
      if ((kind === START || kind === SPAWN || kind === JOIN) && !execution.mayDie(process)) {
        execution.tree.open(depth, process, enabled, 1 << process)
        execution.tree.sleep[depth] = 0
        return process
      }
    }
    return super.pick(execution, depth, enabled, current)
  }
}

export const exhaustiveSearch = (): Strategy => new Everything()
export const reducedSearch = (): Strategy => new Dpor()

export type DriverOfProgram = (execution: Execution, program: Program, sight: Observations) => Driver

export const nested: DriverOfProgram = (execution, program, sight) => {
  const nest: ReplayDriver = new ReplayDriver(execution, () => runProgram(nest, program, sight))
  return nest
}

export interface Outcomes {
  readonly seen: ReadonlySet<string>
  readonly executions: number
  readonly redundant: number
  /** True if the program was too large. */
  readonly cut: boolean
}

/** Returns all outcomes of a program. */
export function outcomes(program: Program, strategy: Strategy, driverOf: DriverOfProgram = nested): Outcomes {
  return outcomesIn(newExecution(program, strategy), program, driverOf)
}

/** Returns all outcomes of a program, searched part by part as by several processes, each in a new execution. */
export function outcomesInParts(program: Program, depth: number): Outcomes & { readonly parts: number } {
  const fan = new Splitter(depth)
  const first = outcomesIn(newExecution(program, fan), program)
  const seen = new Set(first.seen)
  let { executions, redundant, cut } = first
  for (const part of fan.parts) {
    const execution = newExecution(program, reducedSearch())
    restrictToSubtree(execution, part)
    const more = outcomesIn(execution, program)
    for (const text of more.seen) seen.add(text)
    executions += more.executions
    redundant += more.redundant
    cut ||= more.cut
  }
  return { seen, executions, redundant: redundant - fan.cuts, cut, parts: fan.parts.length }
}

const newExecution = ({ kills }: Program, strategy: Strategy): Execution =>
  new Execution(strategy, { memory: 4096, limit: STEPS, kills })

function outcomesIn(execution: Execution, program: Program, driverOf = nested): Outcomes {
  const sight = new Observations()
  const driver = driverOf(execution, program, sight)
  const seen = new Set<string>()
  let executions = 0
  let redundant = 0
  for (let fresh = 0; fresh >= 0;) {
    execution.begin(fresh)
    void driver.run()
    if (execution.over === 'restart') {
      fresh = 0
      execution.tree.prefix = execution.tree.floor
      continue
    }
    if (execution.over === 'redundant') redundant++
    else {
      executions++
      seen.add(sight.text(execution.failure?.verdict ?? 'ok'))
    }
    if (executions > MOST) return { seen, executions, redundant, cut: true }
    fresh = execution.tree.advance(execution.events.length)
  }
  return { seen, executions, redundant, cut: false }
}

const EVERYTHING = {
  mixed: true,
  waits: true,
  timeouts: true,
  kills: true,
  spins: true,
  async: true,
  nested: true,
  choices: true,
} satisfies Partial<ProgramFeatures>

/** The configurations of the random programs, in rotation. */
export const CONFIGURATIONS: readonly ProgramFeatures[] = [
  { threads: 2, steps: 3, mixed: true },
  { threads: 3, steps: 2, mixed: true },
  { threads: 2, steps: 3, waits: true },
  { threads: 3, steps: 2, waits: true },
  { threads: 2, steps: 2, waits: true, timeouts: true, mixed: true },
  { threads: 3, steps: 2, waits: true, timeouts: true },
  { threads: 2, steps: 2, waits: true, timeouts: true, kills: true },
  { threads: 2, steps: 2, spins: true },
  { threads: 3, steps: 1, spins: true, waits: true },
  { threads: 2, steps: 2, waits: true, async: true },
  { threads: 3, steps: 2, waits: true, nested: true },
  { threads: 2, steps: 2, waits: true, nested: true, choices: true },
  { threads: 2, steps: 4, plain: true },
  { threads: 3, steps: 3, plain: true, mixed: true },
  { threads: 2, steps: 4, plain: true, waits: true },
  { ...EVERYTHING, threads: 2, steps: 2 },
  { ...EVERYTHING, threads: 3, steps: 1 },
]

export interface Comparison {
  readonly programs: number
  readonly reduced: number
  readonly redundant: number
  readonly everything: number
  readonly cut: number
  readonly mismatches: readonly string[]
}

/** Compares the searches on the programs of these seeds. Stops after `stopAfter` mismatches. */
export function compareSearches(from: number, to: number, stopAfter = 3): Comparison {
  const mismatches: string[] = []
  const sum = { programs: 0, reduced: 0, redundant: 0, everything: 0, cut: 0 }
  for (let seed = from; seed < to && mismatches.length < stopAfter; seed++) {
    const text = randomProgram(seed, CONFIGURATIONS[seed % CONFIGURATIONS.length])
    const some = outcomes(text, reducedSearch())
    const all = outcomes(text, exhaustiveSearch())
    sum.programs++
    sum.reduced += some.executions
    sum.redundant += some.redundant
    sum.everything += all.executions
    if (all.cut || some.cut) sum.cut++
    else {
      const difference = differenceOf(some.seen, all.seen)
      if (difference !== undefined) mismatches.push(`seed ${seed}: ${JSON.stringify(text)}\n  ${difference}`)
    }
  }
  return { ...sum, mismatches }
}

/**
 * Returns the outcomes that only one of the two sets has, or undefined if there are none. Racy programs must race in
 * both.
 */
export function differenceOf(some: ReadonlySet<string>, all: ReadonlySet<string>): string | undefined {
  if (races(some) && races(all)) return undefined
  const missing = [...all].filter(text => !some.has(text))
  const extra = [...some].filter(text => !all.has(text))
  if (missing.length + extra.length === 0) return undefined
  return `not seen: ${missing.slice(0, 3).join('; ')}; only in the first: ${extra.slice(0, 3).join('; ')}`
}

function races(seen: ReadonlySet<string>): boolean {
  return [...seen].some(text => text.includes('-> data race'))
}
