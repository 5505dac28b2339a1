/**
 * A rendezvous: each message is transferred exactly once, whichever side comes first, and the drop of one side ends the
 * wait of the other.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { Receiver } from './receiver.ts'
import type { SyncSender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function meetings(senders: number, messages: number): DescribedModel<Life> {
  return {
    name: senders === 1 ? 'a sender and a receiver meet' : `${senders} senders meet a receiver`,
    threads: senders + 1,
    operations: messages,
    program: life => () => {
      const { transferHandle, runThreads, dropResource, mpsc } = life
      life.loadThreadVariables()
      const [tx, rx] = mpsc.channel<number>(0) as [SyncSender<number>, Receiver<number>]
      const all = [tx]
      while (all.length < senders) all.push(tx.clone())
      const sending = all.map((handle, i) => {
        const take = transferHandle(handle)
        return () => {
          const mine = take()
          for (let n = 1; n <= messages; n++) mine.send(i * 10 + n).wait()
          dropResource(mine)
        }
      })
      const take = transferHandle(rx)
      runThreads(
        () => {
          const mine = take()
          const got: number[] = []
          for (const value of mine) got.push(value)
          assertInvariant(
            new Set(got).size === senders * messages && got.length === senders * messages,
            `got ${got.join(' ')}`,
          )
          dropResource(mine)
        },
        ...sending,
      )
    },
  }
}

const leaving: DescribedModel<Life> = {
  name: 'a receiver is dropped while a sender waits for it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource, mpsc, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>(0) as [SyncSender<number>, Receiver<number>]
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeTx()
        try {
          mine.send(1).wait()
          assertInvariant(false, 'a message was sent without a receiver')
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
          assertInvariant(error.value === 1, 'the error does not have the value')
        }
        dropResource(mine)
      },
      () => dropResource(takeRx()),
    )
  },
}

export default {
  source: 'core/rendezvous.ts',
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
          to: '      wakeWaiter(other)\n      set(other + WAITER_TOKEN, message)\n',
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
          file: 'core/channel-handles.ts',
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
} satisfies ModelFile<Life>
