/**
 * Runs the nine programs of the lesson and compares their output with lessons/expected.ts.
 *
 *   node scripts/lessons.ts [--runtime node-22 ...] [--times n] [--show] [--help]
 *
 * Without --runtime it uses the Node of this workspace. `--show` prints the output of the programs as it comes.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { complaint } from '../lessons/expected.ts'
import { root, runtime, runtimeNames, type Runtime } from './runtimes.ts'

const LIMIT_MS = 30_000

export interface Failure {
  readonly lesson: string
  readonly runtime: string
  readonly why: string
}

export const lessonFiles: readonly string[] = readdirSync(join(root, 'lessons'))
  .filter(file => /^\d-.*\.ts$/.test(file))
  .sort()

/** Runs one lesson. Returns the failure; undefined if the lesson passed. */
export async function runLesson(on: Runtime, file: string, show = false): Promise<Failure | undefined> {
  const [program, ...args] = on.command
  const child = spawn(program, [...args, join(root, 'lessons', file)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.on('data', chunk => {
    out += chunk
    if (show) process.stdout.write(chunk)
  })
  child.stderr.on('data', chunk => (errors += chunk))
  let late = false
  const limit = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, LIMIT_MS)
  const code = await new Promise<number | null>(done => child.on('close', done))
  clearTimeout(limit)
  const why = late
    ? `it did not end within ${LIMIT_MS / 1000} s`
    : code !== 0
      ? `exit code ${code}`
      : complaint(file, out)
  if (why === undefined && errors === '') return undefined
  return {
    lesson: file,
    runtime: on.name,
    why: `${why ?? 'it wrote to stderr'}\n--- stdout\n${out}--- stderr\n${errors}`,
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      runtime: { type: 'string', multiple: true },
      times: { type: 'string', default: '1' },
      show: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(
      `node scripts/lessons.ts [--runtime NAME ...] [--times N] [--show]\nruntimes: ${runtimeNames.join(', ')}`,
    )
    process.exit(0)
  }
  let failed = 0
  let passed = 0
  for (const name of values.runtime ?? ['node-26']) {
    const on = runtime(name)
    for (let time = 0; time < Number(values.times); time++) {
      for (const file of lessonFiles) {
        if (values.show) console.log(`\n\u2014 ${file.replace(/\.ts$/, '')} \u2014`)
        const failure = await runLesson(on, file, values.show)
        if (failure === undefined) passed++
        else {
          failed++
          console.error(`${failure.runtime} ${failure.lesson}: ${failure.why}`)
        }
      }
      if (process.stderr.isTTY && Number(values.times) > 1)
        process.stderr.write(`\r${name}: ${time + 1} of ${values.times}`)
    }
  }
  if (!values.show) console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
