/**
 * The interfaces between an execution and its surroundings: a strategy chooses its steps, a recorder listens to them.
 */
import type { Value } from './cell.ts'
import type { Verdict } from './error.ts'
import type { RacingAccess } from './shadow.ts'
import { type Execution } from './execution.ts'

/** Returned by `pick` instead of a process: the rest of this execution is equivalent to an explored one. */
export const REDUNDANT = -1

export interface Strategy {
  /** True if the strategy needs the clocks of `Events.order`. */
  readonly ordered: boolean
  /** Returns the process of the next step, one of `enabled`, or REDUNDANT. `current` made the last step. */
  pick(execution: Execution, depth: number, enabled: number, current: number): number
  /** Returns the value of a choice of the program among `n`. */
  choose(execution: Execution, depth: number, process: number, n: number): number
  /** Called after every new step. */
  learn(execution: Execution, event: number): void
}

/** The ways in which an execution ends. */
export type End = 'finished' | 'redundant' | 'failed' | 'restart'

/** The reason why an execution failed. */
export interface Failure {
  readonly verdict: Verdict
  /** The thread that failed, or -1. */
  readonly process: number
  readonly error?: unknown
  readonly rival?: RacingAccess
  readonly at?: number
  readonly write?: boolean
}

/** A listener for every step and access of a failing execution that is replayed. */
export interface Recorder {
  /** Called when a process announces its next step, while the stack shows the announcing code. */
  stand(process: number): void
  step(execution: Execution, process: number, event: number, result: Value): void
  /** Records an event other than a step. */
  note(execution: Execution, process: number, what: string): void
  plain(execution: Execution, process: number, at: number, cell: number, write: boolean, value: Value): void
}
