/**
 * How long a thread spins before it sleeps: adaptive, as in glibc's adaptive mutex. The time is reset after a spin that
 * succeeded, and halved after one that failed.
 *
 * Every 64th spin lasts `LONG_SPIN_US` once spins have become short. Two threads that alternate may both have learnt
 * that spinning does not pay. Each then sleeps before the other, which must first be woken, can answer; a spin that is
 * longer than a wake-up ends this state.
 */
import { platform } from '#platform'

/** The longest time for which a thread spins before it sleeps, in microseconds. */
export const SPIN_LIMIT_US: number = Number(platform.setting('FEARLESS_SPIN_US') ?? 40)
const LONG_SPIN_US: number = SPIN_LIMIT_US * 4
const LONG_SPIN_EVERY = 64

export class SpinBudget {
  readonly #afterSuccessUs: number
  readonly #shortestUs: number
  #us: number
  /** The number of spins of the shortest time. */
  #shortSpins = 0

  /** Spins below `shortestUs` last that long; 0: they do not happen. */
  constructor(firstUs: number, afterSuccessUs: number, shortestUs: number) {
    this.#us = firstUs
    this.#afterSuccessUs = afterSuccessUs
    this.#shortestUs = shortestUs
  }

  /** Returns the duration of the next spin in microseconds; 0: do not spin. */
  next(): number {
    if (this.#us > this.#shortestUs && this.#us >= 1) return this.#us
    return ++this.#shortSpins % LONG_SPIN_EVERY === 0 ? LONG_SPIN_US : this.#shortestUs
  }
  succeeded(): void {
    this.#us = this.#afterSuccessUs
  }
  failed(): void {
    this.#us = Math.max(this.#shortestUs, this.#us / 2)
  }
}
