import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnsOf } from './frame.ts'

for (const [text, columns] of [
  ['', 0],
  ['plain = 1', 9],
  ['größe', 5],
  ['日本語', 6],
  ['ﾊﾝｶｸ', 4],
  ['한국', 4],
  ['한', 2],
  ['e\u0301', 1],
  ['👍', 2],
  ['👍🏽', 2],
  ['👨‍👩‍👧', 2],
  ['🇨🇭', 2],
  ['a\u200bb', 2],
] as const) {
  test(`${JSON.stringify(text)} takes ${columns} columns`, () => assert.equal(columnsOf(text), columns))
}
