/**
 * No text ends the process, however deeply it is nested: generated programs of each kind, on the main thread and in a
 * worker.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { ScratchFolder } from '../../../../scripts/scratch.ts'
import { FLAT, NESTED, outcomeOf, type Ending } from './nesting.fixture.ts'
import { transformFile } from '../transform.ts'

const fixture = join(import.meta.dirname, 'nesting.fixture.ts')
const scratch = new ScratchFolder()

for (const where of ['on the main thread', 'in a worker']) {
  test(`every kind of nesting is compiled or refused ${where}`, { timeout: 170_000 }, () => {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [fixture, where], { encoding: 'utf8' })
    const lines = stdout.trimEnd().split('\n')
    assert.deepEqual({ status, signal }, { status: 0, signal: null }, `${lines.at(-1)}\n${stderr}`)
    const endings = lines.map(line => JSON.parse(line) as Ending)
    assert.equal(endings.length, 4 * Object.keys(NESTED).length + 3 * Object.keys(FLAT).length)
    for (const { kind, size, outcome } of endings) {
      const isSmall = size === 100 || kind.startsWith('flat')
      const allowed = isSmall ? /^(?:whole|cut)$/ : size < 100_000 ? /^(?:whole|cut|FL1012)$/ : /^FL1012$/
      assert.match(outcome, allowed, `${kind} ${size}`)
    }
  })
}

test('a deep file that only mentions the library is left to the runtime', () => {
  const text = `// fearless\n${NESTED['elseIf']!(5000)}`
  assert.equal(transformFile('file:///a.ts', text), undefined)
})

test('a refusal names the position at which the limit is exceeded', () => {
  assert.equal(outcomeOf(NESTED['blocks']!(5000)), 'FL1012')
  assert.throws(() => transformFile('file:///a.ts', `import 'fearless'\n${'{'.repeat(5000)}${'}'.repeat(5000)}`), {
    code: 'FL1012',
    message: /^error\[FL1012\]: this file is nested too deeply to be compiled, and it uses fearless\n --> .*:2:1001/,
  })
})

test('a program with a deep file runs or reports why it does not', { timeout: 60_000 }, () => {
  const run = (text: string): { status: number | null; signal: string | null; stderr: string; stdout: string } => {
    const file = scratch.write('program.mjs', text)
    const register = new URL('../../dist/hosts/register.js', import.meta.url).href
    return spawnSync(process.execPath, ['--import', register, file], { encoding: 'utf8' })
  }
  const deep = NESTED['elseIf']!(2500)
  const names = 'const n = -1, g = () => {}, h = () => console.log("ran")\n'
  const plain = run(names + deep)
  assert.deepEqual([plain.status, plain.stdout], [0, 'ran\n'], plain.stderr)
  const ours = run(`import { thread } from 'fearless'\n${names}thread.spawn(() => 1)\n${deep}`)
  assert.deepEqual([ours.status, ours.signal], [1, null])
  assert.match(ours.stderr, /error\[FL1012\]/)
})
