/**
 * The log of the values that threads receive between their steps, in order: results of plain reads, and the time.
 *
 * In the prefix that an execution shares with the previous one, threads receive the recorded values again, because
 * memory already holds the state at the end of the prefix.
 */
import { notDeterministic } from './error.ts'

export class ReplayLog {
  readonly #values: unknown[] = []
  /** The number of valid values. Later ones are stale but kept, because setting an array's length takes 100 ns. */
  length = 0
  #at = 0

  /** Rewinds to the beginning, and keeps `length` values to repeat. */
  rewind(length: number): void {
    this.length = length
    this.#at = 0
  }

  /** Returns the next recorded value. Throws if there is none. */
  next(): unknown {
    if (this.#at === this.length) throw notDeterministic()
    return this.#values[this.#at++]
  }

  /** Records a new value and returns it. */
  record<T>(value: T): T {
    this.#values[this.#at++] = value
    this.length = this.#at
    return value
  }

  /** True if all recorded values have been repeated. */
  get isAtEnd(): boolean {
    return this.#at === this.length
  }
}
