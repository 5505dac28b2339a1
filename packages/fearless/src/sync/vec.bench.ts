/**
 * Measures `with` of a vec: with a function that the compiler has proved to keep no view, and with one that gets a
 * copy.
 *
 *     node --import @fearless/compiler/register src/sync/vec.bench.ts
 *
 * Prints the median of nine runs.
 */
import { vec } from 'fearless'

function time(name: string, f: () => void): void {
  let rounds = 1
  for (;;) {
    const start = performance.now()
    for (let i = 0; i < rounds; i++) f()
    if (performance.now() - start > 20) break
    rounds *= 2
  }
  const runs = Array.from({ length: 9 }, () => {
    const start = performance.now()
    for (let i = 0; i < rounds; i++) f()
    return ((performance.now() - start) * 1e6) / rounds
  }).sort((a, b) => a - b)
  console.log(`${name.padEnd(48)} ${runs[4].toFixed(0).padStart(10)} ns`)
}

const hidden = { first: (view: { readonly [index: number]: number | bigint }) => view[0] }

for (const length of [1, 100, 10_000, 1_000_000]) {
  const numbers = vec.f64(length)
  time(`${length}: get(0)`, () => void numbers.get(0))
  time(`${length}: with, confined`, () => void numbers.with(view => view[0]))
  time(`${length}: with, a copy`, () => void numbers.with(view => hidden.first(view)))
  const frozen = vec.f64(length).freeze()
  time(`${length}: with of a frozen vec, confined`, () => void frozen.with(view => view[0]))
  time(`${length}: with of a frozen vec, a copy`, () => void frozen.with(view => hidden.first(view)))
}
