/**
 * One behaviour on every runtime: each program of programs/ runs on each of them and must print what its comments say.
 *
 *   //=> text    a line of output; the lines come in this order
 *   //=! text    part of what goes to stderr, where nothing goes otherwise
 *   //=exit 3    the exit code, where it is not 0
 *
 * What a runtime cannot do is listed below with the reason, and skipped in sight.
 *
 *   node --test runtimes/conformance.test.ts        RUNTIMES=bun,deno chooses some
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { runtime, runtimeNames, type Runtime } from '../scripts/runtimes.ts'

const LIMIT_MS = 30_000

/** Program, runtime, and why it does not work there. */
const LIMITATIONS: Record<string, Record<string, string>> = {
  'heap-limit.ts': {
    bun: 'Bun ignores resourceLimits: its workers share one limit, that of the process',
    deno: 'Deno ends the worker but does not always say so, and never why, when it has awaited something before',
  },
  'stack-limit.ts': {
    bun: 'Bun ignores resourceLimits: every worker has the same stack',
    deno: 'Deno reports resourceLimits.stackSizeMb but gives every worker the same stack',
  },
}

/** Programs that run as a user without the compiler would run them. */
const WITHOUT_COMPILER = new Set(['no-compiler.ts'])

const folder = join(import.meta.dirname, 'programs')
const programs = readdirSync(folder).filter(file => readFileSync(join(folder, file), 'utf8').includes('//=>'))

for (const name of process.env.RUNTIMES?.split(',') ?? runtimeNames) {
  describe(name, { concurrency: 2 }, () => {
    const on = runtime(name)
    for (const program of programs) {
      const skip = LIMITATIONS[program]?.[name] ?? false
      test(program.replace('.ts', ''), { skip, timeout: LIMIT_MS + 5000 }, () => check(on, program))
    }
  })
}

interface Run {
  readonly code: number | null
  readonly out: string
  readonly errors: string
}

async function check(on: Runtime, program: string): Promise<void> {
  const source = readFileSync(join(folder, program), 'utf8')
  const { code, out, errors } = await run(WITHOUT_COMPILER.has(program) ? on.plain : on.command, join(folder, program))
  const wanted = [...source.matchAll(/\/\/=> (.*)/g)].map(match => match[1])
  assert.deepEqual(out.split('\n').slice(0, -1), wanted, errors)
  assert.equal(code, Number(/\/\/=exit (\d+)/.exec(source)?.[1] ?? 0), errors)
  const complaint = /\/\/=! (.*)/.exec(source)?.[1]
  if (complaint === undefined) assert.equal(errors, '')
  else assert.ok(errors.includes(complaint), errors)
}

function run([program, ...args]: Runtime['command'], file: string): Promise<Run> {
  const child = spawn(program, [...args, file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.on('data', chunk => (out += chunk))
  child.stderr.on('data', chunk => (errors += chunk))
  const limit = setTimeout(() => {
    errors += `it did not end within ${LIMIT_MS / 1000} s\n`
    child.kill('SIGKILL')
  }, LIMIT_MS)
  return new Promise(done => {
    child.on('close', code => {
      clearTimeout(limit)
      done({ code, out, errors })
    })
  })
}
