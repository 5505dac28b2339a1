/** Weak senders: one makes a sender while another is left, or never again; so the end is seen once, by everybody. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const upgrading: Model<Life> = {
  name: 'a weak sender is upgraded while the last sender goes',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { give, play, end, mpsc } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>()
    const channel = life.thingOf(tx)
    const [takeWeak, takeTx] = [give(tx.downgrade()), give(tx)]
    const takeRx = give(rx)
    play(
      () => {
        const weak = takeWeak()
        const mine = takeRx()
        const sender = weak.upgrade()
        if (sender !== undefined) {
          sender.send(1)
          end(sender)
        }
        let got = 0
        for (const value of mine) got += value
        expect(got === (sender === undefined ? 0 : 1), 'the end came before the message')
        expect(weak.upgrade() === undefined, 'a channel has ended and has a sender')
        end(weak)
        end(mine)
      },
      () => end(takeTx()),
    )
    expect(life.freeBlocks().has(channel), 'nobody freed the channel')
  },
}

const dying: Model<Life> = {
  name: 'a thread dies that upgrades a weak sender',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { give, playWith, end, mpsc } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>()
    const [takeWeak, takeTx] = [give(tx.downgrade()), give(tx)]
    const takeRx = give(rx)
    playWith(1, [
      () => {
        const weak = takeWeak()
        return () => {
          const sender = weak.upgrade()
          if (sender !== undefined) end(sender)
          end(weak)
        }
      },
      () => {
        const [mine, its] = [takeTx(), takeRx()]
        return () => {
          mine.send(5)
          expect(its.recv().wait() === 5, 'not what was sent')
          end(mine)
          for (const value of its) expect(value === 0, 'nothing else was sent')
          end(its)
        }
      },
    ])
    life.freeBlocks()
  },
}

const ends = 'core/channel-ends.ts'

export default {
  of: ends,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...upgrading,
      twins: [
        {
          name: 'a sender is made in two steps',
          file: ends,
          from: '    if (cas(channel + CHANNEL_SENDERS, senders, senders + 1) == senders) {\n',
          to: '    store(channel + CHANNEL_SENDERS, senders + 1)\n    {\n',
        },
        {
          name: 'a sender is made of a channel that has none',
          file: ends,
          from: '    if (senders == 0) return 0\n',
          to: '',
        },
      ],
    },
    {
      ...dying,
      preemptions: 1,
      twins: [
        {
          name: 'a thread can die between the record of the sender and its count',
          file: ends,
          from: '    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))\n    if (cas',
          to: '    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))\n    deathPoint()\n    if (cas',
        },
      ],
    },
    { ...dying, deep: true },
  ],
} satisfies Described<Life>
