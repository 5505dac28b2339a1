/** Searches random programs for a hole: a program that is accepted, runs, and silently deviates from its meaning. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { described, search, type Search } from './oracle/holes.ts'
import { Judge, textOf } from './oracle/judge.ts'
import { programOf } from './oracle/programs.ts'

const limit = { timeout: 170_000 }
const wanted: Search = { programs: 120, seed: 1, batch: 40, walls: 'on', unchecked: false }

test('the same seed generates the same program', () => {
  for (const seed of [1, 2, 3]) assert.equal(textOf(programOf(seed, 0)), textOf(programOf(seed, 0)))
})

test('about half of the generated programs have a misuse of one of many kinds', () => {
  const misuses = Array.from({ length: 400 }, (_, seed) => programOf(seed, 0).misuse)
  const planted = misuses.filter(misuse => misuse !== undefined)
  assert.ok(planted.length > 150 && planted.length < 250, `${planted.length} of 400`)
  assert.ok(new Set(planted).size >= 20, `${new Set(planted).size} kinds`)
})

test('random programs are refused or print their meaning', limit, async () => {
  const judge = new Judge(wanted)
  const { failures, alarms, meaningless } = await search(judge, wanted)
  assert.deepEqual([...failures, ...alarms, ...meaningless].map(described), [])
})

test('the search finds a hole if the development walls are off', limit, async () => {
  const off: Search = { ...wanted, programs: 30, walls: 'off', only: 'write to a moved value', unchecked: true }
  const judge = new Judge(off)
  const { failures } = await search(judge, off)
  assert.ok(failures.length > 0, 'no hole is found')
})
