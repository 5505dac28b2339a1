/**
 * Conformance of the runtimes: each program of programs/ runs on each runtime and must print the output in its
 * comments.
 *
 *   //=> text    a line of output, in this order
 *   //=! text    a part of the output on stderr, which must be empty otherwise
 *   //=exit 3    the exit code if it is not 0, or the signal
 *   //=runs 30   the number of runs, several at a time, each with its number as the argument. The text on stderr must
 *                then occur once per run
 *
 * LIMITATIONS lists the programs that a runtime cannot run, with the reason. These tests are reported as skipped.
 *
 *   node --test runtimes/conformance.test.ts        RUNTIMES=bun,deno chooses some
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { runtime, runtimeNames, type Runtime } from '../scripts/runtimes.ts'

/** A hang ends a program after this time. Other programs may compute on the machine. */
const LIMIT_MS = 90_000

/** By program and runtime: the reason for skipping. */
const LIMITATIONS: Record<string, Record<string, string>> = {
  'heap-limit.ts': {
    bun: 'Bun ignores resourceLimits: its workers share the limit of the process',
    deno: 'Deno ends the worker, but after an await it does not always report the end, and never the cause',
  },
  'stack-limit.ts': {
    bun: 'Bun ignores resourceLimits: every worker has the same stack',
    deno: 'Deno reports resourceLimits.stackSizeMb but gives every worker the same stack',
  },
}

/** Programs that run without the compiler. */
const WITHOUT_COMPILER = new Set(['no-compiler.ts'])

/** The number of runs of a program. */
const runsOf = (source: string): number => Number(/\/\/=runs (\d+)/.exec(source)?.[1] ?? 1)

const folder = join(import.meta.dirname, 'programs')
const programs = readdirSync(folder).filter(file => readFileSync(join(folder, file), 'utf8').includes('//=>'))

for (const name of process.env.RUNTIMES?.split(',') ?? runtimeNames) {
  describe(name, { concurrency: 2 }, () => {
    const on = runtime(name)
    for (const program of programs) {
      const skip = LIMITATIONS[program]?.[name] ?? false
      const timeout = LIMIT_MS * (runsOf(readFileSync(join(folder, program), 'utf8')) > 1 ? 8 : 1) + 5000
      test(program.replace('.ts', ''), { skip, timeout }, () => check(on, program))
    }
  })
}

interface Run {
  readonly code: number | string | null
  readonly out: string
  readonly errors: string
}

/** The number of concurrent runs of a program: more than a machine has cores. */
const AT_A_TIME = 6

async function check(on: Runtime, program: string): Promise<void> {
  const source = readFileSync(join(folder, program), 'utf8')
  const runs = runsOf(source)
  const numbers = Array.from({ length: runs }, (_, number) => number).values()
  const next = async (): Promise<void> => {
    for (const number of numbers) await checkRun(on, program, source, runs === 1 ? [] : [String(number)])
  }
  await Promise.all(Array.from({ length: Math.min(runs, AT_A_TIME) }, next))
}

async function checkRun(on: Runtime, program: string, source: string, args: readonly string[]): Promise<void> {
  const command = WITHOUT_COMPILER.has(program) ? on.plain : on.command
  const { code, out, errors } = await run(command, join(folder, program), args)
  const told = `run ${args.join()}: ${errors}`
  const wanted = [...source.matchAll(/\/\/=> (.*)/g)].map(match => match[1])
  assert.deepEqual(out.split('\n').slice(0, -1), wanted, told)
  assert.equal(String(code), /\/\/=exit (\w+)/.exec(source)?.[1] ?? '0', told)
  const complaint = /\/\/=! (.*)/.exec(source)?.[1]
  if (complaint === undefined) assert.equal(errors, '')
  else if (args.length === 0) assert.ok(errors.includes(complaint), told)
  else assert.equal(errors.split(complaint).length, 2, told)
}

function run([program, ...flags]: Runtime['command'], file: string, args: readonly string[]): Promise<Run> {
  const child = spawn(program, [...flags, file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.on('data', chunk => (out += chunk))
  child.stderr.on('data', chunk => (errors += chunk))
  const limit = setTimeout(() => {
    errors += `The program did not end within ${LIMIT_MS / 1000} s.\n`
    child.kill('SIGKILL')
  }, LIMIT_MS)
  return new Promise(done => {
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      done({ code: code ?? signal, out, errors })
    })
  })
}
