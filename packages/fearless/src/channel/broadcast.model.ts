/**
 * A broadcast: every receiver gets every message that is sent while it is there, in order, or hears how many it missed;
 * a message that stays for several readers ends once, when nobody will read it.
 */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import type { BroadcastReceiver, BroadcastSender } from './broadcast-ends.ts'
import type { Sender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** What a receiver hears to the end: numbers, and how many it missed as `-n`. */
function heard(life: Life, rx: BroadcastReceiver<number>): number[] {
  const all: number[] = []
  for (;;) {
    try {
      all.push(rx.recv().wait())
    } catch (error) {
      if (error instanceof life.LaggedError) all.push(-error.missed)
      else if (error instanceof life.ClosedError) return all
      else throw error
    }
  }
}

/** Messages 1 to `messages`: each came, or was counted as missed before a later one. */
function complete(all: readonly number[], messages: number, capacity: number): void {
  let next = 1
  for (const value of all) {
    if (value < 0) next -= value
    else expect(value === next++, `heard ${all.join(' ')}`)
  }
  expect(next === messages + 1, `heard ${all.join(' ')}`)
  expect(all.filter(value => value > 0).length >= Math.min(messages, capacity), `heard ${all.join(' ')}`)
}

/** One who sends once, a sender or a number, and goes with both; receivers may be gone already. */
function sending<T>(
  life: Life,
  takeTx: () => BroadcastSender<T>,
  takeCargo: () => Sender<number>,
  carries = true,
): () => () => void {
  return () => {
    const [mine, its] = [takeTx(), takeCargo()]
    return () => {
      try {
        mine.send((carries ? its : 1) as never)
      } catch (error) {
        if (!(error instanceof life.ClosedError)) throw error
      }
      life.end(its)
      life.end(mine)
    }
  }
}

function hearing(receivers: number, messages: number, capacity: number): Model<Life> {
  return {
    name: `${receivers === 1 ? 'a receiver hears' : `${receivers} receivers hear`} to the end, the channel keeps ${capacity}`,
    threads: receivers + 1,
    operations: messages,
    program: life => () => {
      const { broadcast, give, play, end } = life
      life.settle()
      const [tx, rx] = broadcast.channel<number>(capacity)
      const all = [rx]
      while (all.length < receivers) all.push(tx.subscribe())
      const takes = all.map(each => give(each))
      const takeTx = give(tx)
      play(
        () => {
          const mine = takeTx()
          for (let n = 1; n <= messages; n++) mine.send(n)
          end(mine)
        },
        ...takes.map(take => () => {
          const mine = take()
          complete(heard(life, mine), messages, capacity)
          end(mine)
        }),
      )
      life.freeBlocks()
    },
  }
}

/** The sender stays, so nothing but the message wakes the receivers. */
const waking: Model<Life> = {
  name: 'a message wakes all receivers',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { broadcast, give, play } = life
    life.settle()
    const [tx, rx] = broadcast.channel<number>(1)
    const takes = [give(tx.subscribe()), give(rx)]
    const takeTx = give(tx)
    play(
      () => void takeTx().send(7),
      ...takes.map(take => () => expect(take().recv().wait() === 7, 'not what was sent')),
    )
  },
}

const subscribing: Model<Life> = {
  name: 'a receiver subscribes while another sender sends',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { broadcast, give, play, end } = life
    life.settle()
    const [tx, rx] = broadcast.channel<number>(2)
    const takes = [give(tx.clone()), give(tx)]
    const takeRx = give(rx)
    play(
      () => {
        const [mine, its] = [takes[0](), takeRx()]
        mine.send(1)
        mine.send(2)
        end(mine)
        complete(heard(life, its), 2, 2)
        end(its)
      },
      () => {
        const mine = takes[1]()
        const late = mine.subscribe()
        end(mine)
        const all = heard(life, late)
        expect(['', '2', '1 2'].includes(all.join(' ')), `heard ${all.join(' ')}`)
        end(late)
      },
    )
    life.freeBlocks()
  },
}

/** A message with a handle in it lies in a block that both receivers read; the last one who has to ends it. */
const reading: Model<Life> = {
  name: 'a receiver reads a message while another goes and it is displaced',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { broadcast, give, play, end, mpsc } = life
    life.settle()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = broadcast.channel<Sender<number> | number>(1)
    const [takeRx, takeTx] = [give(rx), give(tx)]
    const takeCargo = give(cargo)
    play(
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        mine.send(its)
        end(its)
        mine.send(2)
        end(mine)
      },
      () => {
        const mine = takeRx()
        let missed = 0
        for (;;) {
          try {
            const value = mine.recv().wait()
            if (typeof value === 'number') expect(value === 2, 'not what was sent')
            else end(value)
          } catch (error) {
            if (error instanceof life.LaggedError) expect((missed += error.missed) === 1, 'missed more than one')
            else if (error instanceof life.ClosedError) break
            else throw error
          }
        }
        end(mine)
      },
    )
    for (const value of inner) expect(value === 0, 'nothing was sent')
    life.freeBlocks()
  },
}

function dying(carries: boolean): Model<Life> {
  return {
    name: carries
      ? 'an end dies while a message with a sender in it is broadcast'
      : 'a sender or a receiver of a broadcast dies',
    threads: 2,
    operations: 1,
    program: life => () => {
      const { broadcast, give, playWith, end, mpsc } = life
      life.settle()
      const [cargo, inner] = mpsc.channel<number>()
      const [tx, rx] = broadcast.channel<Sender<number> | number>(1)
      const [takeRx, takeTx] = [give(rx), give(tx)]
      const takeCargo = give(cargo)
      playWith(2, [
        sending(life, takeTx, takeCargo, carries),
        () => {
          const mine = takeRx()
          return () => {
            for (const value of mine) {
              if (typeof value === 'number') expect(value === 1, 'not what was sent')
              else end(value)
            }
            end(mine)
          }
        },
      ])
      for (const value of inner) expect(value === 0, 'nothing was sent')
      life.freeBlocks()
    },
  }
}

/** A receiver that goes without having read dies over that: what it had still to see ends, with the channel if not before. */
const leaving: Model<Life> = {
  name: 'a receiver of a broadcast dies while it goes',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { broadcast, give, playWith, end, mpsc } = life
    life.settle()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = broadcast.channel<Sender<number>>(1)
    const [takeRx, takeTx] = [give(rx), give(tx)]
    const takeCargo = give(cargo)
    playWith(1, [
      () => {
        const mine = takeRx()
        return () => end(mine)
      },
      sending(life, takeTx, takeCargo),
    ])
    for (const value of inner) expect(value === 0, 'nothing was sent')
    life.freeBlocks()
  },
}

/** Who subscribes and dies over that has missed nothing that another one is kept waiting for, and keeps nothing. */
const dyingSubscriber: Model<Life> = {
  name: 'a thread dies that subscribes to a broadcast',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { broadcast, give, playWith, end, mpsc } = life
    life.settle()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = broadcast.channel<Sender<number>>(1)
    const takes = [give(tx.clone()), give(tx)]
    end(rx)
    const takeCargo = give(cargo)
    playWith(1, [
      () => {
        const mine = takes[0]()
        return () => {
          const late = mine.subscribe()
          end(mine)
          end(late)
        }
      },
      sending(life, takes[1], takeCargo),
    ])
    for (const value of inner) expect(value === 0, 'nothing was sent')
    life.freeBlocks()
  },
}

const core = 'core/broadcast.ts'

export default {
  of: core,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...waking,
      preemptions: 1,
      twins: [
        {
          name: 'wakes one receiver and not all',
          file: 'core/wait-queue.ts',
          from: '    deliver(waiter)\n    woken++\n',
          to: '    deliver(waiter)\n    woken++\n    break\n',
        },
        {
          name: 'wakes before it counts',
          file: core,
          from: '    store(channel + BROADCAST_SENT, sent + 1)\n  }\n  unlatch(self, channel + LATCH)\n  if (receivers != 0) wakeAll(self, channel + BROADCAST_RECEIVING)\n',
          to: '  }\n  if (receivers != 0) wakeAll(self, channel + BROADCAST_RECEIVING)\n  store(channel + BROADCAST_SENT, get(channel + BROADCAST_SENT) + 1)\n  unlatch(self, channel + LATCH)\n',
        },
      ],
    },
    {
      ...hearing(1, 2, 1),
      preemptions: 2,
      twins: [
        {
          name: 'the receiver does not look again once the senders are gone',
          file: 'channel/broadcast-ends.ts',
          from: '    if (kind === TAKEN_EMPTY) return ended ? END : PENDING\n',
          to: '    if (kind === TAKEN_EMPTY) return ended || hasEnded(receiver) ? END : PENDING\n',
        },
        {
          name: 'who has lagged goes on behind what is there',
          file: core,
          from: 'set(receiver + RECEIVER_AT, next + behind - capacity)',
          to: 'set(receiver + RECEIVER_AT, next + behind)',
        },
        {
          name: 'a receiver looks for what it missed without the latch',
          file: core,
          from: '    latch(self, channel + LATCH)\n    const capacity',
          to: '    const capacity',
        },
      ],
    },
    { ...hearing(2, 2, 1), preemptions: 1 },
    {
      ...subscribing,
      preemptions: 1,
      twins: [
        {
          name: 'subscribes to what was sent before it counts',
          file: core,
          from: '  latch(self, channel + LATCH)\n  set(receiver + RECEIVER_AT, get(channel + BROADCAST_SENT))\n',
          to: '  set(receiver + RECEIVER_AT, load(channel + BROADCAST_SENT))\n  latch(self, channel + LATCH)\n',
        },
      ],
    },
    {
      ...reading,
      preemptions: 1,
      twins: [
        {
          name: 'a message that is displaced ends while it is read',
          file: 'core/pin.ts',
          from: '  if (get(message + MESSAGE_READERS) == 0) putInHand(self, message)\n',
          to: '  if (get(message + MESSAGE_READERS) != -1) putInHand(self, message)\n',
        },
        {
          name: 'the last reader does not end a message that was displaced',
          file: 'core/pin.ts',
          from: '  if (readers == 0 && get(message + MESSAGE_ORPHAN) != 0) putInHand(self, message)\n',
          to: '',
        },
      ],
    },
    {
      ...dying(false),
      preemptions: 0,
      twins: [
        {
          name: 'a sender can die between its record and its count',
          file: core,
          from: '  store(handle + HANDLE_OWNER, 0)\n  if (add(channel + BROADCAST_SENDERS, -1) == 1) {\n',
          to: '  store(handle + HANDLE_OWNER, 0)\n  deathPoint()\n  if (add(channel + BROADCAST_SENDERS, -1) == 1) {\n',
        },
        {
          name: 'a sender that goes owes no wake',
          file: core,
          from: '  owe(self, channel + BROADCAST_RECEIVING)\n  store(handle',
          to: '  store(handle',
        },
      ],
    },
    {
      ...dying(true),
      preemptions: 0,
      twins: [
        {
          // What was in a message that its last reader ended was nobody's while it did: a sender in it kept its channel open.
          name: 'a message that ends is in nobody’s hands',
          file: 'channel/meeting.ts',
          from: '  own(message + MESSAGE_BYTES, i32[(message + MESSAGE_LENGTH) >> 2])\n',
          to: '',
        },
      ],
    },
    {
      ...leaving,
      preemptions: 1,
      twins: [
        {
          // It was nobody's receiver any more when it died over what it had still to see.
          name: 'a receiver ends before it has passed by what it had still to see',
          file: core,
          from: '  const sent = get(channel + BROADCAST_SENT)\n  const capacity = get(channel + BROADCAST_CAPACITY)\n  const missed',
          to: '  store(handle + HANDLE_OWNER, 0)\n  const sent = get(channel + BROADCAST_SENT)\n  const capacity = get(channel + BROADCAST_CAPACITY)\n  const missed',
        },
      ],
    },
    {
      ...dyingSubscriber,
      preemptions: 0,
      twins: [
        {
          name: 'a receiver can be owned and not counted yet',
          file: core,
          from: '  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) + 1)\n  add(channel + BROADCAST_HANDLES, 1)\n',
          to: '  deathPoint()\n  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) + 1)\n  add(channel + BROADCAST_HANDLES, 1)\n',
        },
      ],
    },
    ...[waking, hearing(1, 2, 1), hearing(2, 2, 1), hearing(1, 3, 2), subscribing, reading].map(each => ({
      ...each,
      deep: true as const,
    })),
    ...[dying(false), dying(true), leaving].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
