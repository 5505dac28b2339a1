import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

const COMMAND = fileURLToPath(new URL('../../../bin/fearless.js', import.meta.url))
const FILE = fileURLToPath(new URL('../programs-to-run.fixture.ts', import.meta.url))

const LIBRARY = fileURLToPath(new URL('../programs-of-library.fixture.ts', import.meta.url))

function run(...args: string[]): { out: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, [COMMAND, 'model', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { out: stdout + stderr, status }
}

test('the command runs every exported program, and exits with 1 if one fails', () => {
  const { out, status } = run(FILE)
  assert.match(out, /^✔ right: all 2 interleavings \(\d+\.\d s\)$/m)
  assert.match(out, /^✔ inTime: all 1 interleaving \(/m)
  assert.match(out, /^✖ wrong: main threw Error: the second was first$/m)
  assert.match(out, /^✔ large: all 34,650 interleavings \(/m)
  assert.match(out, /exchange i32\[\+0\] 1 → 1/)
  assert.equal(status, 1)
})

test('--only runs one program, and --replay runs one interleaving of it', () => {
  const { out, status } = run('--only', 'right', FILE)
  assert.equal(out.trim().split('\n').length, 1)
  assert.equal(status, 0)
  const replay = /replay: '([^']+)'/.exec(run('--only', 'wrong', FILE).out)![1]
  assert.match(run('--only', 'wrong', '--replay', replay, FILE).out, /the second was first/)
})

test('the command prints its usage and exits with 2 without a file or without a matching program', () => {
  assert.deepEqual([run().status, run('--help').status, run('--only', 'none', FILE).status], [2, 0, 2])
  assert.match(run().out, /^Usage: fearless model/)
})

test('one process explores the same interleavings as several do', () => {
  assert.match(run('--only', 'large', '--jobs', '1', FILE).out, /^✔ large: all 34,650 interleavings \(/m)
  assert.match(run('--only', 'large', '--jobs', '3', FILE).out, /^✔ large: all 34,650 interleavings \(/m)
})

test('a failure in one part ends the search of the others', () => {
  const { out, status } = run('--only', 'rare', '--jobs', '3', FILE)
  assert.match(out, /^✖ rare: main threw Error: they took turns$/m)
  assert.equal(status, 1)
})

test('imports of the library run over simulated memory', () => {
  assert.match(run(LIBRARY).out, /^✔ counts: all [\d,]+ interleavings \(/m)
})

test('--json prints a line of JSON for each program', () => {
  const { out, status } = run('--json', '--only', 'r', FILE)
  const lines = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
  const of = (name: string): Record<string, unknown> => lines.find(line => line['name'] === name)!
  assert.deepEqual(
    { ...of('right'), ms: 0, steps: 0 },
    { name: 'right', ok: true, executions: 2, redundant: 0, steps: 0, complete: true, ms: 0 },
  )
  assert.equal(of('wrong')['code'], 'FL5001')
  assert.match(of('wrong')['replay'] as string, /^1:0/)
  assert.ok((of('wrong')['trace'] as unknown[]).length > 4)
  assert.equal(status, 1)
})

test('a file that cannot be loaded is reported with the position of its error', () => {
  const { out, status } = run(fileURLToPath(new URL('no-such-file.ts', import.meta.url)))
  assert.match(out, /^fearless: There is no file /)
  assert.equal(status, 2)
  const folder = mkdtempSync(join(tmpdir(), 'fearless-model-'))
  try {
    writeFileSync(join(folder, 'broken.mjs'), `export function fine() {}\nthrow new Error('not today')\n`)
    const broken = run(join(folder, 'broken.mjs'))
    assert.match(
      broken.out,
      /broken\.mjs could not be loaded\. Correct this error first\.\nError: not today\n.*broken\.mjs:2/,
    )
    assert.equal(broken.status, 2)
    writeFileSync(join(folder, 'gone.mjs'), `export function gone() { process.exit(3) }\n`)
    const gone = run(join(folder, 'gone.mjs'))
    assert.match(gone.out, /✖ gone: its process ended unexpectedly with code 3/)
    assert.equal(gone.status, 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
