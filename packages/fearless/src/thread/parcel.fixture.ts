/** Messages for the tests of deaths. Threads import this file, so it has no effects of its own. */
import assert from 'node:assert/strict'

/** A message whose fields all follow from two numbers, so that a damaged one is detected. */
export interface Parcel {
  readonly from: number
  readonly n: number
  readonly text: string
  readonly list: readonly number[]
}
export function parcel(from: number, n: number): Parcel {
  return { from, n, text: `${from}/${n} `.repeat(1 + (n % 40)), list: Array.from({ length: n % 17 }, (_, k) => n + k) }
}
export function check(p: Parcel): void {
  assert.deepEqual(p, parcel(p.from, p.n))
}
