import assert from 'node:assert/strict'
import test from 'node:test'
import { afterFailure, afterPage, emptyStats } from './stats.ts'

test('a page adds to the totals and to its thread', () => {
  const before = emptyStats(2)
  const one = afterPage(before, 1, { links: 2, words: 30, bytes: 400 }, 5)
  const after = afterPage(one, 1, { links: 1, words: 1, bytes: 1 }, 2)
  assert.deepEqual(after, {
    pages: 2,
    links: 3,
    words: 31,
    bytes: 401,
    failures: {},
    threads: [
      { pages: 0, busyMs: 0 },
      { pages: 2, busyMs: 7 },
    ],
  })
  assert.deepEqual(before, emptyStats(2))
})

test('failures are counted by kind', () => {
  const after = ['status', 'timeout', 'status'] as const
  assert.deepEqual(after.reduce(afterFailure, emptyStats(1)).failures, { status: 2, timeout: 1 })
})
