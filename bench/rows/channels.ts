/** Messages from thread to thread and from a thread to main, and two threads that take turns. */
import type { MessageKind } from '../contender.ts'
import { Wrong, expect, perItem } from '../measure.ts'
import type { Conditions, Reading, Row, With } from './row.ts'
import { metric, needs } from './row.ts'

const TITLES: Record<MessageKind, string> = {
  number: 'channel, numbers',
  object: 'channel, small objects',
  string: 'channel, short strings',
}

async function stream(
  contender: With<'stream'>,
  kind: MessageKind,
  to: 'thread' | 'main',
  conditions: Conditions,
): Promise<Reading> {
  await contender.open(2)
  const ns = await perItem(
    async n => {
      const tally = await contender.stream(kind, to, n)
      if (tally.wrong > 0) throw new Wrong(`${tally.wrong} of ${n} messages arrived as something else`)
      expect('messages received', tally.received, n)
    },
    conditions,
    1_000_000,
  )
  return { rate: 1e3 / ns }
}

async function bounded(contender: With<'bounded'>, capacity: 0 | 1, conditions: Conditions): Promise<Reading> {
  await contender.open(2)
  const ns = await perItem(async n => {
    const tally = await contender.bounded(capacity, n)
    if (tally.wrong > 0) throw new Wrong(`${tally.wrong} of ${n} messages arrived as something else`)
    expect('messages received', tally.received, n)
  }, conditions)
  return { rate: 1e3 / ns }
}

async function crowd(contender: With<'crowd'>, conditions: Conditions): Promise<Reading> {
  await contender.open(4)
  const ns = await perItem(
    async n => {
      const { received, sum } = await contender.crowd(n)
      expect('messages received', received, n)
      expect('their sum', sum, (n * (n - 1)) / 2)
    },
    conditions,
    1_000_000,
  )
  return { rate: 1e3 / ns }
}

async function pingPong(contender: With<'pingPong'>, conditions: Conditions): Promise<Reading> {
  await contender.open(2)
  const ns = await perItem(async n => expect('hops', await contender.pingPong(n), 2 * n), conditions)
  return { us: ns / 1e3 }
}

function row(kind: MessageKind, to: 'thread' | 'main'): Row {
  return {
    id: `channel-${kind}-to-${to}`,
    metrics: [metric('rate', `${TITLES[kind]}, thread -> ${to}`, 'M/s')],
    run: needs('stream', (c, conditions) => stream(c, kind, to, conditions)),
  }
}

const KINDS: readonly MessageKind[] = ['number', 'object', 'string']

export const channelRows: readonly Row[] = [
  ...KINDS.flatMap(kind => [row(kind, 'thread'), row(kind, 'main')]),
  {
    id: 'channel-crowd',
    metrics: [metric('rate', 'channel, numbers, 2 threads -> 2 threads', 'M/s')],
    run: needs('crowd', crowd),
  },
  {
    id: 'channel-bounded-1',
    metrics: [metric('rate', 'channel of capacity 1, numbers, thread -> thread', 'M/s')],
    run: needs('bounded', (c, conditions) => bounded(c, 1, conditions)),
  },
  {
    id: 'channel-bounded-0',
    metrics: [metric('rate', 'rendezvous, numbers, thread -> thread', 'M/s')],
    run: needs('bounded', (c, conditions) => bounded(c, 0, conditions)),
  },
  {
    id: 'ping-pong',
    metrics: [metric('us', 'ping-pong thread <-> thread, hot', 'us')],
    run: needs('pingPong', pingPong),
  },
]
