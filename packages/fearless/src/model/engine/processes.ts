/**
 * Who takes part in an execution, and who of them can run. A set of processes is a number, one bit each.
 *
 * A process is a thread, or the death of a thread: a process of one step that may come at any time.
 *
 * What changes by steps is written down before each of them, so that the next execution can begin where it leaves this
 * one. The rest is written when a process is born, and holds for as long as that beginning is shared.
 */
import { PROCESSES } from './events.ts'
import { doubled } from '../search/tree.ts'

/** What a process is for. */
export const THREAD = 0
/** The death of a thread. */
export const DEATH = 1
/** Runs what a `waitAsync` waits for; its sleep alone keeps nothing alive. */
export const WATCHER = 2
/** Runs after a death. */
export const REAPER = 3

/** log2 of how many numbers are written down before a step; where the two are that others add. */
const ROW = 4
const FIRST_OWN = 11
const SECOND_OWN = 12
/** Room for so many steps at first. */
const FIRST = 128

export class Processes {
  born = 0
  ended = 0
  /** Who sleeps in a line. */
  asleep = 0
  /** Who can run. */
  ready = 0
  /** Who pauses until something that it has read is written. */
  paused = 0
  /** Who sleeps with a limit that runs out only as the last resort. */
  late = 0
  /** Sleepers whose limit may run out. */
  dozing = 0
  /** The processes that are deaths. */
  deaths = 0
  /** Threads that threw what nobody has seen yet. */
  unseen = 0
  /** How many pauses in a row have ended only because nothing else could happen. */
  idle = 0
  readonly role = new Uint8Array(PROCESSES + 1)
  /** Of a death, a reaper: the thread it is about. */
  readonly victim = new Int8Array(PROCESSES + 1)
  /** The event in which the process was born, or -1. */
  readonly birth = new Int32Array(PROCESSES + 1)
  /** The last event of an ended thread. */
  readonly end = new Int32Array(PROCESSES + 1)
  /** Of a process that was woken, the notify. */
  readonly woken = new Int32Array(PROCESSES + 1)
  /** How often a process's sleep ran out. */
  readonly timeouts = new Uint8Array(PROCESSES + 1)
  /** Each process's own virtual milliseconds. */
  readonly time = new Float64Array(PROCESSES + 1)
  /** In the order in which they were born. */
  readonly births: number[] = []
  #rows = new Int32Array(FIRST << ROW)

  /** Nobody is there. */
  clear(): void {
    this.born = this.ended = this.asleep = this.ready = this.paused = this.late = 0
    this.dozing = this.deaths = this.unseen = this.idle = 0
    this.births.length = 0
  }

  /** Writes down how things are before a step, and two more numbers. */
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
    rows[row + 6] = this.dozing
    rows[row + 7] = this.deaths
    rows[row + 8] = this.unseen
    rows[row + 9] = this.idle
    rows[row + 10] = this.births.length
    rows[row + FIRST_OWN] = first
    rows[row + SECOND_OWN] = second
  }

  /** Makes things as they were before a step. */
  restore(depth: number): void {
    const row = depth << ROW
    const rows = this.#rows
    this.born = rows[row]
    this.ended = rows[row + 1]
    this.asleep = rows[row + 2]
    this.ready = rows[row + 3]
    this.paused = rows[row + 4]
    this.late = rows[row + 5]
    this.dozing = rows[row + 6]
    this.deaths = rows[row + 7]
    this.unseen = rows[row + 8]
    this.idle = rows[row + 9]
    // To set an array's length takes 100 ns.
    if (this.births.length !== rows[row + 10]) this.births.length = rows[row + 10]
  }

  /** The two more numbers of a step. */
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
    this.dozing &= ~bit
    this.deaths &= ~bit
  }

  /** Goes to sleep; with a limit, it may also wake by itself, and a late one does so only as the last resort. */
  sleep(process: number, limited: boolean, isLate: boolean): void {
    const bit = 1 << process
    this.asleep |= bit
    if (limited) this.dozing |= bit
    if (limited && !isLate) this.ready |= bit
    else this.ready &= ~bit
    if (limited && isLate) this.late |= bit
  }

  /** Is woken, or wakes. */
  wake(process: number): void {
    const bit = 1 << process
    this.asleep &= ~bit
    this.late &= ~bit
    this.dozing &= ~bit
    this.ready |= bit
  }

  /** Whether the process is there, and has not ended. */
  lives(process: number): boolean {
    return (((this.born & ~this.ended) >> process) & 1) === 1
  }

  sleeps(process: number): boolean {
    return ((this.asleep >> process) & 1) === 1
  }

  hasEnded(process: number): boolean {
    return ((this.ended >> process) & 1) === 1
  }
}
