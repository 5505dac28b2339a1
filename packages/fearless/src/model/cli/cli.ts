/**
 * `fearless model file.ts`: explores every function that the file exports in every interleaving of its threads.
 *
 * It does the same as a test that calls `model`, but uses all cores, shows its progress, and needs no test.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ALL } from '../search/search.ts'
import { Jobs, type JobOutcome } from './jobs.ts'
import type { ExportedProgram } from './job.ts'
import type { ModelOptions, Summary } from '../model.ts'
import type { Subtree, SearchJob } from '../search/split.ts'

const HELP = `Usage: fearless model [options] <file>

Explores every function that the file exports, in every interleaving of its threads. Imports of \`fearless\` in the file
give the library over simulated memory.

  --only TEXT         only functions whose name contains the text
  --budget SECONDS    the time limit for each; default 60
  --jobs N            the number of processes; default: one for each core
  --preemptions N     only interleavings with at most N preemptions, in one process
  --kills N           the number of threads that may die
  --seed N            the seed of the random search
  --replay STRING     one interleaving: the replay string that a failure printed
  --json              print a line of JSON for each function

Exit code: 0 nothing failed, 1 an interleaving failed, 2 the command was used wrongly
`

/** A program that takes longer than this in one process is split into parts. */
const ALONE_MS = 1000
/** The number of parts for each job. Some parts are much larger than others. */
const PARTS = 8

interface Result {
  readonly name: string
  readonly outcome: JobOutcome
}

/** Runs the command with the arguments after `fearless model`. Returns the exit code. */
export async function model(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      budget: { type: 'string', default: '60' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      preemptions: { type: 'string' },
      kills: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true || positionals.length === 0) {
    process[values.help === true ? 'stdout' : 'stderr'].write(HELP)
    return values.help === true ? 0 : 2
  }
  const file = resolve(positionals[0])
  const options: ModelOptions = {
    budgetMs: Number(values.budget) * 1000,
    ...(values.preemptions !== undefined && { preemptions: Number(values.preemptions) }),
    ...(values.kills !== undefined && { kills: Number(values.kills) }),
    ...(values.seed !== undefined && { seed: Number(values.seed) }),
    ...(values.replay !== undefined && { replay: values.replay }),
  }
  if (!existsSync(file))
    return misused(`There is no file ${positionals[0]}. Give a path relative to the current directory.`)
  const count = Number(values.jobs)
  if (!(count >= 1))
    return misused(`\`--jobs\` expects a number of at least 1, got ${JSON.stringify(values.jobs)}. Pass such a number.`)
  using jobs = new Jobs(Math.floor(count), file, optionsOfNode(file))
  const found = await jobs.programs()
  if ('is' in found)
    return misused(
      `${positionals[0]} could not be loaded. Correct this error first.\n${found.is === 'broken' ? found.stack : ''}`,
    )
  const programs = found.filter(({ name }) => name.includes(values.only))
  if (programs.length === 0) {
    return misused(
      values.only === ''
        ? `${positionals[0]} exports no program. Export a function for each.`
        : `${positionals[0]} exports no program with this name. Pass a part of one of its names to \`--only\`.`,
    )
  }
  const tell = values.json ? tellJson : tellText
  let failures = 0
  for (const program of programs) {
    const outcome = await explored(jobs, program, options)
    say('')
    tell({ name: program.name, outcome })
    if (outcome.is !== 'explored') failures++
  }
  return failures === 0 ? 0 : 1
}

/** Returns the options of Node that load the library under the model, and the compiler's hook if it is installed. */
function optionsOfNode(file: string): string[] {
  const options = ['--conditions=fearless-model']
  try {
    const register = createRequire(file).resolve('@fearless/compiler/register')
    return [...options, '--import', pathToFileURL(register).href]
  } catch {
    return options
  }
}

/** Explores in one process at first, then in parts with all jobs. */
async function explored(jobs: Jobs, { name, async }: ExportedProgram, options: ModelOptions): Promise<JobOutcome> {
  const started = performance.now()
  const budgetMs = options.budgetMs!
  const whole = jobs.count === 1 || async || options.preemptions !== undefined || options.replay !== undefined
  const alone = await jobs.run(
    { name, options: whole ? options : { ...options, budgetMs: Math.min(ALONE_MS, budgetMs) } },
    executions => progress(name, executions, started),
  )
  if (whole || alone.is !== 'explored' || alone.summary.complete) return alone

  const together = new Together(jobs, name, options, started)
  const fan = await together.share([{ what: 'fan', parts: PARTS * jobs.count }], budgetMs * ALL)
  if (together.failed !== undefined) return together.failed
  const complete =
    fan.complete &&
    (
      await together.share(
        fan.parts.map(part => ({ what: 'part', part })),
        budgetMs * ALL,
      )
    ).complete
  if (!complete && together.failed === undefined) {
    const chances = Array.from({ length: jobs.count - 1 }, (): SearchJob => ({ what: 'chance' }))
    await together.share([{ what: 'few' }, ...chances], budgetMs)
  }
  return together.failed ?? { is: 'explored', summary: together.summary(complete), parts: [] }
}

/** Several portions of the search of one program that run in parallel, and their total result. */
class Together {
  readonly #jobs: Jobs
  readonly #name: string
  readonly #options: ModelOptions
  readonly #started: number
  #executions = 0
  #redundant = 0
  #steps = 0
  failed: JobOutcome | undefined

  constructor(jobs: Jobs, name: string, options: ModelOptions, started: number) {
    this.#jobs = jobs
    this.#name = name
    this.#options = options
    this.#started = started
  }

  /** Runs the portions until one fails or the time is up. */
  async share(
    portions: readonly SearchJob[],
    untilMs: number,
  ): Promise<{ readonly complete: boolean; readonly parts: readonly Subtree[] }> {
    const line = [...portions.entries()]
    const parts: Subtree[] = []
    const running = new Map<number, number>()
    let complete = true
    const worker = async (): Promise<void> => {
      for (let next = line.shift(); next !== undefined && this.failed === undefined; next = line.shift()) {
        const [at, portion] = next
        const budgetMs = untilMs - (performance.now() - this.#started)
        if (budgetMs <= 0) return void (complete = false)
        const options = { ...this.#options, budgetMs, seed: (this.#options.seed ?? 1) + at }
        const outcome = await this.#jobs.run({ name: this.#name, options, portion }, executions => {
          running.set(at, executions)
          const sum = [...running.values()].reduce((a, b) => a + b, this.#executions)
          progress(this.#name, sum, this.#started)
        })
        running.delete(at)
        if (this.failed !== undefined) return
        if (outcome.is !== 'explored') {
          this.failed = outcome
          return this.#jobs.killBusy()
        }
        this.#executions += outcome.summary.executions
        this.#redundant += outcome.summary.redundant
        this.#steps += outcome.summary.steps
        complete &&= outcome.summary.complete
        parts.push(...outcome.parts)
      }
    }
    await Promise.all(Array.from({ length: this.#jobs.count }, worker))
    return { complete, parts }
  }

  summary(complete: boolean): Summary {
    const ms = performance.now() - this.#started
    return { executions: this.#executions, redundant: this.#redundant, steps: this.#steps, complete, ms }
  }
}

function tellText({ name, outcome }: Result): void {
  if (outcome.is === 'explored') {
    const { executions, complete, ms } = outcome.summary
    const count = `${executions.toLocaleString('en')} interleaving${executions === 1 ? '' : 's'}`
    console.log(`\u2714 ${name}: ${complete ? `all ${count}` : `${count} of more`} (${seconds(ms)})`)
  } else console.log(`\u2716 ${name}: ${outcome.is === 'failed' ? outcome.failed.message : outcome.stack}`)
}

function tellJson({ name, outcome }: Result): void {
  const { is } = outcome
  const line =
    is === 'explored'
      ? { name, ok: true, ...outcome.summary }
      : is === 'failed'
        ? { name, ok: false, ...outcome.failed }
        : { name, ok: false, message: outcome.stack }
  console.log(JSON.stringify(line))
}

function misused(text: string): number {
  process.stderr.write(`fearless: ${text.trimEnd()}\n`)
  return 2
}

function progress(name: string, executions: number, started: number): void {
  say(`${name}: ${executions.toLocaleString('en')} interleavings, ${seconds(performance.now() - started)}`)
}

/** Prints a status line that the next one overwrites, if stderr is a terminal. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
