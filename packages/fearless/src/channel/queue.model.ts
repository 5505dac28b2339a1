/**
 * Queues without waiting: each value is popped once and in the order of the thread that pushed it, and a forced push
 * evicts the oldest value.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Handle } from '../memory/handles/handle.ts'
import type { Sender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Counts the occurrences of each of a few numbers. */
function tally(life: Life, numbers: number): { note(value: number): void; all(): number[] } {
  const base = life.core.allocate(life.self, 64)
  for (let i = 0; i < numbers; i++) world().set(base + i * 4, 0, 'i32')
  return {
    note: value => void world().add(base + (value - 1) * 4, 1, 'i32'),
    all: () => Array.from({ length: numbers }, (_, i) => world().get(base + i * 4, 'i32')),
  }
}

const popping: DescribedModel<Life> = {
  name: 'two threads push to a SegQueue and pop from it',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { dropResource, runThreads, SegQueue } = life
    life.loadThreadVariables()
    const queue = new SegQueue<number>()
    const thing = life.liveObjectOf(queue)
    const takes = [1, 3].map(first => ({ first, mine: sharedWith(life, queue) }))
    const came = tally(life, 4)
    runThreads(
      ...takes.map(({ first, mine }) => () => {
        const its = mine()
        its.push(first)
        its.push(first + 1)
        for (let i = 0; i < 2; i++) {
          const value = its.pop()
          assertInvariant(value !== undefined, 'a pop found the queue empty')
          came.note(value!)
        }
        dropResource(its)
      }),
    )
    assertInvariant(queue.isEmpty, 'a value is left')
    dropResource(queue)
    assertInvariant(came.all().join(' ') === '1 1 1 1', `counts ${came.all().join(' ')}`)
    assertInvariant(life.freeBlocks().has(thing), 'the queue was not freed')
  },
}

/** Creates another handle, encoded for the thread that calls the result. */
function sharedWith<H extends Handle>(life: Life, queue: H): () => H {
  const another = life.cloneHandle(queue)
  const { record } = another
  life.core.packHandle(life.self, record)
  life.core.endPacking(life.self)
  life.core.markInTransit(life.self, record)
  another.record = 0
  return () => life.reviveHandle(record) as H
}

const forcing: DescribedModel<Life> = {
  name: 'two threads force values into an ArrayQueue of capacity 1',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { dropResource, runThreads, ArrayQueue } = life
    life.loadThreadVariables()
    const queue = new ArrayQueue<number>(1)
    const takes = [1, 2].map(value => ({ value, mine: sharedWith(life, queue) }))
    const came = tally(life, 2)
    runThreads(
      ...takes.map(({ value, mine }) => () => {
        const its = mine()
        const evicted = its.forcePush(value)
        if (evicted !== undefined) came.note(evicted)
        dropResource(its)
      }),
    )
    const left = queue.pop()
    assertInvariant(left !== undefined, 'both were evicted')
    came.note(left!)
    assertInvariant(queue.pop() === undefined, 'none was evicted')
    assertInvariant(came.all().join(' ') === '1 1', `came ${came.all().join(' ')}`)
  },
}

/** The values in the queue are dropped with its last handle, whichever thread dies. */
const dying: DescribedModel<Life> = {
  name: 'a thread dies that owns the last handle of a queue with a sender in it',
  threads: 1,
  operations: 2,
  program: life => () => {
    const { dropResource, runThreadsWithDeaths, mpsc, SegQueue } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const queue = new SegQueue<Sender<number>>()
    queue.push(cargo)
    const mine = sharedWith(life, queue)
    dropResource(queue)
    runThreadsWithDeaths(1, [
      () => {
        const its = mine()
        return () => {
          const value = its.pop()
          its.push(value!)
          dropResource(its)
        }
      },
      () => () => {},
    ])
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

const take = 'core/channel-take.ts'

export default {
  source: 'channel/queue.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...popping,
      preemptions: 1,
      twins: [
        {
          name: 'threads pop without the latch',
          file: take,
          from: '  latch(self, channel + CONSUMER_LATCH)\n  return endTurn',
          to: '  return endTurn',
        },
        {
          name: 'threads push without the latch',
          file: 'core/channel-push.ts',
          from: '  const shared = get(channel + CHANNEL_MANY_PRODUCERS)\n  if (shared != 0) latch(self, channel + PRODUCER_LATCH)\n  const at = room(self, channel, 8, shared, how)',
          to: '  const shared = 0\n  const at = room(self, channel, 8, shared, how)',
        },
      ],
    },
    {
      ...forcing,
      twins: [
        {
          name: 'a forced push evicts a value although there is room',
          file: take,
          from: '  if ((length | 0) > get(channel + CHANNEL_CAPACITY)) return',
          to: '  if ((length | 0) >= get(channel + CHANNEL_CAPACITY)) return',
        },
        {
          name: 'a forced push checks the length before it acquires the latch',
          file: take,
          from: '  latch(self, channel + CONSUMER_LATCH)\n  const length: i32 = load(channel + CHANNEL_PUSHED) - get(channel + CHANNEL_TAKEN)\n',
          to: '  const length: i32 = load(channel + CHANNEL_PUSHED) - load(channel + CHANNEL_TAKEN)\n  latch(self, channel + CONSUMER_LATCH)\n',
        },
      ],
    },
    {
      ...dying,
      twins: [
        {
          // Before the fix, the record's owner was cleared before the handle was counted down.
          name: 'a handle of a queue has no owner before it is counted down',
          file: 'core/channel-handles.ts',
          from: '  if ((get(handle + HANDLE_STATE) & LAST) != 0) return 1\n',
          to: '  if ((get(handle + HANDLE_STATE) & LAST) != 0) return 1\n  store(handle + HANDLE_OWNER, 0)\n  deathPoint()\n',
        },
      ],
    },
    ...[popping, forcing].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
