/** Locks, atomics and reference counts: nanoseconds per operation. */
import { expect, perItem } from '../measure.ts'
import type { Conditions, Reading, Row, With } from './row.ts'
import { metric, needs } from './row.ts'

async function lock(contender: With<'lock'>, threads: 1 | 2, conditions: Conditions): Promise<Reading> {
  await contender.open(threads)
  const ns = await perItem(async n => {
    const even = n - (n % 2)
    expect('counter', await contender.lock(threads, even), even)
  }, conditions)
  return { ns }
}

async function read(contender: With<'read'>, conditions: Conditions): Promise<Reading> {
  await contender.open(1)
  return { ns: await perItem(async n => expect('sum', await contender.read(n), n), conditions) }
}

async function atomicAdd(contender: With<'atomicAdd'>, conditions: Conditions): Promise<Reading> {
  await contender.open(1)
  return { ns: await perItem(async n => expect('counter', await contender.atomicAdd(n), n), conditions) }
}

async function arcClone(contender: With<'arcClone'>, conditions: Conditions): Promise<Reading> {
  await contender.open(1)
  return { ns: await perItem(async n => expect('owners', await contender.arcClone(n), 1), conditions) }
}

export const syncRows: readonly Row[] = [
  {
    id: 'mutex-uncontended',
    metrics: [metric('ns', 'Mutex lock + unlock, uncontended', 'ns')],
    run: needs('lock', (c, conditions) => lock(c, 1, conditions)),
  },
  {
    id: 'mutex-contended',
    metrics: [metric('ns', 'Mutex lock + unlock, 2 threads', 'ns')],
    run: needs('lock', (c, conditions) => lock(c, 2, conditions)),
  },
  {
    id: 'rw-lock-read',
    metrics: [metric('ns', 'RwLock read + release, uncontended', 'ns')],
    run: needs('read', read),
  },
  {
    id: 'atomic-add',
    metrics: [metric('ns', 'atomic add', 'ns')],
    run: needs('atomicAdd', atomicAdd),
  },
  {
    id: 'arc-clone',
    metrics: [metric('ns', 'Arc clone + drop', 'ns')],
    run: needs('arcClone', arcClone),
  },
]
