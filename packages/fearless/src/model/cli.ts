/**
 * `fearless model file.ts`: every function that the file exports is a program, and is run in every interleaving.
 *
 * The same as a test that calls `model`, with a look at how far the search has come, and without a test around it.
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { bind } from './bound.ts'
import { ModelError } from './error.ts'
import { searchOf, type ModelOptions, type Program, type Summary } from './model.ts'

const HELP = `Usage: fearless model [options] <file>

Runs every function that the file exports in every interleaving of its threads.

  --only TEXT         only those whose name contains the text
  --budget SECONDS    for each; 60 if not given
  --preemptions N     only interleavings with at most so many
  --kills N           so many threads may die
  --seed N            of the search by chance
  --replay STRING     one interleaving, as a failure has printed it
`

/** How often the line of progress is written. */
const EVERY_MS = 500

/** `args` are those behind `fearless model`. Answers with the exit code: 1 if an interleaving failed. */
export async function model(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      budget: { type: 'string', default: '60' },
      preemptions: { type: 'string' },
      kills: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [file] = positionals
  if (values.help === true || file === undefined) {
    process[values.help === true ? 'stdout' : 'stderr'].write(HELP)
    return values.help === true ? 0 : 2
  }
  const options: ModelOptions = {
    budgetMs: Number(values.budget) * 1000,
    ...(values.preemptions !== undefined && { preemptions: Number(values.preemptions) }),
    ...(values.kills !== undefined && { kills: Number(values.kills) }),
    ...(values.seed !== undefined && { seed: Number(values.seed) }),
    ...(values.replay !== undefined && { replay: values.replay }),
  }
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  const programs = Object.entries(module).filter(
    (entry): entry is [string, Program] => typeof entry[1] === 'function' && entry[0].includes(values.only),
  )
  if (programs.length === 0) {
    process.stderr.write(`error: ${file} exports no program${values.only === '' ? '' : ' of that name'}.\n`)
    return 2
  }
  let failures = 0
  for (const [name, program] of programs) if (!(await runOne(name, program, options))) failures++
  return failures === 0 ? 0 : 1
}

async function runOne(name: string, program: Program, options: ModelOptions): Promise<boolean> {
  try {
    const summary = await explored(name, program, options)
    const { executions, complete, ms } = summary
    const count = `${executions.toLocaleString('en')} interleaving${executions === 1 ? '' : 's'}`
    console.log(`\u2714 ${name}: ${complete ? `all ${count}` : `${count} of more`} (${seconds(ms)})`)
    return true
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
    console.log(`\u2716 ${name}: ${error.message}`)
    return false
  }
}

/** Runs the executions that the search asks for, and says now and then how many there were. */
async function explored(name: string, program: Program, options: ModelOptions): Promise<Summary> {
  const search = searchOf(bind(program), options)
  const started = performance.now()
  let said = started
  let executions = 0
  let step = search.next()
  while (step.done !== true) {
    try {
      await step.value.run()
    } catch (error) {
      step = search.throw(error)
      continue
    }
    executions++
    const now = performance.now()
    if (now - said > EVERY_MS) {
      said = now
      say(`${name}: ${executions.toLocaleString('en')} interleavings, ${seconds(now - started)}`)
    }
    step = search.next()
  }
  say('')
  return step.value
}

/** A line that the next one overwrites, where somebody looks. */
function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`)
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
