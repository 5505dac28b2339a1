/**
 * Writes the numbers of README.md and docs/benchmarks.md from the newest complete run:  node bench/readme-numbers.ts
 * [--check]
 *
 * Only this script writes the block between the two markers of each page. With --check it writes nothing, and ends with
 * 1 if a block is not that of the newest run.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { BENCH } from './line-up.ts'
import { type Cell, type Line, type Results, newest } from './results.ts'
import { against, align, number, show } from './table.ts'

const START = '<!-- bench:start -->'
const END = '<!-- bench:end -->'

/** The rows of the README, by title. */
const DECIDING = [
  'round trip of a trivial task, hot',
  '10k items by one parallel loop',
  'channel, numbers, thread -> thread',
  'channel, small objects, thread -> thread',
  'Mutex lock + unlock, uncontended',
  'first result from cold',
  'memory per thread',
  'primes below 400,000, in parallel',
]
/** The rows for users that choose a library; the others are for its developers. */
const CHOOSING = [
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

/** A column of a table: its title, and the cell of a row. */
interface Column {
  readonly title: string
  cell(line: Line, results: Results): string
}

interface Page {
  /** From the root of the repository. */
  readonly file: string
  /** The path from the page to bench/results. */
  readonly results: string
  shows(line: Line): boolean
  readonly columns: readonly Column[]
}

function withUnit(line: Line, cell: Cell | undefined): string {
  const text = show(cell)
  return cell !== undefined && 'value' in cell ? `${text} ${line.unit === 'us' ? 'µs' : line.unit}` : text
}

/** The best rival, even if fearless lost; its ratio is in the result file. */
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

const ofRole = (title: string, role: string): Column => ({
  title,
  cell(line, results) {
    const contestant = results.contestants.find(c => c.role === role)
    return withUnit(line, contestant && line.cells[contestant.name])
  },
})

const TIMES_BETTER: Column = {
  title: 'times better',
  cell(line, results) {
    const rival = against(line, results.contestants, 'rival')
    return rival === undefined ? '-' : `${number(rival.ratio)}x`
  },
}
const BEST_RIVAL: Column = { title: 'best other library', cell: bestRival }

const PAGES: readonly Page[] = [
  {
    file: 'README.md',
    results: 'bench/results',
    shows: line => DECIDING.includes(line.title),
    columns: [ofRole('fearless', 'ours'), ofRole('raw postMessage', 'ground'), BEST_RIVAL, ofRole('Rust', 'rust')],
  },
  {
    file: 'docs/benchmarks.md',
    results: '../bench/results',
    shows: line => CHOOSING.includes(line.row),
    columns: [
      ofRole('fearless', 'ours'),
      ofRole('in development', 'walls'),
      ofRole('raw postMessage', 'ground'),
      BEST_RIVAL,
      TIMES_BETTER,
      ofRole('Rust', 'rust'),
    ],
  },
]

function block(page: Page, name: string, results: Results): string {
  const lines = results.lines.filter(line => page.shows(line))
  const { machine } = results
  return [
    align([
      ['', ...page.columns.map(({ title }) => title)],
      ...lines.map(line => [line.title, ...page.columns.map(column => column.cell(line, results))]),
    ]),
    '',
    `\`${results.command}\`, ${results.date.slice(0, 10)}, ${machine.cores} x ${machine.cpu}, ${machine.os}; ` +
      `[all rows, versions and remarks](${page.results}/${name.replace(/\.json$/, '.md')}).`,
  ].join('\n')
}

function main(): void {
  const run = newest()
  if (run === undefined) throw new Error('There is no complete run in bench/results. Run `npm run bench` first.')
  for (const page of PAGES) {
    const path = `${BENCH}../${page.file}`
    const text = readFileSync(path, 'utf8')
    const start = text.indexOf(START)
    const end = text.indexOf(END)
    if (start < 0 || end < start) {
      throw new Error(`${page.file} has no ${START} followed by ${END}. Put them where the numbers go.`)
    }
    const updated = `${text.slice(0, start + START.length)}\n${block(page, run.name, run.results)}\n${text.slice(end)}`
    if (!process.argv.includes('--check')) writeFileSync(path, updated)
    else if (updated !== text) {
      process.stderr.write(
        `The numbers in ${page.file} are not those of the newest run. Run \`npm run bench:readme\`.\n`,
      )
      process.exitCode = 1
    }
  }
}

main()
