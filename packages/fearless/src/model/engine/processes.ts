/**
 * The processes of an execution and their states. A set of processes is a number, one bit each.
 *
 * A process is a thread, or the death of a thread: a process of one step that may happen at any time.
 *
 * State that steps change is saved before each of them, so that the next execution can branch off there. All other
 * state is written at the birth of a process, and stays valid as long as executions share that prefix.
 */
import { MAX_PROCESSES } from './events.ts'
import { doubled } from '../search/tree.ts'

/** The role of a process: an ordinary thread. */
export const THREAD = 0
/** The death of a thread. */
export const DEATH = 1
/** Runs the continuation of a `waitAsync`. Its sleep alone does not keep the execution alive. */
export const WATCHER = 2
/** Runs after a death. */
export const REAPER = 3

/** log2 of the numbers saved before a step, and the positions of the caller's two. */
const ROW = 4
const FIRST_OWN = 11
const SECOND_OWN = 12
/** The initial capacity, in steps. */
const FIRST = 128

export class Processes {
  born = 0
  ended = 0
  /** Registered in a wait queue. */
  asleep = 0
  /** Able to make a step. */
  ready = 0
  /** Paused until bytes that the process has read are written. */
  paused = 0
  /** Asleep with a timeout that expires only as a last resort. */
  late = 0
  /** Asleep with a timeout that may expire. */
  timeoutPending = 0
  /** The processes that are deaths. */
  deaths = 0
  /** Threads whose error no join has received yet. */
  uncaught = 0
  /** The number of pauses in a row that ended only because no other step was possible. */
  idle = 0
  readonly role = new Uint8Array(MAX_PROCESSES + 1)
  /** For a death or a reaper: the thread that dies. */
  readonly victim = new Int8Array(MAX_PROCESSES + 1)
  /** The event in which the process was born, or -1. */
  readonly birth = new Int32Array(MAX_PROCESSES + 1)
  /** The last event of an ended thread. */
  readonly end = new Int32Array(MAX_PROCESSES + 1)
  /** For a process that was woken: its notify. */
  readonly woken = new Int32Array(MAX_PROCESSES + 1)
  /** The number of timeouts of each process. */
  readonly timeouts = new Uint8Array(MAX_PROCESSES + 1)
  /** The virtual time of each process, in milliseconds. */
  readonly time = new Float64Array(MAX_PROCESSES + 1)
  /** All processes in the order of their births. */
  readonly births: number[] = []
  #rows = new Int32Array(FIRST << ROW)

  /** Removes all processes. */
  clear(): void {
    this.born = this.ended = this.asleep = this.ready = this.paused = this.late = 0
    this.timeoutPending = this.deaths = this.uncaught = this.idle = 0
    this.births.length = 0
  }

  /** Saves the state before a step, with two numbers of the caller. */
  save(depth: number, first: number, second: number): void {
    const row = depth << ROW
    if (row === this.#rows.length) this.#rows = doubled(this.#rows)
    const rows = this.#rows
    rows[row] = this.born
    rows[row + 1] = this.ended
    rows[row + 2] = this.asleep
    rows[row + 3] = this.ready
    rows[row + 4] = this.paused
    rows[row + 5] = this.late
    rows[row + 6] = this.timeoutPending
    rows[row + 7] = this.deaths
    rows[row + 8] = this.uncaught
    rows[row + 9] = this.idle
    rows[row + 10] = this.births.length
    rows[row + FIRST_OWN] = first
    rows[row + SECOND_OWN] = second
  }

  /** Restores the state before a step. */
  restore(depth: number): void {
    const row = depth << ROW
    const rows = this.#rows
    this.born = rows[row]
    this.ended = rows[row + 1]
    this.asleep = rows[row + 2]
    this.ready = rows[row + 3]
    this.paused = rows[row + 4]
    this.late = rows[row + 5]
    this.timeoutPending = rows[row + 6]
    this.deaths = rows[row + 7]
    this.uncaught = rows[row + 8]
    this.idle = rows[row + 9]
    // Setting an array's length takes 100 ns.
    if (this.births.length !== rows[row + 10]) this.births.length = rows[row + 10]
  }

  /** The two numbers of the caller at a step. */
  first(depth: number): number {
    return this.#rows[(depth << ROW) + FIRST_OWN]
  }
  second(depth: number): number {
    return this.#rows[(depth << ROW) + SECOND_OWN]
  }

  add(process: number, role: number, victim: number, event: number): void {
    this.births.push(process)
    this.role[process] = role
    this.victim[process] = victim
    this.birth[process] = event
    const bit = 1 << process
    this.born |= bit
    this.ready |= bit
    if (role === DEATH) this.deaths |= bit
  }

  remove(process: number, event: number): void {
    this.end[process] = event
    const bit = 1 << process
    this.ended |= bit
    this.ready &= ~bit
    this.paused &= ~bit
    this.asleep &= ~bit
    this.late &= ~bit
    this.timeoutPending &= ~bit
    this.deaths &= ~bit
  }

  /** Puts the process to sleep. With a timeout it can still run; with a late one only as a last resort. */
  sleep(process: number, limited: boolean, isLate: boolean): void {
    const bit = 1 << process
    this.asleep |= bit
    if (limited) this.timeoutPending |= bit
    if (limited && !isLate) this.ready |= bit
    else this.ready &= ~bit
    if (limited && isLate) this.late |= bit
  }

  /** Ends the sleep of the process, by a notify or by a timeout. */
  endSleep(process: number): void {
    const bit = 1 << process
    this.asleep &= ~bit
    this.late &= ~bit
    this.timeoutPending &= ~bit
    this.ready |= bit
  }

  /** Returns true if the process was born and has not ended. */
  isAlive(process: number): boolean {
    return (((this.born & ~this.ended) >> process) & 1) === 1
  }

  isAsleep(process: number): boolean {
    return ((this.asleep >> process) & 1) === 1
  }

  hasEnded(process: number): boolean {
    return ((this.ended >> process) & 1) === 1
  }
}
