/**
 * The long checks of the model checker: 100,000 random programs, and ten million rounds of each litmus test.
 *
 *     node src/model/long.bench.ts [programs] [rounds]
 *
 * Prints the comparisons and the outcomes. Exits with 1 if an outcome differs or is forbidden.
 */
import { compareSearches } from './differential.fixture.ts'
import { litmusTests, runLitmus } from './litmus.fixture.ts'

const programs = Number(process.argv[2] ?? 100_000)
const rounds = Number(process.argv[3] ?? 10_000_000)

const { mismatches, ...sums } = compareSearches(1, programs + 1)
console.log(JSON.stringify({ ...sums, mismatches: mismatches.length }))
for (const mismatch of mismatches) console.log(mismatch)
let bad = mismatches.length
for (const test of litmusTests) {
  const result = await runLitmus(test, rounds)
  console.log(test.name.padEnd(5), JSON.stringify(result))
  bad += result.forbidden
}
// The same test by plain accesses. If it shows no reordering, the results above are meaningless.
console.log('SB by plain accesses', JSON.stringify(await runLitmus(litmusTests[1], rounds / 10, true)))
process.exitCode = bad === 0 ? 0 : 1
