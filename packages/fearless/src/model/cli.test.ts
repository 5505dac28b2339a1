import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

const COMMAND = fileURLToPath(new URL('../../bin/fearless.js', import.meta.url))
const FILE = fileURLToPath(new URL('programs-to-run.fixture.ts', import.meta.url))

function run(...args: string[]): { out: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [COMMAND, 'model', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { out: stdout + stderr, status }
}

test('every exported program is run, and a failure makes the exit code 1', () => {
  const { out, status } = run(FILE)
  assert.match(out, /^✔ right: all 2 interleavings \(\d+\.\d s\)$/m)
  assert.match(out, /^✔ inTime: all 1 interleaving \(/m)
  assert.match(out, /^✖ wrong: main threw Error: the second was first$/m)
  assert.match(out, /exchange i32\[\+0\] 1 → 1/)
  assert.equal(status, 1)
})

test('one of them, and one interleaving of it', () => {
  const { out, status } = run('--only', 'right', FILE)
  assert.equal(out.trim().split('\n').length, 1)
  assert.equal(status, 0)
  const replay = /replay: '([^']+)'/.exec(run('--only', 'wrong', FILE).out)![1]
  assert.match(run('--only', 'wrong', '--replay', replay, FILE).out, /the second was first/)
})

test('without a file, or without a program, it says what to do', () => {
  assert.deepEqual([run().status, run('--help').status, run('--only', 'none', FILE).status], [2, 0, 2])
  assert.match(run().out, /^Usage: fearless model/)
})
