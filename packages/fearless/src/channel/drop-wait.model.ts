/** The wait for the drop of the receivers: it completes however the last receiver is dropped, and not before. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Handle } from '../memory/handles/handle.ts'
import type { Wait } from '../wait/wait.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** The ends of a channel whose sender can wait for the drop of its receiver. */
interface Ends {
  readonly sender: Handle & Disposable & { closed(): Wait<void>; readonly isClosed: boolean }
  readonly receiver: Handle & Disposable & { close(): void }
}

/** A sender waits while its receiver is dropped, or closed and dropped. */
export function modelOfDropWait(name: string, open: (life: Life) => Ends): DescribedModel<Life> {
  return {
    name,
    threads: 2,
    operations: 1,
    program: life => () => {
      const { transferHandle, runThreads, dropResource } = life
      life.loadThreadVariables()
      const closes = world().choose(2) === 1
      const { sender, receiver } = open(life)
      const [takeSender, takeReceiver] = [transferHandle(sender), transferHandle(receiver)]
      runThreads(
        () => {
          const mine = takeSender()
          mine.closed().wait()
          assertInvariant(mine.isClosed, 'the channel is not closed')
          dropResource(mine)
        },
        () => {
          const mine = takeReceiver()
          if (closes) mine.close()
          dropResource(mine)
        },
      )
      life.freeBlocks()
    },
  }
}

const closed = modelOfDropWait('a sender waits for the drop or close of the receiver', ({ mpsc }) => {
  const [sender, receiver] = mpsc.channel<number>()
  return { sender, receiver }
})

const lastOfTwo: DescribedModel<Life> = {
  name: 'a sender waits for the drop of two receivers',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource, mpmc } = life
    life.loadThreadVariables()
    const [tx, rx] = mpmc.channel<number>()
    const takes = [transferHandle(rx.clone()), transferHandle(rx)]
    const takeTx = transferHandle(tx)
    runThreads(
      () => {
        const mine = takeTx()
        mine.closed().wait()
        assertInvariant(mine.isClosed, 'a receiver is left')
        dropResource(mine)
      },
      ...takes.map(take => () => dropResource(take())),
    )
  },
}

const dying: DescribedModel<Life> = {
  name: 'a thread dies while it drops a receiver that a sender waits for',
  threads: 2,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreadsWithDeaths(1, [
      () => {
        const mine = takeRx()
        return () => dropResource(mine)
      },
      () => {
        const mine = takeTx()
        return () => {
          mine.closed().wait()
          dropResource(mine)
        }
      },
    ])
    life.freeBlocks()
  },
}

const ends = 'core/channel-handles.ts'

export default {
  source: 'channel/drop-wait.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...closed,
      twins: [
        {
          name: 'the drop of a receiver does not wake the threads that wait for it',
          file: ends,
          from: '  wakeAll(self, channel + CHANNEL_CLOSING)\n',
          to: '',
        },
        {
          name: 'the waiting threads are woken before the channel is closed',
          file: ends,
          from: '    or(channel + CHANNEL_CLOSED, RECEIVERS_CLOSED)\n    wakeAllQueues(self, channel)\n',
          to: '    wakeAllQueues(self, channel)\n    or(channel + CHANNEL_CLOSED, RECEIVERS_CLOSED)\n',
        },
      ],
    },
    lastOfTwo,
    {
      ...dying,
      twins: [
        {
          name: 'a dying receiver announces wake-ups only for the queue of receivers',
          file: ends,
          from: '  announceWakeUp(self, channel | ALL_QUEUES)\n  // UNINTERRUPTED: no function entry or loop head from the note to GONE, so a worker cannot be terminated between them.\n',
          to: '  announceWakeUp(self, channel + CHANNEL_RECEIVING)\n',
        },
      ],
    },
    ...[lastOfTwo, dying].map(each => ({ ...each, preemptions: 2, deep: true as const })),
  ],
} satisfies ModelFile<Life>
