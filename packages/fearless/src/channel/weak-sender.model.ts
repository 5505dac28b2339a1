/**
 * Weak senders: an upgrade succeeds while a sender exists, and never again after the last one was dropped. So all
 * threads see the end exactly once.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const upgrading: DescribedModel<Life> = {
  name: 'a weak sender is upgraded while the last sender is dropped',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { transferHandle, runThreads, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const channel = life.liveObjectOf(tx)
    const [takeWeak, takeTx] = [transferHandle(tx.downgrade()), transferHandle(tx)]
    const takeRx = transferHandle(rx)
    runThreads(
      () => {
        const weak = takeWeak()
        const mine = takeRx()
        const sender = weak.upgrade()
        if (sender !== undefined) {
          sender.send(1)
          dropResource(sender)
        }
        let got = 0
        for (const value of mine) got += value
        assertInvariant(got === (sender === undefined ? 0 : 1), 'the dropResource came before the message')
        assertInvariant(weak.upgrade() === undefined, 'a closed channel has a sender')
        dropResource(weak)
        dropResource(mine)
      },
      () => dropResource(takeTx()),
    )
    assertInvariant(life.freeBlocks().has(channel), 'the channel was not freed')
  },
}

const dying: DescribedModel<Life> = {
  name: 'a thread dies while it upgrades a weak sender',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const [takeWeak, takeTx] = [transferHandle(tx.downgrade()), transferHandle(tx)]
    const takeRx = transferHandle(rx)
    runThreadsWithDeaths(1, [
      () => {
        const weak = takeWeak()
        return () => {
          const sender = weak.upgrade()
          if (sender !== undefined) dropResource(sender)
          dropResource(weak)
        }
      },
      () => {
        const [mine, its] = [takeTx(), takeRx()]
        return () => {
          mine.send(5)
          assertInvariant(its.recv().wait() === 5, 'received another value than the sent one')
          dropResource(mine)
          for (const value of its) assertInvariant(value === 0, 'received a message that was not sent')
          dropResource(its)
        }
      },
    ])
    life.freeBlocks()
  },
}

const ends = 'core/channel-handles.ts'

export default {
  source: ends,
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
} satisfies ModelFile<Life>
