/** The outcome of an execution, and the recorder of its steps. */
import type { Value } from './cell.ts'
import type { Verdict } from './error.ts'
import type { Execution } from './execution.ts'
import type { Rival } from './shadow.ts'

/** The ways in which an execution ends. */
export type End = 'finished' | 'redundant' | 'failed' | 'restart'

/** The reason why an execution failed. */
export interface Failure {
  readonly verdict: Verdict
  /** The thread that failed, or -1. */
  readonly process: number
  readonly error?: unknown
  readonly rival?: Rival
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
