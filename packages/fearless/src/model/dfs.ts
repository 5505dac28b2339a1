/** Every interleaving with at most so many preemptions, one by one, with no reduction. */
import type { Execution } from './execution.ts'
import { PAUSE, WAKE } from './ops.ts'
import { type Strategy } from './strategy.ts'
import { lowest } from './tree.ts'

export class Dfs implements Strategy {
  readonly ordered = false
  readonly #preemptions: number
  /** How many preemptions there are before each depth. */
  readonly #spent: Int32Array

  constructor(limit: number, preemptions = Infinity) {
    this.#preemptions = preemptions
    this.#spent = new Int32Array(limit + 2)
  }

  pick(execution: Execution, depth: number, enabled: number, current: number): number {
    const { tree } = execution
    const spent = depth === 0 ? 0 : this.#count(execution, depth)
    const stays = couldGoOn(execution, enabled, current)
    const todo = stays && spent >= this.#preemptions ? 1 << current : enabled
    const alive = todo & ~execution.deaths
    const from = alive === 0 ? todo : alive
    const process = (from >> current) & 1 ? current : lowest(from)
    tree.open(depth, process, enabled, todo)
    tree.sleep[depth] = 0
    tree.stays[depth] = stays ? current : -1
    return process
  }

  choose(execution: Execution, depth: number, process: number, n: number): number {
    execution.tree.openChoice(depth, process, n, 0)
    execution.tree.sleep[depth] = 0
    execution.tree.stays[depth] = -1
    return 0
  }

  learn(): void {}

  #count(execution: Execution, depth: number): number {
    const { tree } = execution
    const before = this.#spent[depth - 1]!
    const stays = tree.stays[depth - 1]!
    return (this.#spent[depth] = before + (stays >= 0 && stays !== tree.ran[depth - 1]! ? 1 : 0))
  }
}

/** Whether taking the turn from `current` would be a preemption: it could go on, and does not wait for something. */
export function couldGoOn(execution: Execution, enabled: number, current: number): boolean {
  const kind = execution.kind[current]!
  return ((enabled >> current) & 1) === 1 && kind !== WAKE && kind !== PAUSE
}
