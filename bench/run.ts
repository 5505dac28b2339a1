/**
 * The benchmark: npm run bench
 *
 * Every cell (row x contender) runs in fresh processes, one at a time. The rounds are the outer loop, so the cells of a
 * row run in the same minutes of the machine. A slow period affects one round of all contenders instead of one of them.
 */
import { type Entrant, lineUp } from './line-up.ts'
import { HELP, type Options, parse, selected } from './options.ts'
import type { Outcome } from './outcome.ts'
import { installRivals, stripTypes } from './prepare.ts'
import { runCell } from './process.ts'
import { lines, machine, write, type Results } from './results.ts'
import { ROWS, type Row } from './rows/index.ts'
import { render } from './table.ts'

const FULL = { warmMs: 200, ms: 600 }
const QUICK = { warmMs: 50, ms: 80 }

async function main(): Promise<void> {
  const options = parse(process.argv.slice(2))
  if (options === undefined) {
    process.stdout.write(HELP)
    return
  }
  installRivals()
  stripTypes()
  const entrants = (await lineUp()).filter(e => ROWS.some(row => selected(options.only, row.id, e.name)))
  for (const { name, missing } of entrants) if (missing !== undefined) process.stderr.write(`${name}: ${missing}\n`)

  const ground = machine()
  const outcomes = await measure(
    entrants.filter(e => e.missing === undefined),
    options,
  )
  const results: Results = {
    date: new Date().toISOString(),
    command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
    complete: options.only.length === 0 && !options.quick,
    machine: ground,
    contestants: entrants.map(({ name, role, version, missing }) => ({
      name,
      role,
      version,
      ...(missing === undefined ? {} : { missing }),
    })),
    lines: ROWS.flatMap(row => lines(row, outcomes.get(row) ?? new Map<string, Outcome[]>())),
  }
  const page = render(results)
  process.stdout.write(`\n${page}`)
  if (results.complete || options.write) process.stderr.write(`\nWritten to ${write(results, page)}\n`)
}

async function measure(entrants: readonly Entrant[], options: Options): Promise<Map<Row, Map<string, Outcome[]>>> {
  const cells = ROWS.flatMap(row =>
    entrants.filter(entrant => selected(options.only, row.id, entrant.name)).map(entrant => ({ row, entrant })),
  )
  const outcomes = new Map<Row, Map<string, Outcome[]>>()
  const budget = options.quick ? QUICK : FULL
  const limitMs = options.quick ? 20_000 : 40_000
  for (let round = 1; round <= options.processes; round++) {
    for (const [i, { row, entrant }] of cells.entries()) {
      const ofRow = outcomes.getOrInsertComputed(row, () => new Map<string, Outcome[]>())
      const soFar = ofRow.getOrInsertComputed(entrant.name, () => [])
      // An absent cell stays absent, and one bad outcome has decided the cell.
      if (soFar.some(outcome => outcome.kind !== 'measured')) continue
      progress(`round ${round}/${options.processes}, cell ${i + 1}/${cells.length}: ${row.id}, ${entrant.name}`)
      soFar.push(await runCell(entrant, row.id, budget, limitMs))
    }
  }
  progress('')
  return outcomes
}

/** Prints progress: one line that is overwritten in a terminal, and a log elsewhere. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else if (text !== '') process.stderr.write(`${text}\n`)
}

await main()
