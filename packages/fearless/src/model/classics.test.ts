import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classics } from './classics.fixture.ts'
import { MODEL_ERROR_CODES } from './engine/error.ts'
import { ModelFailure, model } from './model.ts'

for (const { name, program, fails, foundInInterleaving } of classics) {
  if (fails === undefined) {
    test(`${name}: every interleaving is correct`, () => {
      const { complete, executions } = model(program)
      assert.ok(complete && executions > 1)
    })
    continue
  }
  test(`${name}: ${fails}`, () => {
    const failure = failureOf(() => model(program))
    assert.equal(failure.code, MODEL_ERROR_CODES[fails])
    assert.equal(failure.executions, foundInInterleaving)
    // The replay string alone leads to the same failure.
    const again = failureOf(() => model(program, { replay: failure.replay }))
    assert.equal(again.code, failure.code)
    assert.deepEqual(again.trace, failure.trace)
  })
}

function failureOf(f: () => unknown): ModelFailure {
  try {
    f()
  } catch (error) {
    if (error instanceof ModelFailure) return error
    throw error
  }
  return assert.fail('nothing failed')
}
