/** A search strategy: picks the next process where the schedule is not forced, and learns from each step. */
import type { Execution } from '../engine/execution.ts'

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
