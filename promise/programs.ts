/**
 * The programs of docs/promise.md: small whole programs, one folder for each kind of mistake, run for real.
 *
 *   node promise/programs.ts [--times N] [--show] [TEXT ...]
 *
 * With TEXTs, it runs only programs whose path contains one of them. A program is a file of a kind's folder, or the
 * `main.ts` of a folder in it. Its first comment states its expected end:
 *
 *   // prints: 3                                 the right value; without a second line no wall refuses the program
 *   // refused by: check F0382, run MovedError   each of these walls refuses it
 *   // prints or refused: 40000000               the right value, or a refusal of any wall
 *
 * Walls are `tsc TS2345`, `check F0382`, `run MovedError` (the error that ended it) and `report TEXT` (on stderr).
 * A program that types or the checker refuse is run nevertheless: it must not print a wrong value or hang.
 * `fearless check` and `tsc` check all programs as one project. Then each runs in a process of its own, two at a time.
 */
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tsc } from '../packages/check/test/compilers.ts'
import { Project } from '../packages/check/src/project.ts'

export interface Program {
  /** The path from this folder, without `.ts` and `/main.ts`. */
  readonly name: string
  readonly kind: string
  readonly file: string
  readonly expected: Expectation
}

interface Expectation {
  /** The lines of the right value; undefined if the program has none. */
  readonly prints: string | undefined
  /** Whether any wall may refuse the program instead. */
  readonly orRefused: boolean
  readonly refusedBy: readonly Refusal[]
}

interface Refusal {
  readonly wall: 'tsc' | 'check' | 'run' | 'report'
  readonly name: string
}

/** The end of a program's run. */
export interface Outcome {
  readonly tsc: readonly string[]
  readonly check: readonly string[]
  readonly out: string
  readonly errors: string
  /** `hung` after the time limit, and if the event loop had no work left before the program's end. */
  readonly end: 'done' | 'threw' | 'hung'
}

const LIMIT_MS = 10_000
/** Node's exit code for a top-level `await` that never completes. */
const UNSETTLED = 13
const here = import.meta.dirname
const WALLS = new Set(['tsc', 'check', 'run', 'report'])

export const kinds: readonly string[] = globSync('*/', { cwd: here })
  .map(folder => folder.replace(/\/$/, ''))
  .sort()

export const programs: readonly Program[] = globSync(['*/*.ts', '*/*/main.ts'], { cwd: here })
  .sort()
  .map(path => {
    const file = join(here, path)
    const name = path.replace(/(\/main)?\.ts$/, '')
    return {
      name,
      kind: path.slice(0, path.indexOf('/')),
      file,
      expected: expectationOf(name, readFileSync(file, 'utf8')),
    }
  })

function expectationOf(name: string, text: string): Expectation {
  const lines: string[] = []
  const refusedBy: Refusal[] = []
  let orRefused = false
  for (const [, key, rest] of text.matchAll(/^\/\/ (prints|prints or refused|refused by): ?(.*)$/gm)) {
    if (key !== 'refused by') {
      lines.push(rest!)
      orRefused ||= key === 'prints or refused'
      continue
    }
    for (const each of rest!.split(', ')) {
      const [, wall, refusal] = /^(\S+) (.+)$/.exec(each) ?? []
      if (wall === undefined || !WALLS.has(wall)) throw new Error(`${name} names an unknown wall: ${each}`)
      refusedBy.push({ wall: wall as Refusal['wall'], name: refusal! })
    }
  }
  if (lines.length === 0 && refusedBy.length === 0) throw new Error(`${name} does not state its expected end.`)
  return { prints: lines.length === 0 ? undefined : lines.join('\n'), orRefused, refusedBy }
}

/** Returns the differences between a program's outcome and its expected end. */
export function complaints({ expected }: Program, outcome: Outcome): string[] {
  const { prints, orRefused, refusedBy } = expected
  const wrong: string[] = []
  if (outcome.end === 'hung') wrong.push('it hangs')
  const isRefused = outcome.tsc.length > 0 || outcome.check.length > 0 || isTypedRefusal(outcome)
  const isRight = prints !== undefined && outcome.end === 'done' && outcome.out.trimEnd() === prints
  if (orRefused) return isRefused || isRight ? wrong : [...wrong, ending(outcome)]
  for (const { wall, name } of refusedBy) {
    const seen = wall === 'tsc' || wall === 'check' ? outcome[wall].includes(name) : outcome.errors.includes(name)
    const ended = wall !== 'run' || outcome.end === 'threw'
    if (!seen || !ended) wrong.push(`not refused by ${wall} ${name}`)
  }
  if (refusedBy.length === 0) {
    if (outcome.tsc.length > 0) wrong.push(`refused by tsc ${outcome.tsc.join(', ')}`)
    if (outcome.check.length > 0) wrong.push(`refused by check ${outcome.check.join(', ')}`)
    if (!isRight) wrong.push(ending(outcome))
  } else if (
    !refusedBy.some(({ wall }) => wall === 'run') &&
    prints !== undefined &&
    !isRight &&
    !isTypedRefusal(outcome)
  ) {
    wrong.push(ending(outcome))
  }
  return wrong
}

/** Returns whether an error of the library ended the program, or JavaScript's own error for a frozen object. */
const isTypedRefusal = ({ end, errors }: Outcome): boolean =>
  end === 'threw' && /code: 'FL\d{4}'|TypeError: Cannot (?:assign|add|delete|define|redefine)/.test(errors)

function ending({ end, out, errors }: Outcome): string {
  const first = /^.*(?:Error|error)\b.*$/m.exec(errors)?.[0]
  return end === 'threw' ? `it ended with ${first ?? errors}` : `it prints ${JSON.stringify(out.trimEnd())}`
}

/** Checks the programs as one project and runs them, `parallel` at a time. Calls `told` with each outcome. */
export async function runPrograms(
  chosen: readonly Program[],
  told: (program: Program, outcome: Outcome) => void,
  parallel = 2,
): Promise<void> {
  const refusals = refusalsOf(chosen)
  const left = [...chosen]
  const worker = async (): Promise<void> => {
    for (let program = left.shift(); program !== undefined; program = left.shift()) {
      const run = await runFile(program.file)
      told(program, { ...refusals.get(program)!, ...run })
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

function refusalsOf(chosen: readonly Program[]): Map<Program, Pick<Outcome, 'tsc' | 'check'>> {
  const project = new Project(join(here, 'tsconfig.json'))
  const checked = project.check().diagnostics.filter(({ severity }) => severity === 'error')
  project.close()
  const typed = [...tsc('7.0', here).matchAll(/^(.+?)\(\d+,\d+\): error (TS\d+)/gm)]
  const ofProgram = (program: Program, path: string): boolean =>
    path === program.file ||
    (program.file.endsWith('/main.ts') && path.startsWith(program.file.replace(/main\.ts$/, '')))
  return new Map(
    chosen.map(program => [
      program,
      {
        tsc: unique(typed.filter(([, path]) => ofProgram(program, join(here, path!))).map(([, , code]) => code!)),
        check: unique(checked.filter(({ file }) => ofProgram(program, file)).map(({ code }) => code)),
      },
    ]),
  )
}

const unique = (codes: readonly string[]): string[] => [...new Set(codes)].sort()

/** Runs a program with all walls on, as a user would. */
async function runFile(file: string): Promise<Pick<Outcome, 'out' | 'errors' | 'end'>> {
  const args = ['--expose-gc', '--import', '@fearless/compiler/register', file]
  const env = { ...process.env, FEARLESS_WALLS: process.env['FEARLESS_WALLS'] ?? 'on', NO_COLOR: '1' }
  const child = spawn(process.execPath, args, { cwd: here, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  let late = false
  const limit = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, LIMIT_MS)
  const code = await new Promise<number | null>(done => child.on('close', done))
  clearTimeout(limit)
  return { out, errors, end: late || code === UNSETTLED ? 'hung' : code === 0 ? 'done' : 'threw' }
}

if (import.meta.main) {
  const options = {
    times: { type: 'string', default: '1' },
    show: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) {
    console.log('node promise/programs.ts [--times N] [--show] [TEXT ...]\n\n--show  prints how each program ended')
    process.exit(0)
  }
  const chosen = programs.filter(
    ({ name }) => positionals.length === 0 || positionals.some(text => name.includes(text)),
  )
  let failed = 0
  for (let time = 0; time < Number(values.times); time++) {
    await runPrograms(chosen, (program, outcome) => {
      const wrong = complaints(program, outcome)
      if (wrong.length > 0) failed++
      console.log(
        `${wrong.length === 0 ? '\u2714' : '\u2716'} ${program.name}${wrong.map(each => `\n    ${each}`).join('')}`,
      )
      if (!values.show) return
      const { tsc: typed, check, end, out, errors } = outcome
      console.log(
        `    tsc ${typed.join() || '-'}; check ${check.join() || '-'}; ${end}\n${indented(out)}${indented(errors)}`,
      )
    })
  }
  console.log(`${chosen.length} programs, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function indented(text: string): string {
  return text === '' ? '' : `${text.trimEnd().replaceAll(/^/gm, '    | ')}\n`
}
