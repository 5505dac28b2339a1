/** An operation costs the same however many others of its kind there are: 30 times as many must not be 6 times as slow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GROWTHS, costOf } from './growth.fixture.ts'

const limit = { timeout: 120_000 }
const [FEW, MANY] = [1000, 30_000]
const MOST = 6
/** Nanoseconds that caches and the collector may cost on any machine. */
const FLOOR = 5000
/** An arrival looks at all that wait: a barrier has no count that a death could make wrong (core/barrier.ts). */
const LINEAR = 'an arrival at a barrier of many'

for (const [name, growth] of Object.entries(GROWTHS)) {
  if (name === LINEAR) continue
  test(`${name} costs the same beside 1,000 and beside 30,000`, limit, async () => {
    for (let attempts = 3; ; attempts--) {
      const few = await costOf(growth, FEW, 5, 200)
      const many = await costOf(growth, MANY, 5, 200)
      if (many <= few * MOST + FLOOR) return
      // The machine may have been busy with something else.
      assert.ok(attempts > 0, `${few.toFixed(0)} ns beside ${FEW}, ${many.toFixed(0)} ns beside ${MANY}`)
    }
  })
}
