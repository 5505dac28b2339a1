/**
 * Test runners and loaders: the closures of each folder run for real, by the command in its package.json.
 *
 * The packages of a folder are installed on first use. `RUNNERS=vitest,jest` chooses some.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { install, runtime } from '../scripts/runtimes.ts'

const LIMIT_MS = 120_000

interface Runner {
  readonly folder: string
  /** Arguments behind the command. */
  readonly args?: readonly string[]
  /** The runtime whose program the command names, if it is not Node. */
  readonly on?: string
  /** Must occur in the output. */
  readonly prints: RegExp
  /** Must not occur in the output. */
  readonly not?: RegExp
}

const MISSING_SOURCES = /Sourcemap .* points to missing source files/

const RUNNERS: readonly Runner[] = [
  {
    folder: 'vitest',
    args: ['mocked'],
    prints: /"\.\/words", which this file mocks\. The mock has no effect in threads/,
  },
  { folder: 'vitest', args: ['--pool=forks'], prints: /Tests +5 passed/, not: MISSING_SOURCES },
  { folder: 'vitest', args: ['--pool=threads'], prints: /Tests +5 passed/, not: MISSING_SOURCES },
  // The second run takes the transformed file from Vitest's cache.
  { folder: 'vitest', args: ['--pool=threads'], prints: /Tests +5 passed/, not: MISSING_SOURCES },
  { folder: 'jest', prints: /Tests: +4 passed/ },
  { folder: 'jest-esm', prints: /Tests: +4 passed/ },
  { folder: 'mocha', prints: /4 passing/ },
  { folder: 'node-test', prints: /pass 4/ },
  { folder: 'bun-test', on: 'bun', prints: /4 pass/ },
  { folder: 'deno-test', on: 'deno', prints: /4 passed/ },
  {
    folder: 'tsx',
    prints: /^decorated greet\n\[ 'Red', 3, 'b: 3', 'twoWords' \]\n8\n5\nclosures\.ts:18:15\nPoisonError\n$/,
  },
  { folder: 'c8', prints: /closures\.ts \|.*\| 12 +\n pick\.ts .*\| 5-6,8-9/ },
  { folder: 'ts-node', prints: /^3\ntwoWords\n21\nclosures\.ts:20:27\n$/ },
]

const chosen = process.env.RUNNERS?.split(',')

for (const runner of RUNNERS) {
  if (chosen !== undefined && !chosen.includes(runner.folder)) continue
  test(`closures run in ${[runner.folder, ...(runner.args ?? [])].join(' ')}`, { timeout: LIMIT_MS + 5000 }, () => {
    const { status, output } = run(runner)
    assert.match(output, runner.prints)
    if (runner.not !== undefined) assert.doesNotMatch(output, runner.not)
    assert.equal(status, 0, output)
  })
}

function run({ folder: name, args = [], on }: Runner): { status: number | null; output: string } {
  const folder = join(import.meta.dirname, name)
  install(folder)
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: { test: string } }
  const programs = [join(folder, 'node_modules/.bin'), dirname(process.execPath)]
  if (on !== undefined) programs.unshift(dirname(runtime(on).command[0]))
  const { status, stdout, stderr } = spawnSync([scripts.test, ...args].join(' '), {
    cwd: folder,
    shell: true,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    // The runners must not take this process for their own.
    env: {
      ...process.env,
      PATH: [...programs, process.env.PATH].join(delimiter),
      NODE_OPTIONS: '',
      NODE_TEST_CONTEXT: undefined,
      CI: 'true',
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
    },
  })
  return { status, output: stripVTControlCharacters(stdout + stderr) }
}
