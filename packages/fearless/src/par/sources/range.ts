/** `par.range`: consecutive whole numbers as a source of parallel iterators. A range carries no data. */
import { describe } from '../../describe.ts'

/** Whole numbers from `start` up to, but not including, `end`; see `range`. */
export class Range implements Iterable<number> {
  readonly start: number
  readonly end: number

  /** @internal */
  constructor(start: number, end: number) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) {
      throw new RangeError(
        `\`par.range\` expects two whole numbers, got ${describe(start)} and ${describe(end)}. Round them with \`Math.floor\`.`,
      )
    }
    this.start = start
    this.end = end
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let n = this.start; n < this.end; n++) yield n
  }
}

/**
 * The whole numbers from `start` up to, but not including, `end`: Rust's `start..end`.
 *
 * ```ts
 * await parIter(par.range(0, 1000)).filter(n => n % 3 === 0).count() // => 334
 * ```
 *
 * It carries no data, so nothing is copied to other threads.
 */
export function range(start: number, end: number): Range {
  return new Range(start, end)
}
