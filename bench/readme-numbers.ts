/**
 * Writes the numbers of the root README from the newest complete run:  node bench/readme-numbers.ts [--check]
 *
 * The block between the two markers belongs to this script alone. With --check nothing is written, and a README whose
 * block is not the newest run's ends the process with 1.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { BENCH } from './line-up.ts'
import { type Cell, type Line, type Results, newest } from './results.ts'
import { against, align, number, show } from './table.ts'

const README = `${BENCH}../README.md`
const START = '<!-- bench:start -->'
const END = '<!-- bench:end -->'
/** Some rows are for who develops the library; these are for who chooses one. */
const ROWS = [
  'round-trip-hot',
  'round-trip-parked',
  'tasks-10k',
  'items-10k',
  'channel-number-to-thread',
  'channel-number-to-main',
  'channel-object-to-thread',
  'channel-object-to-main',
  'channel-string-to-thread',
  'channel-crowd',
  'channel-bounded-1',
  'channel-bounded-0',
  'ping-pong',
  'channel-delay',
  'channel-broadcast',
  'channel-watch',
  'channel-oneshot',
  'mutex-uncontended',
  'mutex-contended',
  'rw-lock-read',
  'atomic-add',
  'arc-clone',
  'cold',
  'memory',
  'objects-10k',
  'megabyte-shared',
  'par-even-sum-f64',
  'compute-primes',
  'compute-mandelbrot',
]

function withUnit(line: Line, cell: Cell | undefined): string {
  const text = show(cell)
  return cell !== undefined && 'value' in cell ? `${text} ${line.unit === 'us' ? 'µs' : line.unit}` : text
}

/** The rival that did best, however fearless did; its ratio is in the result file. */
function bestRival(line: Line, results: Results): string {
  const rivals = results.contestants
    .filter(c => c.role === 'rival')
    .flatMap(({ name }) => {
      const cell = line.cells[name]
      return cell !== undefined && 'value' in cell ? [{ name, cell }] : []
    })
  rivals.sort((a, b) => (a.cell.value - b.cell.value) * (line.better === 'less' ? 1 : -1))
  return rivals.length === 0 ? '-' : `${withUnit(line, rivals[0].cell)} (${rivals[0].name})`
}

function block(name: string, results: Results): string {
  const of = (line: Line, role: string) => {
    const contestant = results.contestants.find(c => c.role === role)
    return withUnit(line, contestant && line.cells[contestant.name])
  }
  const lines = results.lines.filter(line => ROWS.includes(line.row))
  const { machine } = results
  return [
    align([
      ['', 'fearless', 'in development', 'raw postMessage', 'best other library', 'times better', 'Rust'],
      ...lines.map(line => {
        const rival = against(line, results.contestants, 'rival')
        const times = rival === undefined ? '-' : `${number(rival.ratio)}x`
        return [
          line.title,
          of(line, 'ours'),
          of(line, 'walls'),
          of(line, 'ground'),
          bestRival(line, results),
          times,
          of(line, 'rust'),
        ]
      }),
    ]),
    '',
    `\`${results.command}\`, ${results.date.slice(0, 10)}, ${machine.cores} x ${machine.cpu}, ${machine.os}; ` +
      `[all rows, versions and remarks](bench/results/${name.replace(/\.json$/, '.md')}).`,
  ].join('\n')
}

function main(): void {
  const run = newest()
  if (run === undefined) throw new Error('There is no complete run in bench/results. Run `npm run bench` first.')
  const readme = readFileSync(README, 'utf8')
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start < 0 || end < start) {
    throw new Error(`README.md has no ${START} followed by ${END}. Put them where the numbers go.`)
  }
  const updated = `${readme.slice(0, start + START.length)}\n${block(run.name, run.results)}\n${readme.slice(end)}`
  if (!process.argv.includes('--check')) writeFileSync(README, updated)
  else if (updated !== readme) {
    process.stderr.write('The numbers in README.md are not those of the newest run. Run `npm run bench:readme`.\n')
    process.exitCode = 1
  }
}

main()
