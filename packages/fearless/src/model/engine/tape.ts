/**
 * What threads are told between their steps, in order: values of plain reads, the time.
 *
 * Where an execution begins like the one before, its threads are told the same again, while memory already holds what
 * it holds at the end of that beginning.
 */
import { unsteady } from './error.ts'

export class Tape {
  readonly #values: unknown[] = []
  /** How much there is on it; what lies behind is forgotten, but not cut off: to set an array's length takes 100 ns. */
  length = 0
  #at = 0

  /** Begins again, with so much to tell. */
  rewind(length: number): void {
    this.length = length
    this.#at = 0
  }

  /** The next thing that was told before. */
  again(): unknown {
    if (this.#at === this.length) throw unsteady()
    return this.#values[this.#at++]
  }

  /** Tells something for the first time. */
  tell<T>(value: T): T {
    this.#values[this.#at++] = value
    this.length = this.#at
    return value
  }

  /** Whether everything that was told before was told again. */
  get isAtEnd(): boolean {
    return this.#at === this.length
  }
}
