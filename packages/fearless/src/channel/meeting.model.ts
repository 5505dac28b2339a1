/**
 * A rendezvous: each message is transferred exactly once, whichever side comes first, and the drop of one side ends the
 * wait of the other.
 */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import type { Receiver } from './receiver.ts'
import type { SyncSender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function meetings(senders: number, messages: number): Model<Life> {
  return {
    name: senders === 1 ? 'a sender and a receiver meet' : `${senders} senders meet a receiver`,
    threads: senders + 1,
    operations: messages,
    program: life => () => {
      const { give, play, end, mpsc } = life
      life.settle()
      const [tx, rx] = mpsc.channel<number>(0) as [SyncSender<number>, Receiver<number>]
      const all = [tx]
      while (all.length < senders) all.push(tx.clone())
      const sending = all.map((handle, i) => {
        const take = give(handle)
        return () => {
          const mine = take()
          for (let n = 1; n <= messages; n++) mine.send(i * 10 + n).wait()
          end(mine)
        }
      })
      const take = give(rx)
      play(
        () => {
          const mine = take()
          const got: number[] = []
          for (const value of mine) got.push(value)
          expect(new Set(got).size === senders * messages && got.length === senders * messages, `got ${got.join(' ')}`)
          end(mine)
        },
        ...sending,
      )
    },
  }
}

const leaving: Model<Life> = {
  name: 'a receiver is dropped while a sender waits for it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play, end, mpsc, ClosedError } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>(0) as [SyncSender<number>, Receiver<number>]
    const [takeTx, takeRx] = [give(tx), give(rx)]
    play(
      () => {
        const mine = takeTx()
        try {
          mine.send(1).wait()
          expect(false, 'a message was sent without a receiver')
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
          expect(error.value === 1, 'the error does not have the value')
        }
        end(mine)
      },
      () => end(takeRx()),
    )
  },
}

export default {
  of: 'core/rendezvous.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...meetings(1, 1),
      preemptions: 2,
      twins: [
        {
          name: 'the message is written after the waiter was woken',
          file: 'core/rendezvous.ts',
          from: '      set(other + WAITER_TOKEN, message)\n',
          to: '      deliver(other)\n      set(other + WAITER_TOKEN, message)\n',
        },
        {
          name: 'a side registers although the other side is registered',
          file: 'core/rendezvous.ts',
          from: 'meets == 0 && ',
          to: '',
        },
      ],
    },
    {
      ...leaving,
      twins: [
        {
          name: 'the drop of a receiver does not wake the waiting senders',
          file: 'core/channel-ends.ts',
          from: '  wakeAll(self, channel + CHANNEL_SENDING)\n  wakeAll(self, channel + CHANNEL_RECEIVING)\n',
          to: '  wakeAll(self, channel + CHANNEL_SENDING)\n',
        },
      ],
    },
    { ...meetings(2, 1), preemptions: 1 },
    { ...meetings(1, 1), deep: true },
    { ...meetings(2, 1), deep: true },
    { ...meetings(1, 2), deep: true },
  ],
} satisfies Described<Life>
