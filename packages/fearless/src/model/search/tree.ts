/**
 * The path of the current execution through the search tree: at each depth the process that ran, and the backtracking
 * and sleep sets.
 *
 * A set of processes is a number, one bit each. Nodes above `prefix` are forced: they lead to the branch being
 * explored.
 */

/** The initial capacity, in nodes. */
const FIRST = 128

export class SearchTree {
  /** The number of forced nodes. */
  prefix = 0
  /** Nodes above this depth belong to another search. This one explores the tree below them. */
  floor = 0
  ran = new Uint8Array(FIRST)
  /** The processes that were enabled at the node. */
  enabled = new Int32Array(FIRST)
  /** The backtracking set: processes that must run at the node before the search leaves it. */
  backtrack = new Int32Array(FIRST)
  /** The processes that ran at the node in earlier executions. */
  explored = new Int32Array(FIRST)
  /**
   * The sleep set: processes that need not run at the node, because all continuations are equivalent to explored ones.
   */
  sleep = new Int32Array(FIRST)
  /** The number of values of a choice of the program, or 0 at a scheduling node. */
  choices = new Int32Array(FIRST)
  chosen = new Int32Array(FIRST)
  /** The process whose replacement at the node is a preemption, because it could have continued; or -1. */
  preemptable = new Int8Array(FIRST)

  /** Resets the tree for a new search. */
  clear(): void {
    this.prefix = this.floor = 0
  }

  /** Adds a node below the forced ones. */
  open(depth: number, process: number, enabled: number, todo: number): void {
    this.#reach(depth)
    this.ran[depth] = process
    this.enabled[depth] = enabled
    this.backtrack[depth] = todo
    this.explored[depth] = 0
    this.choices[depth] = 0
  }

  /** Adds a node at which the program chooses. */
  openChoice(depth: number, process: number, ways: number, chosen: number): void {
    this.#reach(depth)
    this.ran[depth] = process
    this.enabled[depth] = this.backtrack[depth] = 1 << process
    this.explored[depth] = 0
    this.choices[depth] = ways
    this.chosen[depth] = chosen
    this.preemptable[depth] = -1
  }

  /** Makes room for the node and the one after it. */
  #reach(depth: number): void {
    if (depth + 1 < this.ran.length) return
    this.ran = doubled(this.ran)
    this.enabled = doubled(this.enabled)
    this.backtrack = doubled(this.backtrack)
    this.explored = doubled(this.explored)
    this.sleep = doubled(this.sleep)
    this.choices = doubled(this.choices)
    this.chosen = doubled(this.chosen)
    this.preemptable = doubled(this.preemptable)
  }

  /**
   * Backtracks to the deepest unexplored branch. Returns the depth of its first new step, or -1 if the tree is
   * exhausted.
   */
  advance(length: number): number {
    for (let depth = length - 1; depth >= this.floor; depth--) {
      if (this.choices[depth] > 0) {
        if (this.chosen[depth] + 1 === this.choices[depth]) continue
        this.chosen[depth]++
        this.prefix = depth + 1
        return depth
      }
      this.explored[depth] |= 1 << this.ran[depth]
      const rest = this.backtrack[depth] & ~this.explored[depth] & ~this.sleep[depth]
      if (rest === 0) continue
      this.ran[depth] = lowestProcess(rest)
      this.prefix = depth + 1
      return depth
    }
    return -1
  }
}

/** Returns a copy with twice the capacity. */
export function doubled<T extends Uint8Array<ArrayBuffer> | Int8Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
  old: T,
): T {
  const larger = new (old.constructor as new (length: number) => T)(old.length * 2)
  larger.set(old)
  return larger
}

/** Returns the lowest process of a non-empty set. */
export function lowestProcess(set: number): number {
  return 31 - Math.clz32(set & -set)
}
