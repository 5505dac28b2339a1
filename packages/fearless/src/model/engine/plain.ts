/**
 * The accesses of threads between their steps: plain reads and writes, which are checked for races, and virtual time.
 *
 * In the prefix that an execution shares with the previous one, memory already has its final contents. Reads return the
 * recorded values, and writes are skipped.
 */
import { BYTES, U8, type Value } from './cell.ts'
import type { Events } from './events.ts'
import type { ExecutionState } from './execution-state.ts'
import type { Memory } from './memory.ts'
import { READS, WRITES, WROTE } from './ops.ts'
import type { RaceDetector } from './shadow.ts'
import { ReplayLog } from './tape.ts'

export class PlainAccesses {
  readonly #execution: ExecutionState
  readonly #memory: Memory
  readonly #events: Events
  readonly #shadow: RaceDetector
  readonly tape = new ReplayLog()
  /** True if accesses are checked for races: from the first plain access of the search on. */
  raceDetectionEnabled = false

  constructor(execution: ExecutionState, memory: Memory, events: Events, shadow: RaceDetector) {
    this.#execution = execution
    this.#memory = memory
    this.#events = events
    this.#shadow = shadow
  }

  /** Begins an execution that repeats `told` recorded values. */
  begin(told: number): void {
    this.tape.rewind(told)
    if (this.raceDetectionEnabled) this.#shadow.clear()
  }

  get(process: number, at: number, cell: number): Value {
    const execution = this.#execution
    if (this.#access(process, at, BYTES[cell], false)) return this.tape.next() as Value
    const value = this.#memory.read(at, cell)
    execution.recorder?.plain(execution, process, at, cell, false, value)
    return this.tape.record(value)
  }

  set(process: number, at: number, value: Value, cell: number): void {
    const execution = this.#execution
    execution.recorder?.plain(execution, process, at, cell, true, value)
    if (!this.#access(process, at, BYTES[cell], true)) this.#memory.write(at, cell, value)
  }

  copy(process: number, to: number, from: number, length: number): void {
    if (length === 0) return
    this.#access(process, from, length, false)
    if (!this.#access(process, to, length, true)) this.#memory.copy(to, from, length)
  }

  fill(process: number, at: number, value: number, length: number): void {
    if (length === 0) return
    if (!this.#access(process, at, length, true)) this.#memory.fill(at, value, length)
  }

  bytes(process: number, at: number, length: number): Uint8Array {
    if (length > 0 ? this.#access(process, at, length, false) : this.#execution.repeats) {
      return this.tape.next() as Uint8Array
    }
    const bytes = this.#memory.bytes(at, length)
    this.#record(process, at, bytes, false)
    return this.tape.record(bytes)
  }

  setBytes(process: number, at: number, bytes: Uint8Array): void {
    this.#record(process, at, bytes, true)
    if (bytes.length === 0) return
    if (!this.#access(process, at, bytes.length, true)) this.#memory.setBytes(at, bytes)
  }

  /** Records a value that is neither in memory nor the result of a step: the thread's virtual time. */
  recorded(value: number): number {
    return this.#execution.repeats ? (this.tape.next() as number) : this.tape.record(value)
  }

  /**
   * Adds a step to happens-before. `cause` is the event that enabled it, or -1. With `more` it follows all that the
   * cause's thread did until its next step.
   */
  step(event: number, cause: number, more: 0 | 1, bytes: number): void {
    const events = this.#events
    events.fillSyncClock(event, cause, more)
    const touches = events.touches[event]
    if ((touches & (READS | WRITES)) === 0) return
    const process = events.process[event]
    const at = events.at[event]
    const write = (touches & WROTE) !== 0
    const rival = this.#shadow.rival(process, at, bytes, write, true)
    if (rival !== undefined) this.#execution.fail({ verdict: 'data race', process, rival, at, write })
  }

  /** Registers an access. Returns true if it belongs to the prefix, so that it has already been made. */
  #access(process: number, at: number, length: number, write: boolean): boolean {
    const execution = this.#execution
    execution.growTo(at + length)
    if (!this.raceDetectionEnabled) {
      // Happens-before has not been tracked so far: restart the search from the beginning with it.
      this.raceDetectionEnabled = true
      execution.over = 'restart'
      this.#shadow.grow(this.#memory.size)
      return false
    }
    const { repeats } = execution
    const rival = this.#shadow.access(process, at, length, write, !repeats)
    if (rival !== undefined) execution.fail({ verdict: 'data race', process, rival, at, write })
    return repeats
  }

  #record(process: number, at: number, bytes: Uint8Array, write: boolean): void {
    const execution = this.#execution
    const { recorder } = execution
    if (recorder !== undefined) bytes.forEach((byte, i) => recorder.plain(execution, process, at + i, U8, write, byte))
  }
}
