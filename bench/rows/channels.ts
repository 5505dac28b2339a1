/** Messages between threads and from a thread to main, a ping-pong, and the other kinds of channels. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { MessageKind } from '../messages.ts'
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

/** The delay of main's timers while a million messages arrive there. */
async function delay(contender: With<'stream'>): Promise<Reading> {
  const n = 1_000_000
  const resolution = 1
  await contender.open(2)
  await contender.stream('number', 'main', n / 10)
  const late = monitorEventLoopDelay({ resolution })
  late.enable()
  const tally = await contender.stream('number', 'main', n)
  late.disable()
  if (tally.wrong > 0) throw new Wrong(`${tally.wrong} of ${n} messages arrived as something else`)
  expect('messages received', tally.received, n)
  // The delay counts from one check to the next, so a contender that blocks the timers altogether has the full delay.
  if (late.count === 0) throw new Wrong('no timer ran while the messages arrived')
  return { p99: Math.max(0, late.percentile(99) / 1e6 - resolution) }
}

async function broadcast(contender: With<'broadcast'>, conditions: Conditions): Promise<Reading> {
  await contender.open(3)
  const ns = await perItem(
    async n => {
      const tally = await contender.broadcast(n)
      if (tally.wrong > 0) throw new Wrong(`${tally.wrong} of ${n} messages arrived as something else`)
      expect('messages received', tally.received, 2 * n)
    },
    conditions,
    262_144,
  )
  return { rate: 1e3 / ns }
}

async function watch(contender: With<'watch'>, conditions: Conditions): Promise<Reading> {
  await contender.open(2)
  const ns = await perItem(
    async n => {
      const { reads, wrong, last } = await contender.watch(n)
      if (reads === 0 || reads > n || wrong > 0) throw new Wrong(`${wrong} of ${reads} values went back`)
      expect('last value', last, n)
    },
    conditions,
    1_000_000,
  )
  return { rate: 1e3 / ns }
}

async function oneshot(contender: With<'oneshot'>, conditions: Conditions): Promise<Reading> {
  await contender.open(2)
  const ns = await perItem(
    async n => expect('sum of answers', await contender.oneshot(n), (n * (n + 1)) / 2),
    conditions,
    1_000_000,
  )
  return { us: ns / 1e3 }
}

async function queue(contender: With<'queue'>, kind: 'array' | 'seg', conditions: Conditions): Promise<Reading> {
  await contender.open(2)
  const ns = await perItem(
    async n => {
      const tally = await contender.queue(kind, n)
      if (tally.wrong > 0) throw new Wrong(`${tally.wrong} of ${n} values arrived as something else`)
      expect('values popped', tally.received, n)
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
  {
    id: 'channel-delay',
    metrics: [metric('p99', 'delay of timers while 1M messages come to main, p99', 'ms')],
    run: needs('stream', delay),
  },
  {
    id: 'channel-broadcast',
    metrics: [metric('rate', 'broadcast, numbers, thread -> 2 threads', 'M/s')],
    run: needs('broadcast', broadcast),
  },
  {
    id: 'channel-watch',
    metrics: [metric('rate', 'watch, changes of a number that a thread follows', 'M/s')],
    run: needs('watch', watch),
  },
  {
    id: 'channel-oneshot',
    metrics: [metric('us', 'request to a thread, answered by a oneshot', 'us')],
    run: needs('oneshot', oneshot),
  },
  {
    id: 'channel-array-queue',
    metrics: [metric('rate', 'ArrayQueue of 1024 numbers, thread -> thread', 'M/s')],
    run: needs('queue', (c, conditions) => queue(c, 'array', conditions)),
  },
  {
    id: 'channel-seg-queue',
    metrics: [metric('rate', 'SegQueue of numbers, thread -> thread', 'M/s')],
    run: needs('queue', (c, conditions) => queue(c, 'seg', conditions)),
  },
]
