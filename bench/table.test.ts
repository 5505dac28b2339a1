import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selected } from './options.ts'
import type { Contestant, Line } from './results.ts'
import { against, align, number, show } from './table.ts'

const contestants: Contestant[] = [
  { name: 'fearless', role: 'ours', version: '1' },
  { name: 'slow', role: 'rival', version: '1' },
  { name: 'quick', role: 'rival', version: '1' },
  { name: 'liar', role: 'rival', version: '1' },
]

function line(better: 'less' | 'more', ours: number, slow: number, quick: number): Line {
  const cell = (value: number) => ({ value, samples: [value] })
  return {
    row: 'r',
    id: 'm',
    title: 't',
    unit: better === 'less' ? 'ns' : 'M/s',
    better,
    cells: { fearless: cell(ours), slow: cell(slow), quick: cell(quick), liar: { mark: 'WRONG' } },
  }
}

test('a ratio compares fearless with the best contender whose result is correct', { timeout: 5000 }, () => {
  assert.deepEqual(against(line('less', 10, 100, 20), contestants, 'rival'), { ratio: 2, name: 'quick' })
  assert.deepEqual(against(line('more', 10, 1, 5), contestants, 'rival'), { ratio: 2, name: 'quick' })
  assert.equal(against(line('less', 10, 100, 20), contestants, 'rust'), undefined)
})

test('numbers have three digits and no exponent', { timeout: 5000 }, () => {
  const shown = [0, 0.01234, 1.25, 12.34, 123.4, 12345.6].map(number)
  assert.deepEqual(shown, ['0', '0.0123', '1.25', '12.3', '123', '12,346'])
  assert.equal(show({ mark: 'HANG' }), 'HANG')
})

test('columns are aligned', { timeout: 5000 }, () => {
  assert.equal(
    align([
      ['a', 'bb'],
      ['ccc', '1'],
    ]),
    '| a   | bb |\n| --- | -: |\n| ccc |  1 |',
  )
})

test('a filter names rows, a contender, or both', { timeout: 5000 }, () => {
  assert.ok(selected([], 'ping-pong', 'floor'))
  assert.ok(selected(['ping'], 'ping-pong', 'floor'))
  assert.ok(selected(['floor'], 'ping-pong', 'floor'))
  assert.ok(selected(['mutex/floor', 'ping/floor'], 'ping-pong', 'floor'))
  assert.ok(!selected(['ping/rust'], 'ping-pong', 'floor'))
})
