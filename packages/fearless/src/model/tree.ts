/**
 * The search tree along the execution that runs now: at each depth who ran, and who else is still to run there.
 *
 * A set of processes is a number, one bit each. Nodes above `prefix` are forced: they are the branch being explored.
 */

export class Tree {
  /** Below this depth the choices are made already. */
  prefix = 0
  readonly ran: Uint8Array
  /** Who could run here. */
  readonly enabled: Int32Array
  /** Who is to run here, before the search leaves the node. */
  readonly todo: Int32Array
  /** Who has run here, in an execution before this one. */
  readonly done: Int32Array
  /** Who need not run here, because every way on from there has been seen elsewhere. */
  readonly sleep: Int32Array
  /** How many values a choice of the program has; 0 at a scheduling node. */
  readonly ways: Int32Array
  readonly chosen: Int32Array
  /** Who could have gone on here, so that it is a preemption if another one runs; or -1. */
  readonly stays: Int8Array

  constructor(limit: number) {
    this.ran = new Uint8Array(limit + 1)
    this.enabled = new Int32Array(limit + 1)
    this.todo = new Int32Array(limit + 1)
    this.done = new Int32Array(limit + 1)
    this.sleep = new Int32Array(limit + 1)
    this.ways = new Int32Array(limit + 1)
    this.chosen = new Int32Array(limit + 1)
    this.stays = new Int8Array(limit + 1)
  }

  /** Opens a node below the forced ones. */
  open(depth: number, process: number, enabled: number, todo: number): void {
    this.ran[depth] = process
    this.enabled[depth] = enabled
    this.todo[depth] = todo
    this.done[depth] = 0
    this.ways[depth] = 0
  }

  /** Opens a node at which the program chooses. */
  openChoice(depth: number, process: number, ways: number, chosen: number): void {
    this.ran[depth] = process
    this.enabled[depth] = this.todo[depth] = 1 << process
    this.done[depth] = 0
    this.ways[depth] = ways
    this.chosen[depth] = chosen
    this.stays[depth] = -1
  }

  /** Goes to the next branch, the deepest first; returns the depth of its first new step, or -1 if none is left. */
  advance(length: number): number {
    for (let depth = length - 1; depth >= 0; depth--) {
      if (this.ways[depth] > 0) {
        if (this.chosen[depth] + 1 === this.ways[depth]) continue
        this.chosen[depth]++
        this.prefix = depth + 1
        return depth
      }
      this.done[depth] |= 1 << this.ran[depth]
      const rest = this.todo[depth] & ~this.done[depth] & ~this.sleep[depth]
      if (rest === 0) continue
      this.ran[depth] = lowest(rest)
      this.prefix = depth + 1
      return depth
    }
    return -1
  }
}

/** The lowest process in a set that is not empty. */
export function lowest(set: number): number {
  return 31 - Math.clz32(set & -set)
}
