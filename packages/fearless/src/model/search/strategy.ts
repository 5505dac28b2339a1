/** How a search chooses: who runs next where nothing is forced, and what it learns from each step. */
import type { Execution } from '../engine/execution.ts'

/** No process: what is left of this execution has been seen elsewhere. */
export const REDUNDANT = -1

export interface Strategy {
  /** Whether steps need their place in the search's order. */
  readonly ordered: boolean
  /** Who runs next, of the `enabled`; `current` ran last. */
  pick(execution: Execution, depth: number, enabled: number, current: number): number
  /** The program's choice among `n`. */
  choose(execution: Execution, depth: number, process: number, n: number): number
  /** After every new step. */
  learn(execution: Execution, event: number): void
}
