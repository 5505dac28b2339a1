/** A run of the benchmark as data: the files in results/, and the input of the tables. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Entrant } from './line-up.ts'
import { BENCH } from './line-up.ts'
import { median } from './measure.ts'
import type { Outcome } from './outcome.ts'
import type { Metric, Row } from './rows/index.ts'

export interface Contestant {
  readonly name: string
  readonly role: Entrant['role']
  readonly version: string
  readonly missing?: string
}

export type Cell =
  | { readonly value: number; readonly samples: readonly number[] }
  | { readonly mark: 'WRONG' | 'HANG' | 'ERROR' | '-'; readonly message?: string }

export interface Line extends Metric {
  readonly row: string
  readonly cells: { readonly [contender: string]: Cell }
}

export interface Results {
  readonly date: string
  readonly command: string
  /** Whether it has every row and contender at full length, as the README needs. */
  readonly complete: boolean
  /** `load`: the machine's load before the run, in processors. Numbers of a loaded machine are not reliable. */
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryGb: number
    readonly os: string
    readonly load: number
  }
  readonly contestants: readonly Contestant[]
  readonly lines: readonly Line[]
}

const FOLDER = `${BENCH}results/`
const MARKS = { wrong: 'WRONG', hang: 'HANG', failed: 'ERROR', absent: '-' } as const

export function machine(): Results['machine'] {
  const [cpu] = cpus()
  return {
    cpu: cpu.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    load: loadavg()[0],
  }
}

/** Returns one line per metric of the row, from all outcomes of each contender. One bad outcome decides the cell. */
export function lines(row: Row, outcomes: ReadonlyMap<string, readonly Outcome[]>): Line[] {
  if (outcomes.size === 0) return []
  return row.metrics.map(metric => ({
    row: row.id,
    ...metric,
    cells: Object.fromEntries([...outcomes].map(([name, all]) => [name, cell(metric, all)])),
  }))
}

function cell(metric: Metric, outcomes: readonly Outcome[]): Cell {
  const samples: number[] = []
  for (const outcome of outcomes) {
    if (outcome.kind === 'absent') return { mark: '-' }
    if (outcome.kind !== 'measured') return { mark: MARKS[outcome.kind], message: outcome.message }
    const value = outcome.reading[metric.id]
    if (value !== undefined) samples.push(value)
  }
  return samples.length === 0 ? { mark: '-' } : { value: median(samples), samples }
}

/** Writes `results` and their page under the first free number of their day. Returns the path of the JSON file. */
export function write(results: Results, page: string): string {
  mkdirSync(FOLDER, { recursive: true })
  const day = results.date.slice(0, 10)
  let n = 1
  while (existsSync(`${FOLDER}${day}-${n}.json`)) n++
  const path = `${FOLDER}${day}-${n}`
  writeFileSync(`${path}.json`, `${JSON.stringify(results, undefined, 2)}\n`)
  writeFileSync(`${path}.md`, page)
  return `${path}.json`
}

/** Returns the newest complete run. */
export function newest(): { name: string; results: Results } | undefined {
  if (!existsSync(FOLDER)) return undefined
  const runs = readdirSync(FOLDER)
    .filter(name => name.endsWith('.json'))
    .map(name => ({ name, results: JSON.parse(readFileSync(FOLDER + name, 'utf8')) as Results }))
    .filter(run => run.results.complete)
  return runs.sort((a, b) => (a.results.date < b.results.date ? 1 : -1))[0]
}
