/** Random schedulers, for models that are too large to exhaust. The same seed gives the same executions. */
import { MAX_PROCESSES } from '../engine/events.ts'
import type { ExecutionState, Strategy } from '../engine/execution-state.ts'
import { lowestProcess } from './tree.ts'

/** A small, fast generator (xorshift32) that gives the same numbers for the same seed on every platform. */
export class RandomNumbers {
  #state: number

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 2654435761) | 0 || 1
  }

  /** Returns a number in [0, n). */
  roll(n: number): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return (x >>> 0) % n
  }
}

/** The uniform random walk: every enabled process is equally likely. */
export class RandomWalk implements Strategy {
  readonly ordered = false
  readonly #dice: RandomNumbers

  constructor(dice: RandomNumbers) {
    this.#dice = dice
  }

  pick(execution: ExecutionState, depth: number, enabled: number, current: number): number {
    let nth = this.#dice.roll(bits(enabled))
    let rest = enabled
    while (nth-- > 0) rest &= rest - 1
    return open(execution, depth, lowestProcess(rest), enabled, current)
  }

  choose(execution: ExecutionState, depth: number, process: number, n: number): number {
    return openChoice(execution, depth, process, n, this.#dice.roll(n))
  }

  learn(): void {}
}

/**
 * PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic guarantees of finding
 * bugs", 2010).
 *
 * The enabled process of highest priority runs. At a few random steps the running process falls to the lowest priority.
 */
export class Pct implements Strategy {
  readonly ordered = false
  readonly #dice: RandomNumbers
  readonly #priority = new Float64Array(MAX_PROCESSES + 1)
  readonly #changes = new Set<number>()
  #lowest = 0

  constructor(dice: RandomNumbers) {
    this.#dice = dice
  }

  /** Draws priorities and `depth` change points for an execution of about `steps` steps. */
  draw(steps: number, depth: number): void {
    for (let p = 0; p <= MAX_PROCESSES; p++) this.#priority[p] = 1 + this.#dice.roll(1 << 20)
    this.#changes.clear()
    for (let i = 0; i < depth; i++) this.#changes.add(this.#dice.roll(Math.max(1, steps)))
    this.#lowest = 0
  }

  pick(execution: ExecutionState, depth: number, enabled: number, current: number): number {
    if (this.#changes.has(depth)) this.#priority[current] = this.#lowest--
    let best = lowestProcess(enabled)
    for (let rest = enabled; rest !== 0; rest &= rest - 1) {
      const process = lowestProcess(rest)
      if (this.#priority[process] > this.#priority[best]) best = process
    }
    // A paused thread falls to the lowest priority, or a spinning thread of high priority would starve all others.
    if (execution.lastResort) this.#priority[best] = this.#lowest--
    return open(execution, depth, best, enabled, current)
  }

  choose(execution: ExecutionState, depth: number, process: number, n: number): number {
    return openChoice(execution, depth, process, n, this.#dice.roll(n))
  }

  learn(): void {}
}

/**
 * Follows blocks of steps as far as possible: each is a process and a number of steps that it makes if it is enabled.
 */
export class FollowBlocks implements Strategy {
  readonly ordered = false
  readonly #blocks: readonly (readonly [process: number, count: number])[]
  readonly #choices: readonly number[]
  #block = 0
  #done = 0
  #choice = 0

  constructor(blocks: readonly (readonly [process: number, count: number])[], choices: readonly number[]) {
    this.#blocks = blocks
    this.#choices = choices
  }

  pick(execution: ExecutionState, depth: number, enabled: number, current: number): number {
    while (this.#block < this.#blocks.length) {
      const [process, count] = this.#blocks[this.#block]
      if (this.#done < count && ((enabled >> process) & 1) === 1) {
        this.#done++
        return open(execution, depth, process, enabled, current)
      }
      this.#block++
      this.#done = 0
    }
    return open(execution, depth, execution.defaultProcess(enabled, current), enabled, current)
  }

  choose(execution: ExecutionState, depth: number, process: number, n: number): number {
    return openChoice(execution, depth, process, n, Math.min(n - 1, this.#choices[this.#choice++] ?? 0))
  }

  learn(): void {}
}

function open(execution: ExecutionState, depth: number, process: number, enabled: number, current: number): number {
  execution.tree.open(depth, process, enabled, 1 << process)
  execution.tree.preemptable[depth] = execution.couldContinue(enabled, current) ? current : -1
  return process
}

function openChoice(execution: ExecutionState, depth: number, process: number, n: number, chosen: number): number {
  execution.tree.openChoice(depth, process, n, chosen)
  return chosen
}

function bits(set: number): number {
  let count = 0
  for (let rest = set; rest !== 0; rest &= rest - 1) count++
  return count
}
