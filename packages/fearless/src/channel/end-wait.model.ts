/** The wait for the drop of the receivers: it completes however the last receiver is dropped, and not before. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
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
export function closing(name: string, open: (life: Life) => Ends): Model<Life> {
  return {
    name,
    threads: 2,
    operations: 1,
    program: life => () => {
      const { give, play, end } = life
      life.settle()
      const closes = world().choose(2) === 1
      const { sender, receiver } = open(life)
      const [takeSender, takeReceiver] = [give(sender), give(receiver)]
      play(
        () => {
          const mine = takeSender()
          mine.closed().wait()
          expect(mine.isClosed, 'the channel is not closed')
          end(mine)
        },
        () => {
          const mine = takeReceiver()
          if (closes) mine.close()
          end(mine)
        },
      )
      life.freeBlocks()
    },
  }
}

const closed = closing('a sender waits for the drop or close of the receiver', ({ mpsc }) => {
  const [sender, receiver] = mpsc.channel<number>()
  return { sender, receiver }
})

const lastOfTwo: Model<Life> = {
  name: 'a sender waits for the drop of two receivers',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    const { give, play, end, mpmc } = life
    life.settle()
    const [tx, rx] = mpmc.channel<number>()
    const takes = [give(rx.clone()), give(rx)]
    const takeTx = give(tx)
    play(
      () => {
        const mine = takeTx()
        mine.closed().wait()
        expect(mine.isClosed, 'a receiver is left')
        end(mine)
      },
      ...takes.map(take => () => end(take())),
    )
  },
}

const dying: Model<Life> = {
  name: 'a thread dies while it drops a receiver that a sender waits for',
  threads: 2,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    const { give, playWith, end, mpsc } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    playWith(1, [
      () => {
        const mine = takeRx()
        return () => end(mine)
      },
      () => {
        const mine = takeTx()
        return () => {
          mine.closed().wait()
          end(mine)
        }
      },
    ])
    life.freeBlocks()
  },
}

const ends = 'core/channel-ends.ts'

export default {
  of: 'channel/end-wait.ts',
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
          from: '    or(channel + CHANNEL_GONE, RECEIVERS_GONE)\n    wakeLines(self, channel)\n',
          to: '    wakeLines(self, channel)\n    or(channel + CHANNEL_GONE, RECEIVERS_GONE)\n',
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
          from: '  owe(self, channel | BOTH_LINES)\n  // UNINTERRUPTED: no function entry or loop head from the note to GONE, so a worker cannot be terminated between them.\n',
          to: '  owe(self, channel + CHANNEL_RECEIVING)\n',
        },
      ],
    },
    ...[lastOfTwo, dying].map(each => ({ ...each, preemptions: 2, deep: true as const })),
  ],
} satisfies Described<Life>
