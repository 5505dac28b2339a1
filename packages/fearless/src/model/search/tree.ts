/**
 * The search tree along the execution that runs now: at each depth who ran, and who else is still to run there.
 *
 * A set of processes is a number, one bit each. Nodes above `prefix` are forced: they are the branch being explored.
 */

/** Room for so many nodes at first. */
const FIRST = 128

export class Tree {
  /** Below this depth the choices are made already. */
  prefix = 0
  /** The nodes above this depth are another search's: this one explores what is below them. */
  floor = 0
  ran = new Uint8Array(FIRST)
  /** Who could run here. */
  enabled = new Int32Array(FIRST)
  /** Who is to run here, before the search leaves the node. */
  todo = new Int32Array(FIRST)
  /** Who has run here, in an execution before this one. */
  done = new Int32Array(FIRST)
  /** Who need not run here, because every way on from there has been seen elsewhere. */
  sleep = new Int32Array(FIRST)
  /** How many values a choice of the program has; 0 at a scheduling node. */
  ways = new Int32Array(FIRST)
  chosen = new Int32Array(FIRST)
  /** Who could have gone on here, so that it is a preemption if another one runs; or -1. */
  stays = new Int8Array(FIRST)

  /** As if nothing had ever been searched. */
  clear(): void {
    this.prefix = this.floor = 0
  }

  /** Opens a node below the forced ones. */
  open(depth: number, process: number, enabled: number, todo: number): void {
    this.#reach(depth)
    this.ran[depth] = process
    this.enabled[depth] = enabled
    this.todo[depth] = todo
    this.done[depth] = 0
    this.ways[depth] = 0
  }

  /** Opens a node at which the program chooses. */
  openChoice(depth: number, process: number, ways: number, chosen: number): void {
    this.#reach(depth)
    this.ran[depth] = process
    this.enabled[depth] = this.todo[depth] = 1 << process
    this.done[depth] = 0
    this.ways[depth] = ways
    this.chosen[depth] = chosen
    this.stays[depth] = -1
  }

  /** Makes room for the node and the one after it. */
  #reach(depth: number): void {
    if (depth + 1 < this.ran.length) return
    this.ran = doubled(this.ran)
    this.enabled = doubled(this.enabled)
    this.todo = doubled(this.todo)
    this.done = doubled(this.done)
    this.sleep = doubled(this.sleep)
    this.ways = doubled(this.ways)
    this.chosen = doubled(this.chosen)
    this.stays = doubled(this.stays)
  }

  /** Goes to the next branch, the deepest first; returns the depth of its first new step, or -1 if none is left. */
  advance(length: number): number {
    for (let depth = length - 1; depth >= this.floor; depth--) {
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

/** The same numbers, and as much room again. */
export function doubled<T extends Uint8Array<ArrayBuffer> | Int8Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
  old: T,
): T {
  const larger = new (old.constructor as new (length: number) => T)(old.length * 2)
  larger.set(old)
  return larger
}

/** The lowest process in a set that is not empty. */
export function lowest(set: number): number {
  return 31 - Math.clz32(set & -set)
}
