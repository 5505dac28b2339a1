/**
 * Permits: reserved room is used by a message or returned, exactly once, and then goes to a waiting sender. A closed
 * receiver waits for the messages that permits may still send.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Receiver } from './receiver.ts'
import type { SyncSender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const channelOfOne = (life: Life): [SyncSender<number>, Receiver<number>] =>
  life.mpsc.channel<number>(1) as [SyncSender<number>, Receiver<number>]

const returning: DescribedModel<Life> = {
  name: 'a permit is dropped while a sender waits for its room',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = channelOfOne(life)
    const takePermit = transferHandle(tx.reserve().try()!)
    const takeTx = transferHandle(tx)
    runThreads(
      () => dropResource(takePermit()),
      () => {
        const mine = takeTx()
        mine.send(7).wait()
        assertInvariant(mine.isFull, 'there is room for two messages')
        dropResource(mine)
      },
    )
    assertInvariant(rx.recv().wait() === 7, 'received another value than the sent one')
  },
}

const using: DescribedModel<Life> = {
  name: 'a permit sends while a sender waits for room',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = channelOfOne(life)
    const channel = life.liveObjectOf(tx)
    const takePermit = transferHandle(tx.reserve().try()!)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => takePermit().send(1),
      () => {
        const mine = takeTx()
        mine.send(2).wait()
        dropResource(mine)
      },
      () => {
        const mine = takeRx()
        const got: number[] = []
        for (const value of mine) got.push(value)
        assertInvariant(got.join(' ') === '1 2', `got ${got.join(' ')}`)
        dropResource(mine)
      },
    )
    assertInvariant(life.freeBlocks().has(channel), 'the channel was not freed')
  },
}

const reserving: DescribedModel<Life> = {
  name: 'two threads reserve the room for one message',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, runThreads, dropResource, self } = life
    life.loadThreadVariables()
    const [tx, rx] = channelOfOne(life)
    const held = core.allocate(self, 16)
    world().set(held, 0, 'i32')
    const takes = [transferHandle(tx.clone()), transferHandle(tx)]
    runThreads(
      ...takes.map(take => () => {
        const mine = take()
        const permit = mine.reserve().wait()
        assertInvariant(world().add(held, 1, 'i32') === 0, 'two threads hold the room for one message')
        world().add(held, -1, 'i32')
        dropResource(permit)
        dropResource(mine)
      }),
    )
    for (const value of rx) assertInvariant(value === 0, 'received a message that was not sent')
  },
}

const collecting: DescribedModel<Life> = {
  name: 'two threads reserve the room for two messages while it becomes free',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = life.mpsc.channel<number>(2) as [SyncSender<number>, Receiver<number>]
    const takePermits = [transferHandle(tx.reserve().try()!), transferHandle(tx.reserve().try()!)]
    const takes = [transferHandle(tx.clone()), transferHandle(tx)]
    runThreads(
      () => {
        for (const take of takePermits) dropResource(take())
      },
      ...takes.map(take => () => {
        const mine = take()
        for (const permit of mine.reserveMany(2).wait()) dropResource(permit)
        dropResource(mine)
      }),
    )
    for (const value of rx) assertInvariant(value === 0, 'received a message that was not sent')
    assertInvariant(!rx.isFull, 'the room is lost')
  },
}

/** The first thread keeps its permits until the second one has registered, or has ended. */
const collectingBoth: DescribedModel<Life> = {
  name: 'a thread reserves the room for two messages while another thread holds it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { channels, core, transferHandle, runThreads, dropResource, self, liveObjectOf } = life
    life.loadThreadVariables()
    const [tx, rx] = life.mpsc.channel<number>(2) as [SyncSender<number>, Receiver<number>]
    const lines = [channels.CHANNEL_SENDING, channels.CHANNEL_COLLECTING].map(line => liveObjectOf(tx) + line)
    const hasEnded = core.allocate(self, 16)
    core.wordStore(hasEnded, 0)
    const takes = [transferHandle(tx.clone()), transferHandle(tx)]
    runThreads(
      () => {
        const mine = takes[0]()
        const permits = mine.reserveMany(2).wait()
        while (core.wordLoad(hasEnded) === 0 && lines.every(line => core.hasWaiters(line) === 0)) world().pause()
        for (const permit of permits) dropResource(permit)
        dropResource(mine)
      },
      () => {
        const mine = takes[1]()
        for (const permit of mine.reserveMany(2).wait()) dropResource(permit)
        core.wordStore(hasEnded, 1)
        dropResource(mine)
      },
    )
    for (const value of rx) assertInvariant(value === 0, 'received a message that was not sent')
    assertInvariant(!rx.isFull, 'the room is lost')
  },
}

const collectorDies: DescribedModel<Life> = {
  name: 'one of two threads dies while they reserve the room for two messages',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = life.mpsc.channel<number>(2) as [SyncSender<number>, Receiver<number>]
    const takes = [transferHandle(tx.clone()), transferHandle(tx)]
    runThreadsWithDeaths(
      1,
      takes.map(take => () => {
        const mine = take()
        return () => {
          for (const permit of mine.reserveMany(2).wait()) dropResource(permit)
          dropResource(mine)
        }
      }),
    )
    for (const value of rx) assertInvariant(value === 0, 'received a message that was not sent')
    assertInvariant(!rx.isFull, 'the room is lost')
  },
}

const closing: DescribedModel<Life> = {
  name: 'a closed receiver waits for a permit',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource } = life
    life.loadThreadVariables()
    const sends = world().choose(2) === 1
    const [tx, rx] = channelOfOne(life)
    const [takePermit, takeRx] = [transferHandle(tx.reserve().try()!), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takePermit()
        if (sends) mine.send(1)
        else dropResource(mine)
      },
      () => {
        const mine = takeRx()
        mine.close()
        const got: number[] = []
        for (const value of mine) got.push(value)
        assertInvariant(got.join(' ') === (sends ? '1' : ''), `got ${got.join(' ')}`)
        dropResource(mine)
      },
    )
  },
}

/** Whichever thread dies, the room is free in the end, and the channel is closed. */
function dying(does: 'sends' | 'is dropped'): DescribedModel<Life> {
  return {
    name: `a thread dies whose permit ${does}`,
    threads: 2,
    operations: 1,
    program: life => () => {
      const { transferHandle, runThreadsWithDeaths, dropResource } = life
      life.loadThreadVariables()
      const [tx, rx] = channelOfOne(life)
      const takePermit = transferHandle(tx.reserve().try()!)
      const takeTx = transferHandle(tx)
      runThreadsWithDeaths(1, [
        () => {
          const mine = takePermit()
          return () => {
            if (does === 'sends') mine.send(1)
            else dropResource(mine)
          }
        },
        () => {
          const mine = takeTx()
          return () => {
            if (does === 'is dropped') mine.send(2).wait()
            dropResource(mine)
          }
        },
      ])
      const got: number[] = []
      for (const value of rx) got.push(value)
      const text = got.join(' ')
      assertInvariant(does === 'sends' ? text === '' || text === '1' : text === '2', `got ${text}`)
      // The room is free whether the permit was used, was dropped, or its owner has died.
      assertInvariant(!rx.isFull && rx.length === 0, 'the room is lost')
      life.freeBlocks()
    },
  }
}

const making: DescribedModel<Life> = {
  name: 'a thread dies while it reserves',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = channelOfOne(life)
    const takes = [transferHandle(tx.clone()), transferHandle(tx)]
    runThreadsWithDeaths(1, [
      () => {
        const mine = takes[0]()
        return () => {
          dropResource(mine.reserve().wait())
          dropResource(mine)
        }
      },
      () => {
        const mine = takes[1]()
        return () => {
          dropResource(mine.reserve().wait())
          dropResource(mine)
        }
      },
    ])
    for (const value of rx) assertInvariant(value === 0, 'received a message that was not sent')
    assertInvariant(!rx.isFull, 'the room is lost')
  },
}

const push = 'core/channel-push.ts'

export default {
  source: push,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...returning,
      twins: [
        {
          name: 'a dropped permit checks for waiters before it returns the room',
          file: push,
          from: '  latch(self, channel + PRODUCER_LATCH)\n  announceWakeUp(self, channel | ALL_QUEUES)\n',
          to: '  if (hasWaiters(channel + CHANNEL_SENDING) == 0) {\n    freeRoom(channel, permit)\n    return\n  }\n  latch(self, channel + PRODUCER_LATCH)\n  announceWakeUp(self, channel | ALL_QUEUES)\n',
        },
        {
          name: 'a dropped permit keeps its room',
          file: push,
          from: '  set(permit + HANDLE_STATE, 0)\n  store(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) - 1)\n',
          to: '  set(permit + HANDLE_STATE, 0)\n',
        },
      ],
    },
    {
      ...using,
      preemptions: 1,
      twins: [
        {
          // A sender that was woken for the room of a permit's message found the room still reserved by the permit.
          name: 'a message is counted before its permit gives the room up',
          file: push,
          from: '    freeRoom(channel, how)\n    store(channel + CHANNEL_PUSHED, count)\n',
          to: '    store(channel + CHANNEL_PUSHED, count)\n    freeRoom(channel, how)\n',
        },
        {
          name: 'a permit needs free room to send',
          file: push,
          from: 'const bounded: i32 = how == IF_ROOM ? get(channel + CHANNEL_CAPACITY) : 0',
          to: 'const bounded: i32 = get(channel + CHANNEL_CAPACITY)',
        },
      ],
    },
    {
      ...reserving,
      preemptions: 1,
      twins: [
        {
          name: 'a thread checks for room before it acquires the latch',
          file: push,
          from: '  latch(self, channel + PRODUCER_LATCH)\n  const full: i32 = isFull(channel) != 0 || (collects',
          to: '  const full: i32 = isFull(channel)\n  latch(self, channel + PRODUCER_LATCH)\n  const other: i32 = (collects',
        },
        {
          name: 'a waiter for room does not check again after it was registered',
          file: 'wait/park.ts',
          from: '      if (!attempt.isReady()) {',
          to: '      {',
        },
      ],
    },
    {
      ...closing,
      twins: [
        {
          name: 'a closed receiver does not wait for permits',
          file: 'channel/channel.ts',
          from: 'return areReceiversDropped(channel) && load(channel + CHANNEL_RESERVED) === 0',
          to: 'return areReceiversDropped(channel)',
        },
        {
          name: 'a permit cannot send once the receiver has closed',
          file: push,
          from: '  if ((load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0 && isClosed(channel, how) != 0) return CLOSED\n  const shared',
          to: '  if ((load(channel + CHANNEL_CLOSED) & RECEIVERS_CLOSED) != 0) return CLOSED\n  const shared',
        },
      ],
    },
    dying('sends'),
    {
      ...dying('is dropped'),
      preemptions: 1,
      twins: [
        {
          name: "a thread can die between clearing a permit's note and returning its room",
          file: push,
          from: '  set(permit + HANDLE_STATE, 0)\n  store',
          to: '  set(permit + HANDLE_STATE, 0)\n  deathPoint()\n  store',
        },
        {
          name: 'a dropped permit announces no pending wake-up',
          file: push,
          from: '  announceWakeUp(self, channel | ALL_QUEUES)\n',
          to: '',
        },
      ],
    },
    {
      ...making,
      preemptions: 1,
      twins: [
        {
          name: 'a thread can die between recording a permit and counting its room',
          file: push,
          from: '    set(handle + HANDLE_STATE, collects != 0 ? KEEPS_ROOM | COLLECTS : KEEPS_ROOM)\n',
          to: '    set(handle + HANDLE_STATE, collects != 0 ? KEEPS_ROOM | COLLECTS : KEEPS_ROOM)\n    deathPoint()\n',
        },
      ],
    },
    {
      ...collecting,
      preemptions: 1,
      twins: [
        {
          name: 'two threads collect permits at a time',
          file: push,
          from: ' || (collects != 0 && get(channel + CHANNEL_COLLECTOR) != 0) ? 1 : 0',
          to: ' ? 1 : 0',
        },
        {
          name: 'a waiter that was woken for room that it cannot use keeps the wake-up',
          file: 'channel/permit.ts',
          from: '      if (permits === PENDING && this.#permits.length === had) this.#passWakeUpOn()\n',
          to: '',
        },
        {
          name: 'a thread that has all its permits does not let another thread collect',
          file: push,
          from: '  wakeAll(self, channel + CHANNEL_COLLECTING)\n  endAnnouncement(self)\n}\n\n/** Returns',
          to: '  endAnnouncement(self)\n}\n\n/** Returns',
        },
      ],
    },
    {
      ...collectingBoth,
      preemptions: 2,
      twins: [
        {
          name: 'a registered waiter does not check whether it is in the right queue',
          file: 'channel/permit.ts',
          from: '      isOtherCollecting !== this.#isInCollectorsQueue ||\n',
          to: '',
        },
      ],
    },
    {
      ...collectorDies,
      preemptions: 1,
      twins: [
        {
          name: 'a thread that dies while it collects keeps other threads out',
          file: push,
          from: '  if ((note & COLLECTS) != 0) store(channel + CHANNEL_COLLECTOR, 0)\n',
          to: '',
        },
        {
          name: "a thread can die between changing a permit's note and releasing the right to collect",
          file: push,
          from: '  set(permit + HANDLE_STATE, KEEPS_ROOM)\n  store',
          to: '  set(permit + HANDLE_STATE, KEEPS_ROOM)\n  deathPoint()\n  store',
        },
      ],
    },
    ...[
      returning,
      using,
      reserving,
      collecting,
      collectingBoth,
      collectorDies,
      closing,
      dying('sends'),
      dying('is dropped'),
      making,
    ].map(each => ({
      ...each,
      deep: true as const,
    })),
  ],
} satisfies ModelFile<Life>
