/**
 * `model(program)`: runs the program in every interleaving of its threads, and throws with the shortest failing one.
 */
import { unsteady, type Failure } from './execution.ts'
import { ModelError } from './error.ts'
import { Dpor } from './dpor.ts'
import { Generators } from './generators.ts'
import { Nest } from './nest.ts'
import { rawGlobals, type RawGlobals } from './raw.ts'
import { force, parseSchedule, printSchedule, scheduleOf } from './schedule.ts'
import { runOnce, search, start, type DriverOf, type Limits, type Run } from './search.ts'
import { shrink } from './shrink.ts'
import { Trace, explain, printTrace, type TraceStep } from './trace.ts'

/** What a model may be told. */
export interface ModelOptions {
  /** Looks only at interleavings in which a running thread is interrupted at most so often. */
  readonly preemptions?: number
  /** How long to search before the answer is "nothing found so far": 5000 if not given. */
  readonly budgetMs?: number
  /** Of the search by chance, which begins where the program is too large for all interleavings. */
  readonly seed?: number
  /** Runs one interleaving only: what a failure printed as its replay string. */
  readonly replay?: string
  /** How many threads may die, each at any of its steps. */
  readonly kills?: number
  /** The most steps that one interleaving may take before it counts as a livelock: 5000 if not given. */
  readonly steps?: number
}

/** What a model has seen when nothing failed. */
export interface Summary {
  /** How many different interleavings ran. */
  readonly executions: number
  /** How many were given up early, because they differ from others only in the order of independent steps. */
  readonly redundant: number
  readonly steps: number
  /** Whether that is all there are (or all with so many preemptions); false if the budget ended first. */
  readonly complete: boolean
  readonly ms: number
}

/** A thread of the model. */
export interface ModelThread<T> {
  /** Blocks until the thread has ended; returns what it returned, throws what it threw. */
  join(): T
}

/** What a program gets: the globals of a raw program, over simulated memory, and threads. */
export interface Simulation extends RawGlobals {
  readonly thread: {
    spawn<T>(body: () => T, name?: string): ModelThread<T>
  }
  /** A number below `n`: the model runs the program with each of them. */
  choose(n: number): number
}

/** An interleaving failed; how, step by step, is in `trace`. */
export class ModelFailure extends ModelError {
  readonly trace: readonly TraceStep[]
  /** Give it to `model` as `replay` to run this interleaving again. */
  readonly replay: string
  /** How many interleavings ran before one failed. */
  readonly executions: number

  constructor(failure: Failure, message: string, trace: readonly TraceStep[], replay: string, executions: number) {
    super(failure.verdict, message, failure.error === undefined ? {} : { cause: failure.error })
    this.trace = trace
    this.replay = replay
    this.executions = executions
  }
}

/**
 * Runs `program` in every interleaving of its threads.
 *
 * ```ts
 * model(({ Atomics, Int32Array, thread }) => {
 *   const count = new Int32Array(1)
 *   const threads = [1, 2].map(() => thread.spawn(() => Atomics.add(count, 0, 1)))
 *   for (const t of threads) t.join()
 *   assert.equal(Atomics.load(count, 0), 2)
 * })
 * ```
 *
 * The bodies of threads run many times, so they keep what they share in simulated memory, not in JavaScript variables.
 * Throws a `ModelFailure` with the shortest failing interleaving if the program throws, deadlocks, loses a wake-up, runs
 * on for ever, or races; a `ModelError` if it was used wrongly.
 */
export function model(program: (simulation: Simulation) => void, options: ModelOptions = {}): Summary {
  const started = performance.now()
  const limits: Limits = { memory: 4096, steps: options.steps ?? 5000, kills: options.kills ?? 0 }
  validate(options)
  const driverOf = isTransformed(program) ? generatorsOf(program) : nestOf(program)
  if (options.replay !== undefined) return replay(driverOf, limits, options.replay, started)
  const { failed, ...seen } = search(driverOf, limits, {
    ms: options.budgetMs ?? 5000,
    preemptions: options.preemptions,
    seed: options.seed ?? 1,
  })
  if (failed === undefined) return { ...seen, ms: performance.now() - started }
  throw report(failed, driverOf, limits, seen.executions)
}

/** A program that the compiler has turned into generators. */
type Transformed = (simulation: Simulation) => Generator<void, unknown, void>

function isTransformed(program: unknown): program is Transformed {
  return Object.prototype.toString.call(program) === '[object GeneratorFunction]'
}

function generatorsOf(program: Transformed): DriverOf {
  return execution => {
    const generators: Generators = new Generators(execution, () => program(simulation))
    const simulation: Simulation = {
      ...rawGlobals(generators),
      thread: { spawn: () => generators.step() },
      choose: n => generators.choose(n),
    }
    return generators
  }
}

function nestOf(program: (simulation: Simulation) => void): DriverOf {
  return execution => {
    const nest: Nest = new Nest(execution, () => program(simulation))
    const simulation = simulationOf(nest)
    return nest
  }
}

/** What the program sees of this nest. */
function simulationOf(nest: Nest): Simulation {
  return {
    ...rawGlobals(nest),
    thread: {
      spawn<T>(body: () => T, name?: string): ModelThread<T> {
        let result: T
        const id = nest.spawn(() => void (result = body()), name)
        return {
          join: () => {
            nest.join(id)
            return result
          },
        }
      },
    },
    choose: n => nest.choose(n),
  }
}

function replay(driverOf: DriverOf, limits: Limits, text: string, started: number): Summary {
  const run = start(driverOf, limits, new Dpor())
  force(run.execution, parseSchedule(text))
  try {
    runOnce(run)
  } catch (error) {
    throw misfit(text, error)
  }
  const { execution } = run
  if (execution.failure?.error instanceof ModelError) throw misfit(text, execution.failure.error)
  if (execution.over === 'failed') throw failureOf(run, 1)
  return {
    executions: 1,
    redundant: 0,
    steps: execution.events.length,
    complete: false,
    ms: performance.now() - started,
  }
}

function misfit(text: string, cause: unknown): ModelError {
  return new ModelError(
    'replay',
    `The program does not follow the replay string "${text}". Replay it with the program and the options it came from.`,
    { cause },
  )
}

/** The failure as an error, after it was made as simple as can be. */
function report(failed: Run, driverOf: DriverOf, limits: Limits, executions: number): ModelError {
  const { error } = failed.execution.failure!
  if (error instanceof ModelError) return error
  return failureOf(shrink(failed, driverOf, limits), executions)
}

/** Runs the failing execution once more, and writes down every step. */
function failureOf(failed: Run, executions: number): ModelFailure {
  const schedule = scheduleOf(failed.execution)
  const { execution, driver } = failed
  const trace = new Trace(driver)
  execution.recorder = trace
  force(execution, schedule)
  runOnce(failed)
  const failure = execution.failure
  if (failure === undefined) throw unsteady()
  const text = printSchedule(schedule, trace.births)
  const message =
    `${explain(execution, failure, trace)}\n\n${printTrace(trace.steps)}\n\n` +
    `Found in interleaving ${executions}. Run this one again with { replay: '${text}' }.`
  return new ModelFailure(failure, message, trace.steps, text, executions)
}

function validate(options: ModelOptions): void {
  for (const key of ['preemptions', 'budgetMs', 'kills', 'steps'] as const) {
    const value = options[key]
    if (value !== undefined && !(value >= 0)) {
      throw new ModelError('option', `${key} is ${value}. Give a number that is not negative.`)
    }
  }
}
