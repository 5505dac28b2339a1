/** Builds the error that the user reads from a failed execution, and runs an execution from its replay string. */
import { Dpor } from './dpor.ts'
import { ModelError, notDeterministic } from '../engine/error.ts'
import type { Failure } from '../engine/execution-state.ts'
import { forceSchedule, parseSchedule, printSchedule, scheduleOf } from './schedule.ts'
import { runOnce, startRun, type DriverOf, type Limits, type SearchRun, type Search } from './search.ts'
import { shrink } from './shrink.ts'
import { Trace, describeFailure, printTrace, type TraceStep } from './trace.ts'

/** An execution failed; `trace` contains its steps. */
export class ModelFailure extends ModelError {
  readonly trace: readonly TraceStep[]
  /** Pass it to `model` as `replay` to run this interleaving again. */
  readonly replay: string
  /** The number of interleavings up to the one that failed. */
  readonly executions: number

  constructor(failure: Failure, message: string, trace: readonly TraceStep[], replay: string, executions: number) {
    super(failure.verdict, message, failure.error === undefined ? {} : { cause: failure.error })
    this.trace = trace
    this.replay = replay
    this.executions = executions
  }
}

/** Runs one interleaving. Returns its number of steps; throws if it fails. */
export function* replay(driverOf: DriverOf, limits: Limits, text: string): Search<number> {
  const run = startRun(driverOf, limits, new Dpor())
  const schedule = parseSchedule(text)
  forceSchedule(run.execution, schedule)
  try {
    yield* runOnce(run)
  } catch (error) {
    throw misfit(text, error)
  }
  const { execution } = run
  if (execution.failure?.error instanceof ModelError) throw misfit(text, execution.failure.error)
  if (execution.events.length < schedule.length) throw misfit(text, undefined)
  if (execution.over === 'failed') throw yield* failureOf(run, 1)
  return execution.events.length
}

function misfit(text: string, cause: unknown): ModelError {
  return new ModelError(
    'replay',
    `The program did not follow the replay string, got "${text}". Replay it with the program and the options of its failure.`,
    { cause },
  )
}

/** Builds the error of a failed execution after shrinking its schedule. */
export function* report(failed: SearchRun, driverOf: DriverOf, limits: Limits, executions: number): Search<ModelError> {
  const { error } = failed.execution.failure!
  if (error instanceof ModelError) return error
  return yield* failureOf(yield* shrink(failed, driverOf, limits), executions)
}

/** Runs the failing execution again and records every step. */
function* failureOf(failed: SearchRun, executions: number): Search<ModelFailure> {
  const schedule = scheduleOf(failed.execution)
  const { execution, driver } = failed
  const trace = new Trace(driver)
  execution.recorder = trace
  forceSchedule(execution, schedule)
  yield* runOnce(failed)
  const failure = execution.failure
  if (failure === undefined) throw notDeterministic()
  const text = printSchedule(schedule, execution.processes.births)
  const message =
    `${describeFailure(execution, failure, trace)}\n\n${printTrace(trace.steps)}\n\n` +
    `Found in interleaving ${executions}. Run this one again with { replay: '${text}' }.`
  return new ModelFailure(failure, message, trace.steps, text, executions)
}
