/**
 * Checks the library with its own model checker: runs every `*.model.ts` and prints a table of the results.
 *
 *   node scripts/models.ts [--only text] [--deep] [--minutes n] [--jobs n] [--write] [--help]
 *
 * Explores each model completely. Each of its twins, the same sources with a planted bug, must fail. `--deep` also runs
 * the large models. The models share `--minutes` (60 by default): the time that a model leaves goes to the later ones,
 * and the table names those that ran out of time. An interrupted run prints its results so far. `--jobs` is the number
 * of models that run at a time, 2 by default. `--write` writes the table to docs/models.md if no model failed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { model, ModelFailure } from '../packages/fearless/src/model/model.ts'
import type { ModelFile, DescribedModel, Twin } from '../packages/fearless/src/model/harness/described.ts'
import { buildSimulated } from './model/simulated-build.ts'

const root = join(import.meta.dirname, '..')
const src = join(root, 'packages/fearless/src')
const page = join(root, 'docs/models.md')

/** Limits for a search that never ends, far above the need of any model: a busy machine must not fail one. */
const MODEL_MS = 600_000
const TWIN_MS = 180_000
/** The least time of a model in the deep run. */
const SHORTEST_MS = 5000
/** Signals that interrupt a run. */
const ENDS = ['SIGINT', 'SIGTERM'] as const
/** Twins are explored with this limit of preemptions first, because most bugs need few. */
const FEW = 2

/** The number of last lines that are printed of a failure. */
const LAST_STEPS = 60

/** The result of one model or one twin. */
export interface ModelResult {
  readonly of: string
  readonly name: string
  readonly twin: string | undefined
  readonly size: string
  readonly executions: number
  readonly ms: number
  /** The fault: a model failed or was not exhausted, or a twin was not found. */
  readonly wrong: string | undefined
  readonly note: string
}

interface Options {
  readonly only: string | undefined
  /** The time for all models of a deep run together; undefined in a short run. */
  readonly minutes?: number
  readonly jobs: number
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      deep: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '60' },
      jobs: { type: 'string', default: '2' },
      write: { type: 'boolean', default: false },
      file: { type: 'string' },
      share: { type: 'string', default: String(MODEL_MS) },
      help: { type: 'boolean' },
    },
  })
  const { only, deep } = values
  const options: Options = { only, ...(deep && { minutes: Number(values.minutes) }), jobs: Number(values.jobs) }
  if (values.help) console.log('node scripts/models.ts [--only TEXT] [--deep] [--minutes N] [--jobs N] [--write]')
  else if (values.file !== undefined) await runFile(values.file, deep, Number(values.share))
  else {
    const lines = await runModels(options, deep ? printProgress : () => {})
    const rows = rowsOf(lines)
    printTable(rows)
    const ms = lines.reduce((sum, line) => sum + line.ms, 0)
    console.log(`\n${(ms / 1000).toFixed(0)} s of exploring, ${options.jobs} at a time`)
    const wrong = lines.filter(line => line.wrong !== undefined)
    if (values.write && wrong.length === 0) writeFileSync(page, pageOf(rows, ms))
    for (const line of wrong)
      console.log(`\n${line.of}: ${line.name}${line.twin === undefined ? '' : `, ${line.twin}`}: ${line.wrong}`)
    console.log(`\n${lines.length - wrong.length} passed, ${wrong.length} failed`)
    process.exitCode = wrong.length === 0 ? 0 : 1
  }
}

/** Runs all files, `jobs` at a time, each in a process of its own. */
export async function runModels(options: Options, onLine: (line: ModelResult) => void): Promise<ModelResult[]> {
  const files = globSync('**/*.model.ts', { cwd: src })
    .filter(file => file !== 'core/memory.simulated.ts' && (options.only === undefined || file.includes(options.only)))
    .sort()
  const deep = options.minutes !== undefined
  const sizes = new Map(deep ? await Promise.all(files.map(async file => [file, await modelsOf(file)] as const)) : [])
  const end = Date.now() + (options.minutes ?? 0) * 60_000
  let left = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const lines: ModelResult[] = []
  const queue = [...files]
  const children = new Set<ChildProcess>()
  // An interrupted run still prints its results.
  const interrupt = (): void => {
    queue.length = 0
    for (const child of children) child.kill()
  }
  for (const signal of ENDS) process.once(signal, interrupt)
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const share = deep ? Math.max(SHORTEST_MS, ((end - Date.now()) * options.jobs) / left) : MODEL_MS
      await runChild(file, deep, share, children, line => {
        lines.push(line)
        onLine(line)
      })
      left -= sizes.get(file) ?? 0
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, worker))
  for (const signal of ENDS) process.off(signal, interrupt)
  return lines.sort((a, b) => files.indexOf(fileOf(a)) - files.indexOf(fileOf(b)))
}

async function describedBy(file: string): Promise<ModelFile<unknown>> {
  return ((await import(pathToFileURL(join(src, file)).href)) as { default: ModelFile<unknown> }).default
}

/** The number of models in a file. */
async function modelsOf(file: string): Promise<number> {
  return (await describedBy(file)).models.length
}

const fileOf = ({ of }: ModelResult): string => of

function runChild(
  file: string,
  deep: boolean,
  share: number,
  children: Set<ChildProcess>,
  onLine: (line: ModelResult) => void,
): Promise<void> {
  const args = [import.meta.filename, '--file', file, '--share', String(share), ...(deep ? ['--deep'] : [])]
  // Detached, so that a signal to our process group does not reach the child before `interrupt` does.
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  children.add(child)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    const whole = text.split('\n')
    text = whole.pop()!
    for (const line of whole) onLine(JSON.parse(line) as ModelResult)
  })
  return new Promise(resolve => {
    child.on('close', (code, signal) => {
      children.delete(child)
      if (code !== 0) onLine(failure(file, `the process of the file ended with ${signal ?? `code ${code}`}`))
      resolve()
    })
  })
}

const failure = (of: string, wrong: string): ModelResult => ({
  of,
  name: 'all',
  twin: undefined,
  size: '',
  executions: 0,
  ms: 0,
  wrong,
  note: '',
})

/** Prints the result of each model and each twin of one file, each as a line of JSON. */
async function runFile(file: string, deep: boolean, share: number): Promise<void> {
  const described = await describedBy(file)
  const shipped = await buildSimulated<unknown>(described.entry)
  for (const each of described.models) {
    if (each.deep && !deep) continue
    print(explored(file, each, shipped, share))
    for (const twin of each.twins ?? [])
      print(found(file, each, twin, await buildSimulated<unknown>(described.entry, [twin])))
  }
}

function printProgress({ of, name, twin, executions, ms, note, wrong }: ModelResult): void {
  const what = twin === undefined ? name : `${name}, ${twin}`
  console.log(`${of}: ${what}: ${executions} in ${(ms / 1000).toFixed(0)} s, ${wrong === undefined ? note : 'FAILED'}`)
}

const print = (line: ModelResult): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

function explored(file: string, of: DescribedModel<unknown>, shipped: unknown, budgetMs: number): ModelResult {
  const line = lineOf(file, of, undefined)
  try {
    const { executions, ms, complete } = model(of.program(shipped), { budgetMs, ...bound(of) })
    const note = complete
      ? of.preemptions === undefined
        ? 'exhausted'
        : `exhausted to ${of.preemptions} preemptions`
      : 'time is up'
    return {
      ...line,
      executions,
      ms,
      note,
      wrong: complete || of.deep ? undefined : 'the model was not exhausted in time',
    }
  } catch (error) {
    return { ...line, wrong: shortened(error), note: 'failed' }
  }
}

function found(file: string, of: DescribedModel<unknown>, twin: Twin, planted: unknown): ModelResult {
  const line = lineOf(file, of, twin.name)
  const started = performance.now()
  for (const options of [{ preemptions: FEW, budgetMs: TWIN_MS / 2 }, { budgetMs: TWIN_MS }]) {
    try {
      model(of.program(planted), options)
    } catch (error) {
      if (!(error instanceof ModelFailure)) return { ...line, wrong: shortened(error), note: 'failed' }
      // A ReferenceError means that the twin's text does not fit into its file, which proves nothing.
      if (error.cause instanceof ReferenceError) return { ...line, wrong: shortened(error), note: 'broken' }
      const { executions } = error
      return { ...line, executions, ms: performance.now() - started, wrong: undefined, note: summary(error) }
    }
  }
  return { ...line, ms: performance.now() - started, wrong: 'the planted bug was not found', note: 'not found' }
}

/** The failure, the end of its interleaving, and the command that runs it again. */
function shortened(error: unknown): string {
  const lines = String(error).split('\n')
  return lines.length <= LAST_STEPS ? lines.join('\n') : [lines[0], '...', ...lines.slice(-LAST_STEPS)].join('\n')
}

const summary = ({ message }: ModelFailure): string => message.split('\n')[0].slice(0, 90)

const bound = ({ preemptions }: DescribedModel<unknown>): { preemptions?: number } =>
  preemptions === undefined ? {} : { preemptions }

function lineOf(
  of: string,
  { name, threads, operations }: DescribedModel<unknown>,
  twin: string | undefined,
): ModelResult {
  return { of, name, twin, size: `${threads} x ${operations}`, executions: 0, ms: 0, wrong: undefined, note: '' }
}

const HEAD = ['file', 'what', 'threads x operations', 'executions', 'seconds', 'bugs found', '']
/** The indices of the columns with numbers. */
const RIGHT = new Set([3, 4, 5])

/** The rows of the table: one for each model, with the number of its planted bugs that were found. */
function rowsOf(lines: readonly ModelResult[]): string[][] {
  return lines
    .filter(({ twin }) => twin === undefined)
    .map(line => {
      const twins = lines.filter(
        ({ of, name, size, twin }) => twin !== undefined && of === line.of && name === line.name && size === line.size,
      )
      const caught = twins.filter(({ wrong }) => wrong === undefined).length
      return [
        line.of.replace('.model.ts', ''),
        line.name,
        line.size,
        line.executions.toLocaleString('en'),
        (line.ms / 1000).toFixed(1),
        twins.length === 0 ? '' : `${caught} of ${twins.length}`,
        line.wrong === undefined ? line.note : 'FAILED',
      ]
    })
}

function printTable(rows: readonly string[][]): void {
  const widths = HEAD.map((title, i) => Math.max(title.length, ...rows.map(row => row[i].length)))
  for (const row of [HEAD, ...rows]) {
    console.log(
      row
        .map((text, i) => (RIGHT.has(i) ? text.padStart(widths[i]) : text.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** The page of the documentation, with the table. */
function pageOf(rows: readonly string[][], ms: number): string {
  const table = [HEAD, HEAD.map((_, i) => (RIGHT.has(i) ? '---:' : '---')), ...rows]
  const { model: processor } = cpus()[0]
  return `<!-- written by \`npm run model -- --write\` -->

# Results of the library's models

Each row is a model beside its source (\`packages/fearless/src/<file>.model.ts\`). It explores the shipped code in every
interleaving of the given number of threads, each with the given number of operations, completely or up to the stated
limit. "Exhausted to 2 preemptions" means every interleaving in which running threads are interrupted at most twice. A bug
found is a planted bug: the same sources with one line changed for the worse, which the model must refuse.

${(ms / 1000).toFixed(0)} seconds of exploring, two models at a time, with Node ${process.version} on ${processor}.

${table.map(row => `| ${row.join(' | ')} |`).join('\n')}

## Without a model of its own

- \`core/pin.ts\`, \`core/table.ts\`, \`core/count.ts\`, \`core/vecs.ts\`, \`core/timer.ts\`: covered by the models of the
  modules that use them (\`channel/broadcast\` and \`channel/watch\`, \`thread/closure\`, \`sync/weak\` and
  \`sync/arc\`, \`sync/vec\`, \`wait/limit\`).
- \`thread/lazy-lock.ts\`: its claim and every death of its thread are covered by \`sync/once\`. The start of that
  thread awaits a module, but a simulated thread of the library can only block.
- \`thread/pool/thread-owners.ts\` (the report of a panic that no thread joins): tests only.
- \`task/\`: its state belongs to one event loop, and none of it is shared.
`
}

if (import.meta.main) await main()
