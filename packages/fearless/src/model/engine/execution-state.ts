/**
 * The state of an execution, as its parts and its surroundings use it: a strategy chooses its steps, a recorder listens
 * to them.
 */
import type { Value } from './cell.ts'
import type { Verdict } from './error.ts'
import { MAX_PROCESSES, type Events } from './events.ts'
import type { Memory } from './memory.ts'
import { StableNames } from './names.ts'
import { PAUSE, WAKE } from './ops.ts'
import type { PooledState } from './pooled-state.ts'
import type { Processes } from './processes.ts'
import type { RacingAccess } from './shadow.ts'
import { lowestProcess, type SearchTree } from '../search/tree.ts'

/** Returned by `pick` instead of a process: the rest of this execution is equivalent to an explored one. */
export const REDUNDANT = -1

export interface Strategy {
  /** True if the strategy needs the clocks of `Events.order`. */
  readonly ordered: boolean
  /** Returns the process of the next step, one of `enabled`, or REDUNDANT. `current` made the last step. */
  pick(execution: ExecutionState, depth: number, enabled: number, current: number): number
  /** Returns the value of a choice of the program among `n`. */
  choose(execution: ExecutionState, depth: number, process: number, n: number): number
  /** Called after every new step. */
  learn(execution: ExecutionState, event: number): void
}

/** The ways in which an execution ends. */
export type End = 'finished' | 'redundant' | 'failed' | 'restart'

/** The reason why an execution failed. */
export interface Failure {
  readonly verdict: Verdict
  /** The thread that failed, or -1. */
  readonly process: number
  readonly error?: unknown
  readonly rival?: RacingAccess
  readonly at?: number
  readonly write?: boolean
}

/** A listener for every step and access of a failing execution that is replayed. */
export interface Recorder {
  /** Called when a process announces its next step, while the stack shows the announcing code. */
  stand(process: number): void
  step(execution: ExecutionState, process: number, event: number, result: Value): void
  /** Records an event other than a step. */
  note(execution: ExecutionState, process: number, what: string): void
  plain(execution: ExecutionState, process: number, at: number, cell: number, write: boolean, value: Value): void
}

export abstract class ExecutionState {
  readonly memory: Memory
  readonly events: Events
  readonly tree: SearchTree
  readonly processes: Processes
  readonly names: StableNames
  /**
   * The buffers of raw programs lie above this address. Below it is the memory that a library under test lays out
   * itself.
   */
  readonly reserved: number
  /** The most steps of an execution. */
  readonly limit: number
  strategy: Strategy
  recorder: Recorder | undefined

  /** The next step of each process. */
  readonly kind = new Uint8Array(MAX_PROCESSES + 1)
  readonly at = new Int32Array(MAX_PROCESSES + 1)
  readonly cell = new Uint8Array(MAX_PROCESSES + 1)
  readonly a = perProcess()
  readonly b = perProcess()
  readonly thrown: unknown[] = []
  /** True while the choice that is being made decides a death, and is not a choice of the program. */
  decidesDeath = false
  /** The watcher that was born last. */
  youngest = 0
  /** The number of steps of the prefix. Later events are new. */
  prefixLength = 0
  /** True if the only possible steps are the end of a pause without a write, or a late timeout. */
  lastResort = false
  over: End | undefined
  failure: Failure | undefined

  constructor(strategy: Strategy, pooled: PooledState, limit: number, reserved: number) {
    const { memory, events, tree, processes } = pooled
    this.memory = memory
    this.events = events
    this.tree = tree
    this.processes = processes
    this.names = new StableNames(events, reserved)
    this.reserved = reserved
    this.limit = limit
    this.strategy = strategy
  }

  /** Makes memory large enough for addresses below `end`. */
  abstract growTo(end: number): void

  /** True if the current code also ran in the previous execution. */
  get repeats(): boolean {
    return this.events.length <= this.prefixLength
  }

  /** The number of processes that have a number. They are numbered from 0. */
  get width(): number {
    return this.events.width
  }

  /** Returns the process that an ordinary execution would run: no thread dies, and timeouts are long. */
  defaultProcess(enabled: number, current: number): number {
    const { deaths, timeoutPending } = this.processes
    const usual = enabled & ~deaths & ~timeoutPending
    const from = usual === 0 ? enabled & ~deaths || enabled : usual
    return (from >> current) & 1 ? current : lowestProcess(from)
  }

  /** Returns true if a switch away from `current` is a preemption: the process could continue, and is not waiting. */
  couldContinue(enabled: number, current: number): boolean {
    const kind = this.kind[current]
    return ((enabled >> current) & 1) === 1 && kind !== WAKE && kind !== PAUSE
  }

  fail(failure: Failure): void {
    if (this.over !== undefined) return
    this.failure = failure
    this.over = 'failed'
  }
}

/** An array with a value for each process. It begins with `undefined`, or V8 would box numbers where they are read. */
export function perProcess(): Value[] {
  const values: Value[] = []
  for (let process = 0; process <= MAX_PROCESSES; process++) values.push(undefined as never)
  return values
}
