/**
 * Runs all checks: the layers, the unused exports, the prose, the types, the linter, every *.test.ts, every *.model.ts,
 * the lessons on every runtime.
 *
 *   node scripts/test.ts [--only text] [--runtime name ...] [--quick] [--help]
 *
 * `--only` runs only the test files whose path contains the text. `--quick` skips the other runtimes, the models and
 * the linter. The last line has the numbers of passed and failed tests; a failed part sets the exit code 1.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { lessonFiles, runLesson } from './lessons.ts'
import { runModels } from './models.ts'
import { root, runtime, runtimeNames } from './runtimes.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runtime: { type: 'string', multiple: true },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  console.log('node scripts/test.ts [--only TEXT] [--runtime NAME ...] [--quick]')
  process.exit(0)
}

/** The time limit of a test file, for a machine on which other programs compute. Each test has its own. */
const LIMIT_MS = 900_000

const counts = { passed: 0, failed: 0, skipped: 0 }
/** The failures, repeated at the end of the run, where the reader of a long log looks first. */
const failures: string[] = []
/** The longest description of a failure that is repeated. */
const REPEATED_LINES = 20
const started = performance.now()

if (values.only === undefined) {
  step('layers', ['scripts/layers.ts'])
  step('unused', ['node_modules/knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors'])
  step('prose', ['scripts/prose.ts'])
  step('types', ['scripts/typecheck.ts'])
  if (!values.quick) step('linter', ['node_modules/oxlint/bin/oxlint', '--type-aware', '--quiet'])
}
await testFiles()
if (values.only === undefined && !values.quick) await models()
if (values.only === undefined) await lessons()

const seconds = Math.round((performance.now() - started) / 1000)
for (const [i, failure] of failures.entries()) {
  const lines = failure.split('\n')
  if (lines.length > REPEATED_LINES) lines.splice(REPEATED_LINES, Infinity, '...')
  console.log(`\n\u2716 ${i + 1} of ${failures.length}: ${lines.join('\n    ')}`)
}
console.log(`\n${seconds} s${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed === 0 ? 0 : 1)

/** Runs a script or a tool, which counts as one test. */
function step(name: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  record(status === 0 ? undefined : `${name}: exit code ${status}`)
  console.log(`${status === 0 ? '\u2714' : '\u2716'} ${name}`)
}

function record(failure: string | undefined): void {
  counts[failure === undefined ? 'passed' : 'failed']++
  if (failure !== undefined) failures.push(failure)
}

/** Runs every *.test.ts, each in a process of its own, two at a time. */
async function testFiles(): Promise<void> {
  const files = globSync(
    [
      'packages/*/{src,test}/**/*.test.ts',
      'examples/**/*.test.ts',
      'bench/*.test.ts',
      'scripts/**/*.test.ts',
      'runtimes/{*,browsers/*}.test.ts',
      'lessons/*.test.ts',
      'promise/*.test.ts',
    ],
    {
      cwd: root,
      exclude: ['**/node_modules/**', '**/dist/**'],
    },
  )
    .filter(file => values.only === undefined || file.includes(values.only))
    .sort()
    .map(file => join(root, file))
  if (files.length === 0) return
  const events = run({
    files,
    cwd: root,
    concurrency: 2,
    timeout: LIMIT_MS,
    execArgv: ['--import', '@fearless/compiler/register', '--import', './scripts/end-of-tests.ts', '--expose-gc'],
  })
  events.on('test:pass', event => {
    if (event.details.type === 'suite') return
    if (event.skip !== undefined && event.skip !== false) counts.skipped++
    else counts.passed++
  })
  events.on('test:fail', event => {
    if (event.details.type === 'suite') return
    const { cause = event.details.error } = event.details.error
    const where = event.file === undefined ? '' : `${relative(root, event.file)}:${event.line ?? 0}: `
    record(`${where}${event.name}\n${cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause)}`)
  })
  const report = events.compose(spec)
  report.pipe(process.stdout)
  await new Promise(done => report.on('end', done))
}

/** Runs the models: each model and each planted bug counts as a test. */
async function models(): Promise<void> {
  await runModels({ only: undefined, jobs: 2 }, ({ of, name, size, twin, wrong, note, ms }) => {
    const label = twin === undefined ? `${name} (${size})` : `planted bug found: ${twin}`
    record(wrong === undefined ? undefined : `${of}: ${label}: ${wrong}`)
    console.log(`${wrong === undefined ? '\u2714' : '\u2716'} ${of}: ${label}: ${wrong ?? note} (${Math.round(ms)}ms)`)
  })
}

async function lessons(): Promise<void> {
  for (const name of values.runtime ?? (values.quick ? ['node-26'] : runtimeNames)) {
    const on = runtime(name)
    let passed = 0
    for (const file of lessonFiles) {
      const failure = await runLesson(on, file)
      record(failure === undefined ? undefined : `lessons on ${name}: ${failure.lesson}: ${failure.why}`)
      if (failure === undefined) passed++
      else console.error(`${failure.runtime} ${failure.lesson}: ${failure.why}`)
    }
    console.log(`${passed === lessonFiles.length ? '\u2714' : '\u2716'} lessons on ${name}`)
  }
}
