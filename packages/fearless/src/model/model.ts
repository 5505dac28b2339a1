/** `model(program)`: explores every interleaving of the program's threads, and throws with the shortest failing one. */
import { describe } from '../describe.ts'
import { ModelError } from './engine/error.ts'
import { EventLoop } from './drivers/event-loop.ts'
import type { Execution } from './engine/execution.ts'
import { GeneratorDriver } from './drivers/generators.ts'
import { ReplayDriver } from './drivers/replay-driver.ts'
import { rawGlobals, type RawGlobals } from './drivers/raw.ts'
import { runSearchJob, type SearchJob, type SearchJobResult } from './search/split.ts'
import { replay, report } from './search/report.ts'
import { search, type Budget, type DriverOf, type SearchResult, type Limits, type Search } from './search/search.ts'

export { ModelFailure } from './search/report.ts'

/** Options of `model()`. */
export interface ModelOptions {
  /**
   * The largest number of preemptions (switches away from a thread that could continue) of an interleaving; no limit by
   * default.
   */
  readonly preemptions?: number
  /** The time limit in milliseconds, after which the result is "nothing found so far"; 5000 by default. */
  readonly budgetMs?: number
  /** The seed of the random search, which begins if the program is too large for all interleavings. */
  readonly seed?: number
  /** The replay string of a failure: runs only that interleaving. */
  readonly replay?: string
  /** The number of threads that may die, each at any of its steps. */
  readonly kills?: number
  /** The largest number of steps of one interleaving; a longer one is a livelock. 5000 by default. */
  readonly steps?: number
}

/** The result of a model that did not fail. */
export interface Summary {
  /** The number of different interleavings that ran. */
  readonly executions: number
  /**
   * The number of interleavings that were abandoned, because they differ from others only in the order of independent
   * steps.
   */
  readonly redundant: number
  readonly steps: number
  /** True if these are all interleavings (or all within `preemptions`); false if the time limit came first. */
  readonly complete: boolean
  readonly ms: number
}

/** A thread of the model. */
export interface ModelThread<T> {
  /** Blocks until the thread has ended. Returns its result, or throws its error. */
  join(): T
}

/** The parameter of a program: the globals of a raw program over simulated memory, and threads. */
export interface Simulation extends RawGlobals {
  readonly thread: {
    spawn<T>(body: () => T, name?: string): ModelThread<T>
  }
  /** Returns a number below `n`: the model explores every one of them. */
  choose(n: number): number
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
 * The bodies of threads run many times, so keep shared state in simulated memory, not in JavaScript variables. Throws a
 * `ModelFailure` with the shortest failing interleaving if the program throws, deadlocks, loses a wake-up, runs for
 * ever, or has a data race. Throws a `ModelError` if `model` was used wrongly.
 *
 * An async program runs on an event loop with virtual time, and `model` returns a promise. Timers, `Date`,
 * `performance.now` and `Math.random` are simulated, and completions that are ready at the same time run in every
 * order. `Atomics.waitAsync` and threads are part of the simulation. Operations of the host (files, sockets) are not.
 */
export function model(program: (simulation: Simulation) => Promise<void>, options?: ModelOptions): Promise<Summary>
export function model(program: (simulation: Simulation) => void, options?: ModelOptions): Summary
export function model(
  program: (simulation: Simulation) => void | Promise<void>,
  options: ModelOptions = {},
): Summary | Promise<Summary> {
  const search = searchOf(program, options)
  return isAsync(program) ? runAsync(search) : atOnce(search)
}

/** @internal A program, synchronous or not. */
export type Program = (simulation: Simulation) => void | Promise<void>

/** @internal Returns the search of a program. The caller runs its executions, synchronously or asynchronously. */
export function searchOf(program: Program, options: ModelOptions): Search<Summary> {
  return checked(program, options, options.replay === undefined ? search : replaying(options.replay))
}

/** @internal Does the same for a portion of the search. */
export function searchJobOf(
  program: Program,
  options: ModelOptions,
  portion: SearchJob,
): Search<Summary & Omit<SearchJobResult, 'failed'>> {
  return checked(program, options, (driverOf, limits, budget) => runSearchJob(driverOf, limits, budget, portion))
}

const replaying = (text: string): Searching<SearchResult> =>
  function* (driverOf, limits) {
    const steps = yield* replay(driverOf, limits, text)
    return { executions: 1, redundant: 0, steps, complete: false, failed: undefined }
  }

type Searching<F extends SearchResult> = (driverOf: DriverOf, limits: Limits, budget: Budget) => Search<F>

function checked<F extends SearchResult>(
  program: Program,
  options: ModelOptions,
  searching: Searching<F>,
): Search<Summary & Omit<F, 'failed'>> {
  validate(options)
  if (isAsync(program)) return check(loopOf(program, options.seed ?? 1), options, searching)
  return check(isTransformed(program) ? generatorsOf(program) : nestOf(program), options, searching)
}

let reserved: Pick<Limits, 'memory' | 'image'> = { memory: 4096, image: [] }

/** @internal Reserves the first `memory` bytes for a heap with these initial words. Buffers begin behind it. */
export function reserveHeap(memory: number, image: Limits['image']): void {
  reserved = { memory, image }
}

function* check<F extends SearchResult>(
  driver: DriverOf,
  options: ModelOptions,
  searching: Searching<F>,
): Search<Summary & Omit<F, 'failed'>> {
  const began: Execution[] = []
  try {
    return yield* explore(
      execution => {
        began.push(execution)
        return driver(execution)
      },
      options,
      searching,
    )
  } finally {
    for (const execution of began) execution.release()
  }
}

function* explore<F extends SearchResult>(
  driverOf: DriverOf,
  options: ModelOptions,
  searching: Searching<F>,
): Search<Summary & Omit<F, 'failed'>> {
  const started = performance.now()
  const limits: Limits = { ...reserved, steps: options.steps ?? 5000, kills: options.kills ?? 0 }
  const { failed, ...seen } = yield* searching(driverOf, limits, {
    ms: options.budgetMs ?? 5000,
    preemptions: options.preemptions,
    seed: options.seed ?? 1,
  })
  if (failed !== undefined) throw yield* report(failed, driverOf, limits, seen.executions)
  return { ...seen, ms: performance.now() - started }
}

/** Runs the executions of the search, and calls `ran` after each. Yields those that are promises. */
function* carriedOut<T>(search: Search<T>, ran = (): void => {}): Generator<Promise<void>, T, void> {
  let step = search.next()
  while (step.done !== true) {
    try {
      const run = step.value.run()
      if (run !== undefined) yield run
    } catch (error) {
      step = search.throw(error)
      continue
    }
    ran()
    step = search.next()
  }
  return step.value
}

/** Runs the search of a synchronous program. */
const atOnce = <T>(search: Search<T>): T => carriedOut(search).next().value as T

/** @internal Runs any search; calls `ran` after each execution. */
export async function runAsync<T>(search: Search<T>, ran?: () => void): Promise<T> {
  const turns = carriedOut(search, ran)
  let turn = turns.next()
  while (turn.done !== true) {
    turn = await turn.value.then(
      () => turns.next(),
      (error: unknown) => turns.throw(error),
    )
  }
  return turn.value
}

/** @internal */
export function isAsync(program: unknown): program is (simulation: Simulation) => Promise<void> {
  return Object.prototype.toString.call(program) === '[object AsyncFunction]'
}

function loopOf(program: (simulation: Simulation) => Promise<void>, seed: number): DriverOf {
  return execution => {
    const loop: EventLoop = new EventLoop(execution, () => program(simulation), seed)
    const simulation = simulationOf(loop)
    return loop
  }
}

/** A program that the compiler has transformed to generators. */
type Transformed = (simulation: Simulation) => Generator<void, unknown, void>

/** @internal */
export function isTransformed(program: unknown): program is Transformed {
  return Object.prototype.toString.call(program) === '[object GeneratorFunction]'
}

function generatorsOf(program: Transformed): DriverOf {
  return execution => {
    const generators: GeneratorDriver = new GeneratorDriver(execution, () => program(simulation))
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
    const nest: ReplayDriver = new ReplayDriver(execution, () => {
      const result: unknown = program(simulation)
      if (result instanceof Promise) {
        throw new ModelError(
          'option',
          'The program returned a promise without being async. Make it an async function, and await `model()`.',
        )
      }
    })
    const simulation = simulationOf(nest)
    return nest
  }
}

/** Returns the program's view of the driver. */
function simulationOf(nest: ReplayDriver): Simulation {
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

function validate(options: ModelOptions): void {
  for (const key of ['preemptions', 'budgetMs', 'kills', 'steps'] as const) {
    const value = options[key]
    if (value !== undefined && !(value >= 0)) {
      throw new ModelError(
        'option',
        `\`${key}\` expects a number that is not negative, got ${describe(value)}. Pass such a number.`,
      )
    }
  }
}
