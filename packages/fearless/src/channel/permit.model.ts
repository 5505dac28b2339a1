/**
 * Permits: the room that one keeps is used by its message or given back, once; who waits for room gets it; and a receiver
 * that has closed waits for what permits may still send.
 */
import { expect } from '../model/stage.ts'
import type { Described, Model } from '../model/described.ts'
import { world } from '../model/world.ts'
import type { Receiver } from './receiver.ts'
import type { SyncSender } from './sender.ts'

type Life = typeof import('../model/cast.ts')

const channelOfOne = (life: Life): [SyncSender<number>, Receiver<number>] =>
  life.mpsc.channel<number>(1) as [SyncSender<number>, Receiver<number>]

const returning: Model<Life> = {
  name: 'a permit is dropped while a sender waits for its room',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play, end } = life
    life.settle()
    const [tx, rx] = channelOfOne(life)
    const takePermit = give(tx.reserve().try()!)
    const takeTx = give(tx)
    play(
      () => end(takePermit()),
      () => {
        const mine = takeTx()
        mine.send(7).wait()
        expect(mine.isFull, 'there is room for two')
        end(mine)
      },
    )
    expect(rx.recv().wait() === 7, 'not what was sent')
  },
}

const using: Model<Life> = {
  name: 'a permit sends while a sender waits for room',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { give, play, end } = life
    life.settle()
    const [tx, rx] = channelOfOne(life)
    const channel = life.thingOf(tx)
    const takePermit = give(tx.reserve().try()!)
    const [takeTx, takeRx] = [give(tx), give(rx)]
    play(
      () => takePermit().send(1),
      () => {
        const mine = takeTx()
        mine.send(2).wait()
        end(mine)
      },
      () => {
        const mine = takeRx()
        const got: number[] = []
        for (const value of mine) got.push(value)
        expect(got.join(' ') === '1 2', `got ${got.join(' ')}`)
        end(mine)
      },
    )
    expect(life.freeBlocks().has(channel), 'nobody freed the channel')
  },
}

const reserving: Model<Life> = {
  name: 'two threads reserve the room of one',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, play, end, self } = life
    life.settle()
    const [tx, rx] = channelOfOne(life)
    const held = core.allocate(self, 16)
    world().set(held, 0, 'i32')
    const takes = [give(tx.clone()), give(tx)]
    play(
      ...takes.map(take => () => {
        const mine = take()
        const permit = mine.reserve().wait()
        expect(world().add(held, 1, 'i32') === 0, 'two have the room of one')
        world().add(held, -1, 'i32')
        end(permit)
        end(mine)
      }),
    )
    for (const value of rx) expect(value === 0, 'nothing was sent')
  },
}

const closing: Model<Life> = {
  name: 'a receiver has closed and waits for a permit',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play, end } = life
    life.settle()
    const sends = world().choose(2) === 1
    const [tx, rx] = channelOfOne(life)
    const [takePermit, takeRx] = [give(tx.reserve().try()!), give(rx)]
    play(
      () => {
        const mine = takePermit()
        if (sends) mine.send(1)
        else end(mine)
      },
      () => {
        const mine = takeRx()
        mine.close()
        const got: number[] = []
        for (const value of mine) got.push(value)
        expect(got.join(' ') === (sends ? '1' : ''), `got ${got.join(' ')}`)
        end(mine)
      },
    )
  },
}

/** Whoever dies, the room is free in the end, and the channel ends. */
function dying(does: 'sends' | 'is dropped'): Model<Life> {
  return {
    name: `a thread dies whose permit ${does}`,
    threads: 2,
    operations: 1,
    program: life => () => {
      const { give, playWith, end } = life
      life.settle()
      const [tx, rx] = channelOfOne(life)
      const takePermit = give(tx.reserve().try()!)
      const takeTx = give(tx)
      playWith(1, [
        () => {
          const mine = takePermit()
          return () => {
            if (does === 'sends') mine.send(1)
            else end(mine)
          }
        },
        () => {
          const mine = takeTx()
          return () => {
            if (does === 'is dropped') mine.send(2).wait()
            end(mine)
          }
        },
      ])
      const got: number[] = []
      for (const value of rx) got.push(value)
      const text = got.join(' ')
      expect(does === 'sends' ? text === '' || text === '1' : text === '2', `got ${text}`)
      // Whether it was used, given back or its owner has died: nobody keeps the room.
      expect(!rx.isFull && rx.length === 0, 'the room is lost')
      life.freeBlocks()
    },
  }
}

const making: Model<Life> = {
  name: 'a thread dies that reserves',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, playWith, end } = life
    life.settle()
    const [tx, rx] = channelOfOne(life)
    const takes = [give(tx.clone()), give(tx)]
    playWith(1, [
      () => {
        const mine = takes[0]()
        return () => {
          end(mine.reserve().wait())
          end(mine)
        }
      },
      () => {
        const mine = takes[1]()
        return () => {
          end(mine.reserve().wait())
          end(mine)
        }
      },
    ])
    for (const value of rx) expect(value === 0, 'nothing was sent')
    expect(!rx.isFull, 'the room is lost')
  },
}

const push = 'core/channel-push.ts'

export default {
  of: push,
  entry: 'model/cast.ts',
  models: [
    {
      ...returning,
      twins: [
        {
          name: 'a permit wakes before it gives the room back',
          file: push,
          from: '  latch(self, channel + PRODUCER_LATCH)\n  owe(self, channel | BOTH_LINES)\n',
          to: '  if (hasWaiters(channel + CHANNEL_SENDING) == 0) {\n    freeRoom(channel, permit)\n    return\n  }\n  latch(self, channel + PRODUCER_LATCH)\n  owe(self, channel | BOTH_LINES)\n',
        },
        {
          name: 'a permit that is dropped keeps its room',
          file: push,
          from: '  set(permit + HANDLE_NOTE, 0)\n  store(channel + CHANNEL_RESERVED, get(channel + CHANNEL_RESERVED) - 1)\n',
          to: '  set(permit + HANDLE_NOTE, 0)\n',
        },
      ],
    },
    {
      ...using,
      preemptions: 1,
      twins: [
        {
          // A sender that was woken for the room of a permit's message found that the permit still kept it.
          name: 'a message counts before its permit gives the room up',
          file: push,
          from: '    freeRoom(channel, how)\n    store(channel + CHANNEL_PUSHED, count)\n',
          to: '    store(channel + CHANNEL_PUSHED, count)\n    freeRoom(channel, how)\n',
        },
        {
          name: 'a permit waits for room as anybody',
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
          name: 'reserves before its turn',
          file: push,
          from: '  latch(self, channel + PRODUCER_LATCH)\n  const full = isFull(channel)\n',
          to: '  const full = isFull(channel)\n  latch(self, channel + PRODUCER_LATCH)\n',
        },
        {
          name: 'a wait for room that was woken and does not find it does not look again',
          file: 'wait/park.ts',
          from: '      if (!attempt.ready()) {',
          to: '      {',
        },
      ],
    },
    {
      ...closing,
      twins: [
        {
          name: 'a receiver that has closed does not wait for permits',
          file: 'channel/channel.ts',
          from: 'return receiversGone(channel) && Atomics.load(i32, (channel + CHANNEL_RESERVED) >> 2) === 0',
          to: 'return receiversGone(channel)',
        },
        {
          name: 'a permit does not send once the receiver has closed',
          file: push,
          from: '  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0 && isClosed(channel, how) != 0) return CLOSED\n  const shared',
          to: '  if ((load(channel + CHANNEL_GONE) & RECEIVERS_GONE) != 0) return CLOSED\n  const shared',
        },
      ],
    },
    dying('sends'),
    {
      ...dying('is dropped'),
      preemptions: 1,
      twins: [
        {
          name: 'a permit can die between its note and its room',
          file: push,
          from: '  set(permit + HANDLE_NOTE, 0)\n  store',
          to: '  set(permit + HANDLE_NOTE, 0)\n  deathPoint()\n  store',
        },
        {
          name: 'a permit owes no wake',
          file: push,
          from: '  owe(self, channel | BOTH_LINES)\n',
          to: '',
        },
      ],
    },
    {
      ...making,
      preemptions: 1,
      twins: [
        {
          name: 'a permit can die between its record and its room',
          file: push,
          from: '    set(handle + HANDLE_NOTE, KEEPS_ROOM)\n',
          to: '    set(handle + HANDLE_NOTE, KEEPS_ROOM)\n    deathPoint()\n',
        },
      ],
    },
    ...[returning, using, reserving, closing, dying('sends'), dying('is dropped'), making].map(each => ({
      ...each,
      deep: true as const,
    })),
  ],
} satisfies Described<Life>
