/**
 * Compares the verdicts of rustc and the checker on the same random program.
 *
 *   node test/oracle/compare.ts [--functions 10000] [--seed 1]
 *
 * For each function, the tool compares the mistakes and their values: used after a move (E0382), moved while borrowed
 * (E0505), borrowed without `move` (E0373). Both report one mistake once. Its location, and whether two uses are one
 * mistake, depend on the order in which rustc visits statements. Functions in which rustc finds another error (a value
 * assigned while borrowed: E0506) are left out and counted.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { Project } from '../../src/project.ts'
import { ScratchProject, TSCONFIG } from '../scratch.ts'
import { generate, type Twin } from './generate.ts'

export interface Difference {
  readonly function: number
  readonly rustc: readonly string[]
  readonly ours: readonly string[]
  readonly typescript: string
}

export interface Comparison {
  readonly functions: number
  /** The number of functions that rustc refuses with a compared error. */
  readonly refused: number
  readonly left: number
  readonly differences: readonly Difference[]
}

/** The number of functions in one compilation, because the time of rustc and of tsc grows faster than linearly. */
const BATCH = 5000

const OURS = new Set(['E0382', 'E0505', 'E0373'])

export const hasRustc = (): boolean => spawnSync('rustc', ['--version']).status === 0

export function compare(seed: number, functions: number): Comparison {
  const twin = generate(seed, functions)
  const tsconfig = { extends: TSCONFIG.extends, files: ['program.ts'] }
  using scratch = new ScratchProject({ 'program.rs': twin.rust, 'program.ts': twin.typescript }, { tsconfig })
  const rustc = byFunction(twin, askRustc(scratch))
  const ours = byFunction(twin, askOurs(scratch))
  const differences: Difference[] = []
  let left = 0
  let refused = 0
  for (let at = 0; at < functions; at++) {
    const expected = rustc.get(at) ?? []
    if (expected.some(finding => !OURS.has(finding.split(' ')[1]!))) {
      left++
      continue
    }
    if (expected.length > 0) refused++
    const found = ours.get(at) ?? []
    if (expected.join() !== found.join())
      differences.push({ function: at, rustc: expected, ours: found, typescript: linesOf(twin, at) })
  }
  return { functions, refused, left, differences }
}

interface Found {
  readonly line: number
  readonly code: string
  /** The value that it concerns. */
  readonly name: string
}

function byFunction({ starts }: Twin, found: readonly Found[]): Map<number, string[]> {
  const grouped = new Map<number, string[]>()
  for (const { line, code, name } of found) {
    const at = starts.findLastIndex(start => start <= line)
    grouped.set(at, [...new Set([...(grouped.get(at) ?? []), `${name} ${code}`])].sort())
  }
  return grouped
}

function askRustc(scratch: ScratchProject): Found[] {
  const options = ['--edition', '2021', '--emit', 'metadata', '--error-format', 'json', '--out-dir', scratch.path]
  const run = spawnSync('rustc', [...options, scratch.at('program.rs')], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    timeout: 600_000,
  })
  if (run.error) throw run.error
  const found: Found[] = []
  for (const line of run.stderr.split('\n')) {
    if (!line.startsWith('{')) continue
    const { level, code, spans, message } = JSON.parse(line) as RustMessage
    if (level !== 'error' || message.startsWith('aborting')) continue
    const primary = spans.find(span => span.is_primary)
    if (code === null || primary === undefined) throw new Error(`rustc says: ${message}`)
    found.push({ line: primary.line_start, code: code.code, name: nameIn(message) })
  }
  return found
}

interface RustMessage {
  level: string
  message: string
  code: { code: string } | null
  spans: { is_primary: boolean; line_start: number }[]
}

function askOurs(scratch: ScratchProject): Found[] {
  const project = new Project(scratch.at('tsconfig.json'))
  try {
    return project.check().diagnostics.flatMap(({ code, at, file, message, notes }) => {
      // For a closure without `move`, the checker reports one finding, and rustc one for each borrowed value.
      const texts = code === 'F0373' ? [message, ...notes.flatMap(note => note.match(/`\w+`/g) ?? [])] : [message]
      const { line } = project.linesOf(file).at(at.start)
      return texts.map(text => ({ line, code: code.replace('F', 'E'), name: nameIn(text) }))
    })
  } finally {
    project.close()
  }
}

const nameIn = (message: string): string => /`(\w+)`/.exec(message)?.[1] ?? ''

function linesOf({ typescript, starts }: Twin, at: number): string {
  const lines = typescript.split('\n')
  return lines.slice(starts[at]! - 1, (starts[at + 1] ?? lines.length) - 1).join('\n')
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { functions: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
  })
  if (!hasRustc()) {
    console.log('rustc is missing, so there is nobody to compare with. Install it: https://rustup.rs')
    process.exit(0)
  }
  const total = { functions: 0, refused: 0, left: 0, differences: 0 }
  for (let at = 0, seed = Number(values.seed); at < Number(values.functions); at += BATCH, seed++) {
    const { functions, refused, left, differences } = compare(seed, Math.min(BATCH, Number(values.functions) - at))
    for (const each of differences.slice(0, 10)) {
      console.log(
        `seed ${seed}, function ${each.function}: rustc ${each.rustc.join(', ') || 'nothing'}; ours ${each.ours.join(', ') || 'nothing'}`,
      )
      console.log(
        each.typescript
          .split('\n')
          .map((line, at) => `${String(at).padStart(4)} ${line}`)
          .join('\n'),
      )
    }
    total.functions += functions
    total.refused += refused
    total.left += left
    total.differences += differences.length
  }
  const { functions, refused, left, differences } = total
  console.log(`${functions} functions, ${refused} refused by rustc, ${left} left out, ${differences} differences`)
  process.exitCode = differences === 0 ? 0 : 1
}
