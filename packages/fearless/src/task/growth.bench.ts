/**
 * Measures whether an operation costs the same however many objects of its kind exist. `sync/concurrent-map.bench.ts`
 * has the maps.
 *
 *     node --import @fearless/compiler/register src/task/growth.bench.ts [10000000]
 *
 * Prints nanoseconds of an operation for each number of objects, the least of nine runs. The argument is the largest
 * number; 100,000 by default.
 */
import { SCALING_CASES, costOf } from './growth.fixture.ts'

const LARGEST = Number(process.argv[2] ?? 100_000)
const sizes: number[] = []
for (let n = 1000; n <= LARGEST; n *= 10) sizes.push(n)

console.log(`${''.padEnd(52)}${sizes.map(n => n.toLocaleString('en').padStart(12)).join('')}`)
for (const [name, growth] of Object.entries(SCALING_CASES)) {
  let line = name.padEnd(52)
  for (const n of sizes) line += (await costOf(growth, n, 9, 2000)).toFixed(0).padStart(12)
  console.log(line)
}
