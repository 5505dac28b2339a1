/** Depth-first search over every interleaving with at most `preemptions` preemptions, without reduction. */
import type { ExecutionState, Strategy } from '../engine/execution-state.ts'

export class BoundedDfs implements Strategy {
  readonly ordered = false
  readonly #preemptions: number
  /** The number of preemptions before each depth. */
  readonly #spent: number[] = []

  constructor(preemptions = Infinity) {
    this.#preemptions = preemptions
  }

  pick(execution: ExecutionState, depth: number, enabled: number, current: number): number {
    const { tree } = execution
    const spent = depth === 0 ? 0 : this.#count(execution, depth)
    const stays = execution.couldContinue(enabled, current)
    const todo = stays && spent >= this.#preemptions ? 1 << current : enabled
    const process = execution.defaultProcess(todo, current)
    tree.open(depth, process, enabled, todo)
    tree.sleep[depth] = 0
    tree.preemptable[depth] = stays ? current : -1
    return process
  }

  choose(execution: ExecutionState, depth: number, process: number, n: number): number {
    if (depth > 0) this.#count(execution, depth)
    execution.tree.openChoice(depth, process, n, 0)
    execution.tree.sleep[depth] = 0
    return 0
  }

  learn(): void {}

  #count(execution: ExecutionState, depth: number): number {
    const { tree } = execution
    const before = this.#spent[depth - 1] ?? 0
    const stays = tree.preemptable[depth - 1]
    return (this.#spent[depth] = before + (stays >= 0 && stays !== tree.ran[depth - 1] ? 1 : 0))
  }
}
