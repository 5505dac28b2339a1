/**
 * Source-DPOR with sleep sets (Abdulla, Aronis, Jonsson, Sagonas: "Optimal dynamic partial order reduction", 2014):
 * explores one of all interleavings that differ only in the order of independent steps.
 *
 * If a step depends on an earlier one of another process, and no other event orders the two, they race: they might have
 * run in reverse order. Then one of the processes that can begin such an execution must be in the backtracking set of
 * the node before the earlier step (`backtrack`). A process that was explored at a node is in the sleep set below the
 * node, until a step that depends on its own wakes it.
 */
import { MAX_PROCESSES } from '../engine/events.ts'
import { REDUNDANT, type ExecutionState, type Strategy } from '../engine/execution-state.ts'
import { lowestProcess } from './tree.ts'

export class Dpor implements Strategy {
  readonly ordered = true
  /** The first event of each process among those that would run before the later step. */
  readonly #first = new Int32Array(MAX_PROCESSES + 1)

  pick(execution: ExecutionState, depth: number, enabled: number, current: number): number {
    const { tree } = execution
    const awake = enabled & ~tree.sleep[depth]
    if (awake === 0) return REDUNDANT
    const process = execution.defaultProcess(awake, current)
    // A step that is possible only as a last resort depends on all others.
    tree.open(depth, process, enabled, execution.lastResort ? enabled : 1 << process)
    tree.preemptable[depth] = execution.couldContinue(enabled, current) ? current : -1
    return process
  }

  choose(execution: ExecutionState, depth: number, process: number, n: number): number {
    execution.tree.openChoice(depth, process, n, 0)
    return 0
  }

  learn(execution: ExecutionState, event: number): void {
    const { races, raceCount } = execution.events
    for (let i = 0; i < raceCount; i++) this.#reverse(execution, races[i], event)
  }

  /**
   * Adds a process to the backtracking set unless an execution with the later event before the earlier one is already
   * covered.
   */
  #reverse(execution: ExecutionState, earlier: number, later: number): void {
    const { events, tree } = execution
    if (earlier < tree.floor) return
    const first = this.#first
    const covered = tree.backtrack[earlier] | tree.sleep[earlier]
    let seen = 0
    let initial = 0
    for (let e = earlier + 1; e <= later; e++) {
      if (e !== later && events.precedes(earlier, e)) continue
      const process = events.process[e]
      if ((seen >> process) & 1) continue
      let begins = true
      for (let rest = seen; rest !== 0; rest &= rest - 1) {
        const other = lowestProcess(rest)
        if (events.orderEntry(e, other) > first[other]) {
          begins = false
          break
        }
      }
      first[process] = e
      seen |= 1 << process
      if (!begins) continue
      if ((covered >> process) & 1) return
      initial |= 1 << process
    }
    initial &= tree.enabled[earlier]
    if (initial === 0) {
      tree.backtrack[earlier] |= tree.enabled[earlier]
      return
    }
    const process = events.process[later]
    tree.backtrack[earlier] |= 1 << ((initial >> process) & 1 ? process : lowestProcess(initial))
  }
}
