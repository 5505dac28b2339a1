/** An operation costs the same however many objects of its kind exist: 30 times as many must not be 6 times as slow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCALING_CASES, costOf } from './growth.fixture.ts'

const limit = { timeout: 120_000 }
const [FEW, MANY] = [1000, 30_000]
const MOST = 6
/** Nanoseconds that caches and the garbage collector may cost on any machine. */
const FLOOR = 5000
/** An arrival visits all waiters: a barrier has no count that a death could make wrong (core/barrier.ts). */
const LINEAR = 'an arrival at a barrier of many'

for (const [name, growth] of Object.entries(SCALING_CASES)) {
  if (name === LINEAR) continue
  test(`the cost of ${name} is the same beside 1,000 and beside 30,000 objects`, limit, async () => {
    for (let attempts = 3; ; attempts--) {
      const few = await costOf(growth, FEW, 5, 200)
      const many = await costOf(growth, MANY, 5, 200)
      if (many <= few * MOST + FLOOR) return
      // Another process may have used the machine.
      assert.ok(attempts > 0, `${few.toFixed(0)} ns beside ${FEW}, ${many.toFixed(0)} ns beside ${MANY}`)
    }
  })
}
