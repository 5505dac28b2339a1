/**
 * A Wait that is never waited for is reported once with its line; a Wait that is waited for at any time is not
 * reported.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { METHODS } from '../api.ts'
import { Mutex } from '../index.ts'
import { WAIT_METHODS } from '../waits.ts'

const limit = { timeout: 60_000, concurrency: true }
const fixture = fileURLToPath(new URL('unwaited.fixture.ts', import.meta.url))
const source = readFileSync(fixture, 'utf8').split('\n')

/** The lines of the fixture that end with this comment. */
const linesWith = (comment: string): number[] =>
  source.flatMap((line, i) => (line.endsWith(`// ${comment}`) ? [i + 1] : []))

/** The reports of a run, which ends by itself or when `until` returns true. */
async function reports(
  which: string,
  env: Record<string, string> = { FEARLESS_WALLS: 'on' },
  until: (stderr: string) => boolean = () => false,
): Promise<string[]> {
  const child = spawn(process.execPath, ['--expose-gc', '--import', '@fearless/compiler/register', fixture, which], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  })
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
    if (until(stderr)) child.kill()
  })
  await new Promise(resolve => child.on('close', resolve))
  return stderr.split('\n').filter(line => line !== '')
}

const lineOf = (report: string): number => Number(/unwaited\.fixture\.ts:(\d+):/.exec(report)?.[1])

test('every Wait that is never waited for is reported once with its line', limit, async () => {
  const all = await reports('dropping')
  for (const report of all) {
    assert.match(
      report,
      /^The Wait of [\w.]+ at \S+ was never waited for, so it did nothing \(F1003\)\. Write `await` before it, or call `\.wait\(\)` on it\.$/,
    )
  }
  const expected = [...linesWith('dropped'), source.findIndex(line => line.includes('par.join(')) + 1]
  assert.deepEqual(
    all.map(lineOf).sort((a, b) => a - b),
    expected.sort((a, b) => a - b),
  )
})

test('a Wait that is kept and waited for later is never reported', limit, async () => {
  assert.deepEqual(await reports('waiting'), [])
})

test('a Wait that is still referenced when the program exits is not reported', limit, async () => {
  assert.deepEqual(await reports('exit'), [])
})

test('a running process reports the Waits that the garbage collector finds', limit, async () => {
  const [first] = await reports('collected', { FEARLESS_WALLS: 'on' }, stderr => stderr.includes('\n'))
  assert.equal(lineOf(first), linesWith('collected')[0])
})

test('nothing is reported in production', limit, async () => {
  assert.deepEqual(await reports('dropping', { NODE_ENV: 'production' }), [])
  assert.deepEqual(await reports('dropping', { FEARLESS_WALLS: 'off' }), [])
})

test('the methods that report are those of the table for the checker', () => {
  const inherited = ['TaskHandle.within', 'Wait.within']
  const without = (names: Iterable<string>): string[] => [...names].filter(name => !inherited.includes(name)).sort()
  assert.deepEqual(without(WAIT_METHODS), without([...METHODS].flatMap(([name, { waits }]) => (waits ? [name] : []))))
})

test('a method that reports passes two arguments on', () => {
  assert.equal(new Mutex(1).with(n => n + 1).wait(), 2)
})
