/** How an execution ends, and who is told how it got there. */
import type { Value } from './cell.ts'
import type { Verdict } from './error.ts'
import type { Execution } from './execution.ts'
import type { Rival } from './shadow.ts'

/** How an execution ended. */
export type End = 'finished' | 'redundant' | 'failed' | 'restart'

/** Why an execution failed. */
export interface Failure {
  readonly verdict: Verdict
  /** The thread it is about, or -1. */
  readonly process: number
  readonly error?: unknown
  readonly rival?: Rival
  readonly at?: number
  readonly write?: boolean
}

/** Is told of everything, when a failing execution runs once more. */
export interface Recorder {
  /** The process stands in its code before its next step. */
  stand(process: number): void
  step(execution: Execution, process: number, event: number, result: Value): void
  /** Something else worth a line. */
  note(execution: Execution, process: number, what: string): void
  plain(execution: Execution, process: number, at: number, cell: number, write: boolean, value: Value): void
}
