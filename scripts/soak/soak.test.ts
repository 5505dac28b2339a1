/** The soak test at a small scale: the same runs, for as long as a test may take. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { SCENES } from './scenes.ts'

const program = join(import.meta.dirname, '../soak.ts')
const soak = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 170_000 })

for (const name of ['locks', 'messages', 'values']) {
  test(`the soak of ${name} has exact counts and constant memory`, { timeout: 60_000 }, () => {
    const { status, stdout, stderr } = soak('--scale', '0.01', '--minutes', '1', '--only', name)
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    assert.match(stdout, new RegExp(`\\u2714 ${name} \\(.*\\n1 passed, 0 failed\\n$`))
  })
}

test('the soak of a full heap passes', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = soak('--scale', '0.002', '--minutes', '2', '--only', 'full')
  assert.equal(status, 0, `${stdout}\n${stderr}`)
})

test('the soak of operations leaves a small heap as it was', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = soak('--scale', '0.001', '--minutes', '2', '--only', 'operations')
  assert.equal(status, 0, `${stdout}\n${stderr}`)
})

test('the soak of deaths passes for each kind of death in every scene', { timeout: 175_000 }, () => {
  const { status, stdout, stderr } = soak('--scale', '0.01', '--minutes', '2', '--only', 'deaths')
  assert.equal(status, 0, `${stdout}\n${stderr}`)
  assert.match(stdout, new RegExp(`\\n${SCENES.length} passed, 0 failed\\n$`))
})

test('--help prints the usage and a wrong option is refused', () => {
  const { status, stdout } = soak('--help')
  assert.equal(status, 0)
  assert.match(stdout, /^Usage: npm run soak/)
  const wrong = soak('--scale', 'much')
  assert.equal(wrong.status, 2)
  assert.match(wrong.stderr, /error: --scale and --minutes must be numbers/)
  assert.equal(soak('--only', 'nothing').status, 1)
})
