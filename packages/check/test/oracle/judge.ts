/**
 * Judges random programs: the wall that refuses each one, or the comparison of its output with its meaning.
 *
 * The programs are in files of a project, which tsc and the checker check as a whole. The accepted programs run on
 * threads, in processes with all walls on. All programs run with the reference library, whose output is their meaning.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { tsc } from '../compilers.ts'
import { ScratchProject, TSCONFIG } from '../scratch.ts'
import { Project } from '../../src/project.ts'
import { HELPERS } from './kinds.ts'
import type { Program } from './programs.ts'
import type { Ran } from './run-programs.ts'

/** The result of a program. */
export type Verdict =
  | { readonly end: 'right' }
  /** A wall refused it, with the message `said`. */
  | { readonly end: 'refused'; readonly wall: 'tsc' | 'check' | 'compile' | 'run' | 'report'; readonly said: string }
  /** It printed another text than its meaning, and no wall reported that. */
  | { readonly end: 'wrong'; readonly printed: string; readonly meant: string }
  | { readonly end: 'hung' }
  /** The program has no meaning, which is a fault of the generator. */
  | { readonly end: 'meaningless'; readonly said: string }

export interface Judgement {
  readonly program: Program
  readonly verdict: Verdict
}

export interface Conditions {
  /** The number of programs in one file and one process. */
  readonly batch: number
  /** The value of FEARLESS_WALLS. */
  readonly walls: 'on' | 'off'
  /** Whether programs run although the checker refuses them, to test the walls of the run time alone. */
  readonly unchecked: boolean
}

const here = fileURLToPath(new URL('./', import.meta.url))
const LIMIT_MS = 10_000
/** Time for the start of Node, the compiler and the library. */
const START_MS = 20_000

const NAMES =
  'Arc, AtomicI32, ConcurrentMap, Mutex, RwLock, clone, drop, move, mpsc, oneshot, par, parIter, select, sleep, thread, vec, watch'
const helpers = [...HELPERS.matchAll(/^export (?:function\*?|class) (\w+)/gm)].map(match => match[1]!)

const HEAD = `import { ${NAMES} } from 'fearless'
import { ${helpers.join(', ')}, type Rec, type Table } from './helpers.ts'
const yes = Date.now() > 0
`

/** Returns the text of a file of programs, and their first lines, counted from 1. */
function fileOf(programs: readonly Program[], statics: string): { text: string; starts: number[] } {
  const names = programs.flatMap(({ statics: declared }) =>
    declared.map(text => /export (?:const|class) (\w+)/.exec(text)![1]!),
  )
  let text = `${HEAD}${names.length === 0 ? '' : `import { ${names.join(', ')} } from '${statics}'\n`}`
  const starts: number[] = []
  for (const program of programs) {
    starts.push(text.split('\n').length)
    text += textOf(program)
  }
  return { text, starts }
}

export function textOf({ id, chunks }: Program): string {
  const body = chunks.join('\n').replaceAll(/^/gm, '  ')
  return `export async function p${id}(out: (value: unknown) => void): Promise<void> {\n${body}\n}\n`
}

const STATICS_HEAD = `import { AtomicI32, Mutex } from 'fearless'\n`
const reference = pathToFileURL(join(here, 'reference.ts')).href
const meant = (text: string): string =>
  text.replaceAll("from 'fearless'", `from '${reference}'`).replaceAll('snapshot(', 'structuredClone(')
const threaded = (text: string): string => text.replaceAll('snapshot(', '(')

interface Batch {
  readonly programs: readonly Program[]
  readonly name: string
  readonly starts: readonly number[]
}

export class Judge {
  readonly #conditions: Conditions

  constructor(conditions: Conditions) {
    this.#conditions = conditions
  }

  /** Judges programs with distinct ids. */
  async judge(programs: readonly Program[]): Promise<Judgement[]> {
    const compilerOptions = {
      ...TSCONFIG.compilerOptions,
      noUnusedParameters: false,
      noUncheckedIndexedAccess: true,
      rewriteRelativeImportExtensions: false,
    }
    const tsconfig = { ...TSCONFIG, compilerOptions, include: ['*.ts'] }
    using project = new ScratchProject({ 'helpers.ts': HELPERS, 'meant/helpers.ts': meant(HELPERS) }, { tsconfig })
    const folder = project.path
    const batches: Batch[] = []
    for (let at = 0; at < programs.length; at += this.#conditions.batch)
      batches.push(write(folder, `b${batches.length}`, programs.slice(at, at + this.#conditions.batch)))
    const refused = refusals(folder, batches)
    const verdicts = new Map<Program, Verdict>()
    const left = [...batches]
    const worker = async (): Promise<void> => {
      for (let batch = left.shift(); batch !== undefined; batch = left.shift())
        await this.#run(folder, batch, refused, verdicts)
    }
    await Promise.all([worker(), worker()])
    return programs.map(program => ({ program, verdict: verdicts.get(program)! }))
  }

  async #run(
    folder: string,
    batch: Batch,
    refused: ReadonlyMap<Program, Verdict>,
    verdicts: Map<Program, Verdict>,
  ): Promise<void> {
    const { programs, name } = batch
    const runs = (program: Program): boolean =>
      !refused.has(program) || (this.#conditions.unchecked && isCompiled(refused.get(program)!))
    let run = programs.filter(runs)
    for (const program of programs) if (!runs(program)) verdicts.set(program, refused.get(program)!)
    for (let round = 0; run.length > 0; round++) {
      // The file that runs contains no refused program, because the compiler might refuse the whole file.
      const lines = run.length === programs.length ? batch : write(folder, `${name}r${round}`, run)
      const file = `${lines.name}.ts`
      const ran = await runAll(join(folder, file), run, true, this.#conditions)
      const uncut =
        ran.ran.size > 0 ? undefined : run.find((_, at) => ran.reports.some(line => isWithin(line, lines, at)))
      if (uncut !== undefined) {
        verdicts.set(uncut, {
          end: 'refused',
          wall: 'compile',
          said: ran.reports.find(line => line.startsWith('error'))!,
        })
        run = run.filter(program => program !== uncut)
        continue
      }
      const meanings = await runAll(join(folder, 'meant', file), run, false, this.#conditions)
      for (const [at, program] of run.entries()) {
        const reported = ran.reports.filter(line => isWithin(line, lines, at))
        verdicts.set(program, verdict(meanings.ran.get(program), ran.ran.get(program), reported))
      }
      return
    }
  }
}

/** Whether @fearless/compiler refused the program, so that it cannot run. */
const isCompiled = (refused: Verdict): boolean =>
  refused.end === 'refused' && refused.wall === 'check' && !refused.said.startsWith('FL')

function write(folder: string, name: string, programs: readonly Program[]): Batch {
  const statics = programs.flatMap(program => program.statics)
  const { text, starts } = fileOf(programs, `./${name}.statics.ts`)
  const files: [string, string][] = [[`${name}.ts`, text]]
  if (statics.length > 0) files.push([`${name}.statics.ts`, `${STATICS_HEAD}${statics.join('\n')}\n`])
  for (const [file, content] of files) {
    writeFileSync(join(folder, file), threaded(content))
    writeFileSync(join(folder, 'meant', file), meant(content))
  }
  return { programs, name, starts }
}

/** Returns the verdicts of the programs that tsc or the checker refuses. */
function refusals(folder: string, batches: readonly Batch[]): Map<Program, Verdict> {
  const refused = new Map<Program, Verdict>()
  const refuse = (file: string, line: number, wall: 'tsc' | 'check', said: string): void => {
    const batch = batches.find(({ name }) => file.endsWith(`/${name}.ts`))
    const program = batch?.programs[batch.starts.findLastIndex(start => start <= line)]
    if (program === undefined) throw new Error(`A file of the generator is refused: ${file}:${line} ${said}`)
    const known = refused.get(program)
    if (known === undefined) refused.set(program, { end: 'refused', wall, said })
  }
  const project = new Project(join(folder, 'tsconfig.json'))
  try {
    for (const { severity, file, at, code, message } of project.check().diagnostics) {
      if (severity !== 'error') continue
      // A finding in a file of statics counts for the program that uses the static.
      const statics = /\/(b\d+)\.statics\.ts$/.exec(file)
      const { line } = project.linesOf(file).at(at.start)
      if (statics === null) refuse(file, line, 'check', `${code} ${message}`)
      else
        refuseStatics(
          batches.find(({ name }) => name === statics[1])!,
          refused,
          line,
          `${code} ${message}`,
        )
    }
  } finally {
    project.close()
  }
  for (const [, file, line, said] of tsc('7.0', folder).matchAll(/^(.+?)\((\d+),\d+\): error (TS\d+: .*)$/gm))
    refuse(join(folder, file!), Number(line), 'tsc', said!)
  return refused
}

function refuseStatics(batch: Batch, refused: Map<Program, Verdict>, line: number, said: string): void {
  let start = STATICS_HEAD.split('\n').length
  for (const program of batch.programs) {
    start += program.statics.join('\n').split('\n').length * Number(program.statics.length > 0)
    if (line >= start) continue
    if (!refused.has(program)) refused.set(program, { end: 'refused', wall: 'check', said })
    return
  }
}

interface AllRan {
  readonly ran: ReadonlyMap<Program, Ran>
  /** The texts on stderr. */
  readonly reports: readonly string[]
}

/** Runs the programs of a file, in a new process after each one that ends the process. */
async function runAll(
  file: string,
  programs: readonly Program[],
  onThreads: boolean,
  conditions: Conditions,
): Promise<AllRan> {
  const ran = new Map<Program, Ran>()
  const reports: string[] = []
  let left = [...programs]
  while (left.length > 0) {
    const { out, errors } = await runProcess(file, left, onThreads, conditions)
    reports.push(...errors.split('\n'))
    for (const line of out.split('\n').filter(text => text.startsWith('{"name"'))) {
      const each = JSON.parse(line) as Ran
      const program = left.find(({ id }) => `p${id}` === each.name)
      if (program !== undefined) ran.set(program, each)
    }
    const before = left.length
    left = left.filter(program => !ran.has(program))
    if (left.length < before) continue
    if (ran.size === 0 && errors.includes('error[')) return { ran, reports }
    // No program ran, because the process ended.
    const [first, ...others] = left as [Program, ...Program[]]
    const last =
      errors
        .trim()
        .split('\n')
        .find(line => /Error|error/.test(line)) ??
      errors.trim().split('\n').at(-1) ??
      ''
    ran.set(first, { name: `p${first.id}`, printed: [], error: `the process ended: ${last}`, hung: errors === '' })
    left = others
  }
  return { ran, reports }
}

async function runProcess(
  file: string,
  programs: readonly Program[],
  onThreads: boolean,
  { walls }: Conditions,
): Promise<{ out: string; errors: string }> {
  const preload = onThreads ? ['--import', '@fearless/compiler/register'] : []
  const args = [
    '--expose-gc',
    ...preload,
    join(here, 'run-programs.ts'),
    String(LIMIT_MS),
    file,
    ...programs.map(({ id }) => `p${id}`),
  ]
  const env = { ...process.env, FEARLESS_WALLS: walls, NO_COLOR: '1' }
  const child = spawn(process.execPath, args, { cwd: here, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, errors] = ['', '']
  let limit = setTimeout(() => child.kill('SIGKILL'), START_MS + LIMIT_MS)
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    // The limit also kills a program that blocks its thread.
    clearTimeout(limit)
    limit = setTimeout(() => child.kill('SIGKILL'), START_MS + LIMIT_MS)
  })
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  await new Promise(done => child.on('close', done))
  clearTimeout(limit)
  return { out, errors }
}

function verdict(meaning: Ran | undefined, ran: Ran | undefined, reported: readonly string[]): Verdict {
  if (meaning === undefined || meaning.hung) return { end: 'meaningless', said: JSON.stringify(meaning) }
  if (ran === undefined) return { end: 'hung' }
  if (ran.hung) return { end: 'hung' }
  if (ran.error !== null) return { end: 'refused', wall: 'run', said: ran.error }
  if (meaning.error !== null) return { end: 'meaningless', said: meaning.error }
  const [printed, expected] = [ran.printed.join(' '), meaning.printed.join(' ')]
  if (printed === expected) return { end: 'right' }
  if (reported.length > 0) return { end: 'refused', wall: 'report', said: reported[0]! }
  return { end: 'wrong', printed, meant: expected }
}

/** Whether a text on stderr names a line of the program. */
function isWithin(text: string, { name, starts, programs }: Batch, at: number): boolean {
  const line = Number(new RegExp(`/${name}\\.ts(?:\\?[^:]*)?:(\\d+)`).exec(text)?.[1] ?? 0)
  return line >= starts[at]! && (at + 1 === programs.length || line < starts[at + 1]!)
}
