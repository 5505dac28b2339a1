/** The fixed cost of threads: time to the first result, memory, and CPU time while idle. */
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { calls, expect } from '../measure.ts'
import type { Conditions, Reading, Row, With } from './row.ts'
import { metric, needs } from './row.ts'

const FURTHER = 8

async function cold(contender: With<'roundTrip'>, conditions: Conditions): Promise<Reading> {
  const start = performance.now()
  await contender.open(1)
  expect('x + 1', await contender.roundTrip(1), 2)
  const end = performance.now()
  return { spawn: end - start, process: performance.timeOrigin + end - conditions.processStart }
}

async function memory(contender: With<'hold'>): Promise<Reading> {
  await contender.hold(1)
  await sleep(300)
  const before = process.memoryUsage.rss()
  await contender.hold(FURTHER)
  await sleep(300)
  return { mb: (process.memoryUsage.rss() - before) / FURTHER / 2 ** 20 }
}

async function idle(contender: With<'roundTrip'>, conditions: Conditions): Promise<Reading> {
  await contender.open(availableParallelism())
  await calls(async i => expect('x + 1', await contender.roundTrip(i), i + 1), { warmMs: 0, ms: conditions.warmMs })
  await sleep(200)
  const start = performance.now()
  const before = process.cpuUsage()
  await sleep(conditions.ms)
  const spent = process.cpuUsage(before)
  return { cpu: (spent.user + spent.system) / 10 / (performance.now() - start) }
}

export const threadRows: readonly Row[] = [
  {
    id: 'cold',
    metrics: [
      metric('spawn', 'first result from cold', 'ms'),
      metric('process', 'process start to first result', 'ms'),
    ],
    run: needs('roundTrip', cold),
  },
  {
    id: 'memory',
    metrics: [metric('mb', 'memory per thread', 'MB')],
    run: needs('hold', memory),
  },
  {
    id: 'idle',
    metrics: [metric('cpu', 'CPU of an idle pool', '%')],
    run: needs('roundTrip', idle),
  },
]
