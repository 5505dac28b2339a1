import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entrant } from './line-up.ts'
import { MARKER } from './outcome.ts'
import { runCell } from './process.ts'

const BUDGET = { warmMs: 1, ms: 1 }

function running(script: string): Entrant {
  const command = () => [process.execPath, '-e', script]
  return { name: 'test', role: 'rival', version: '1', missing: undefined, command }
}

test('an outcome is found among other output, even if the process never ends', { timeout: 30_000 }, async () => {
  const outcome = { kind: 'measured', reading: { ms: 1 } }
  const line = JSON.stringify(MARKER + JSON.stringify(outcome))
  const script = `console.log('noise'); console.log(${line}); setInterval(() => {}, 1000)`
  assert.deepEqual(await runCell(running(script), 'row', BUDGET, 20_000), outcome)
})

test('a process without an outcome at the time limit hangs', { timeout: 30_000 }, async () => {
  const outcome = await runCell(running('setInterval(() => {}, 1000)'), 'row', BUDGET, 300)
  assert.deepEqual(outcome, { kind: 'hang', message: 'no answer within 0.3 s' })
})

test('a process that dies has failed, with its own message', { timeout: 30_000 }, async () => {
  const outcome = await runCell(running('throw new Error("no such thing")'), 'row', BUDGET, 20_000)
  assert.equal(outcome.kind, 'failed')
  assert.match('message' in outcome ? outcome.message : '', /ended with code 1: [^]*no such thing/)
})
