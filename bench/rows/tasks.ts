/** One task after the other, many tasks at once, and one loop over many items. */
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { calls, expect, median, perItem, quantile } from '../measure.ts'
import type { Conditions, Reading, Row, With } from './row.ts'
import { metric, needs } from './row.ts'

const COUNT = 10_000
/** Longer than any contender spins before it parks. */
const PARK_MS = 15

async function hot(contender: With<'roundTrip'>, conditions: Conditions): Promise<Reading> {
  await contender.open(availableParallelism())
  const samples = await calls(async i => expect('x + 1', await contender.roundTrip(i), i + 1), conditions)
  return { median: median(samples) * 1e3, p99: quantile(samples, 0.99) * 1e3 }
}

async function parked(contender: With<'roundTrip'>, conditions: Conditions): Promise<Reading> {
  await contender.open(availableParallelism())
  const samples = await calls(
    async i => expect('x + 1', await contender.roundTrip(i), i + 1),
    conditions,
    () => sleep(PARK_MS),
  )
  return { median: median(samples) * 1e3 }
}

async function separate(contender: With<'tasks'>, conditions: Conditions): Promise<Reading> {
  await contender.open(availableParallelism())
  let results: number[]
  const samples = await calls(
    async () => {
      results = await contender.tasks(COUNT)
    },
    conditions,
    () => checkIncremented(results),
  )
  return { ms: median(samples) }
}

async function items(contender: With<'items'>, conditions: Conditions): Promise<Reading> {
  await contender.open(availableParallelism())
  const list = Array.from({ length: COUNT }, (_, i) => i)
  let results: number[]
  const samples = await calls(
    async () => {
      results = await contender.items(list)
    },
    conditions,
    () => checkIncremented(results),
  )
  return { ms: median(samples) }
}

async function asyncTasks(contender: With<'asyncTasks'>, conditions: Conditions): Promise<Reading> {
  const ns = await perItem(
    async n => expect('sum of results', await contender.asyncTasks(n), (n * (n - 1)) / 2),
    conditions,
  )
  return { us: ns / 1e3 }
}

function checkIncremented(results: number[]): void {
  expect('number of results', results.length, COUNT)
  for (let i = 0; i < COUNT; i++) expect(`result ${i}`, results[i], i + 1)
}

export const taskRows: readonly Row[] = [
  {
    id: 'round-trip-hot',
    metrics: [
      metric('median', 'round trip of a trivial task, hot', 'us'),
      metric('p99', 'round trip of a trivial task, hot, p99', 'us'),
    ],
    run: needs('roundTrip', hot),
  },
  {
    id: 'round-trip-parked',
    metrics: [metric('median', 'round trip of a trivial task, parked', 'us')],
    run: needs('roundTrip', parked),
  },
  {
    id: 'tasks-10k',
    metrics: [metric('ms', '10k separate tasks', 'ms')],
    run: needs('tasks', separate),
  },
  {
    id: 'items-10k',
    metrics: [metric('ms', '10k items by one parallel loop', 'ms')],
    run: needs('items', items),
  },
  {
    id: 'async-task',
    metrics: [metric('us', 'spawn + join of an async task, same thread', 'us')],
    run: needs('asyncTasks', asyncTasks),
  },
]
