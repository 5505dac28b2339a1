/**
 * Weak senders: an upgrade succeeds while a sender exists, and never again after the last one was dropped. So all
 * threads see the end exactly once.
 */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const upgrading: Model<Life> = {
  name: 'a weak sender is upgraded while the last sender is dropped',
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
        expect(weak.upgrade() === undefined, 'a closed channel has a sender')
        end(weak)
        end(mine)
      },
      () => end(takeTx()),
    )
    expect(life.freeBlocks().has(channel), 'the channel was not freed')
  },
}

const dying: Model<Life> = {
  name: 'a thread dies while it upgrades a weak sender',
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
          expect(its.recv().wait() === 5, 'received another value than the sent one')
          end(mine)
          for (const value of its) expect(value === 0, 'received a message that was not sent')
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
          name: 'an upgrade counts the sender in two steps',
          file: ends,
          from: '    if (cas(channel + CHANNEL_SENDERS, senders, senders + 1) == senders) {\n',
          to: '    store(channel + CHANNEL_SENDERS, senders + 1)\n    {\n',
        },
        {
          name: 'an upgrade succeeds in a channel without senders',
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
          name: 'a thread can die between recording the sender and counting it',
          file: ends,
          from: '    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))\n    if (cas',
          to: '    store(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID))\n    deathPoint()\n    if (cas',
        },
      ],
    },
    { ...dying, deep: true },
  ],
} satisfies Described<Life>
