/**
 * Deaths: a thread that dies at any of its steps is reaped by the shipped reaper. No wait for an object that it locked
 * or owned, or for a wake-up that it owed, lasts for ever.
 */
import { assertInvariant } from '../../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../../model/harness/described.ts'
import type { Receiver } from '../../channel/receiver.ts'
import type { Sender, SyncSender } from '../../channel/sender.ts'
import type { Wait } from '../../wait/wait.ts'

type Life = typeof import('../../model/harness/library-threads.ts')

function locks(threads: number): DescribedModel<Life> {
  return {
    name: 'the holder of a Mutex or a waiter for it dies',
    threads,
    operations: 1,
    program: life => () => {
      life.loadThreadVariables()
      const mutex = new life.Mutex(0)
      const lock = (): void => {
        try {
          const guard = mutex.lock().wait()
          guard.value += 1
          life.dropResource(guard)
        } catch (error) {
          if (!(error instanceof life.PoisonError)) throw error
        }
      }
      life.runThreadsWithDeaths(
        1,
        Array.from({ length: threads }, () => () => lock),
      )
      lock()
    },
  }
}

const stream: DescribedModel<Life> = {
  name: 'a sender or the receiver of a stream dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreadsWithDeaths(2, [
      () => {
        const mine = takeTx()
        return () => {
          try {
            mine.send(1)
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          dropResource(mine)
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          let count = 0
          for (const value of mine) assertInvariant(value === 1 && count++ === 0, 'a message differs from the one sent')
          dropResource(mine)
        }
      },
    ])
  },
}

const bounded: DescribedModel<Life> = {
  name: 'an end of a bounded channel dies',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>(1) as [SyncSender<number>, Receiver<number>]
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreadsWithDeaths(2, [
      () => {
        const mine = takeTx()
        return () => {
          try {
            for (let n = 1; n <= 2; n++) mine.send(n).wait()
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          dropResource(mine)
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          let last = 0
          for (const value of mine) assertInvariant(value === ++last, 'a message differs from the one sent')
          dropResource(mine)
        }
      },
    ])
  },
}

const meeting: DescribedModel<Life> = {
  name: 'an end of a rendezvous dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>(0) as [SyncSender<number>, Receiver<number>]
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreadsWithDeaths(2, [
      () => {
        const mine = takeTx()
        return () => {
          try {
            mine.send(1).wait()
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          dropResource(mine)
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          for (const value of mine) assertInvariant(value === 1, 'a message differs from the one sent')
          dropResource(mine)
        }
      },
    ])
  },
}

const cloning: DescribedModel<Life> = {
  name: 'a thread that clones a sender dies',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreadsWithDeaths(2, [
      () => {
        const mine = takeTx()
        return () => {
          const another = mine.clone()
          dropResource(mine)
          dropResource(another)
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          for (const value of mine) assertInvariant(value === 0, 'a message was received and none was sent')
          dropResource(mine)
        }
      },
    ])
  },
}

/** A thread dies while it sends a sender: the receiver of that sender's channel sees the channel close. */
function carrying(how: 'stream' | 'rendezvous'): DescribedModel<Life> {
  return {
    name: `a thread that sends a sender through a ${how} dies`,
    threads: 2,
    operations: 1,
    program: life => () => {
      const { transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
      life.loadThreadVariables()
      const [cargo, inner] = mpsc.channel<number>()
      const [tx, rx] = how === 'stream' ? mpsc.channel<Sender<number>>() : mpsc.channel<Sender<number>>(0)
      const [takeTx, takeRx] = [transferHandle(tx as SyncSender<Sender<number>>), transferHandle(rx)]
      const [takeCargo, takeInner] = [transferHandle(cargo), transferHandle(inner)]
      runThreadsWithDeaths(1, [
        () => {
          const [mine, its] = [takeTx(), takeCargo()]
          return () => {
            const sending: unknown = mine.send(its)
            if (how === 'rendezvous') (sending as Wait<void>).wait()
            dropResource(mine)
          }
        },
        () => {
          const [mine, its] = [takeRx(), takeInner()]
          return () => {
            for (const sender of mine) dropResource(sender)
            for (const value of its) assertInvariant(value === 0, 'a message was received and none was sent')
          }
        },
      ])
    },
  }
}

/** A thread dies while it puts a sender into a Mutex. */
const keeping: DescribedModel<Life> = {
  name: 'a thread that puts a sender into a Mutex dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc, Mutex } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const mutex = new Mutex<Sender<number> | null>(null)
    const [takeCargo, takeInner] = [transferHandle(cargo), transferHandle(inner)]
    runThreadsWithDeaths(1, [
      () => {
        const its = takeCargo()
        return () => {
          const guard = mutex.lock().wait()
          guard.value = its
          dropResource(guard)
        }
      },
      () => takeInner,
    ])
    dropResource(mutex)
    for (const value of takeInner()) assertInvariant(value === 0, 'a message was received and none was sent')
  },
}

export default {
  source: 'thread/pool/reaper.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...locks(2),
      twins: [
        {
          name: 'the reaper releases the lock and wakes no waiter',
          file: 'core/mutex.ts',
          from: '  store(mutex + MUTEX_LOCK, 0)\n  wakeOne(self, mutex + MUTEX_QUEUE)\n}',
          to: '  store(mutex + MUTEX_LOCK, 0)\n}',
        },
        {
          name: 'the reaper does not make the pending wake-up of the dead thread',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => payDebt(get(slot + SLOT_PENDING)))\n',
          to: '',
        },
        {
          name: 'the reaper does not release the latch of the dead thread',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => mendLatch(slot, id))\n',
          to: '',
        },
      ],
    },
    {
      ...locks(3),
      preemptions: 1,
      twins: [
        {
          name: 'the wake-up of a dead waiter is not passed on',
          file: 'thread/pool/reaper.ts',
          from: '      payDebt(get(waiter + WAITER_QUEUE))\n',
          to: '',
        },
      ],
    },
    { ...stream, preemptions: 1 },
    { ...bounded, preemptions: 1 },
    { ...meeting, preemptions: 1 },
    {
      ...cloning,
      twins: [
        {
          // A function was entered between the two steps, and a worker that died there left a channel that never
          // closed.
          name: 'a sender can die between leaving the count of senders and closing the channel',
          file: 'core/channel-handles.ts',
          from: '    add(channel + CHANNEL_CLOSED, SENDERS_CLOSED)\n',
          to: '    deathPoint()\n    add(channel + CHANNEL_CLOSED, SENDERS_CLOSED)\n',
        },
        {
          name: 'a sender can die between adopting its record and counting it',
          file: 'core/channel-handles.ts',
          from: '  packHandle(self, handle)\n  add(channel + CHANNEL_SENDERS, 1)',
          to: '  packHandle(self, handle)\n  deathPoint()\n  add(channel + CHANNEL_SENDERS, 1)',
        },
      ],
    },
    { ...carrying('stream'), preemptions: 1 },
    {
      ...carrying('rendezvous'),
      preemptions: 0,
      twins: [
        {
          // A message that a dead thread had packed and not handed over was never dropped.
          name: 'the reaper does not drop the messages of dead waiters',
          file: 'thread/pool/reaper.ts',
          from: '    if (message !== 0) dropMessage(message)\n',
          to: '',
        },
      ],
    },
    {
      ...keeping,
      twins: [
        {
          // The handles in a value were marked as travelling before the lock's words referred to it.
          name: 'the handles in a value are moved before the Mutex refers to it',
          file: 'sync/lock-value.ts',
          from: "  encodeToBlock(value, 'move', set, to)\n",
          to: "  set(encodeToBlock(value, 'move', undefined, to))\n",
        },
      ],
    },
    ...[locks(3), stream, bounded, meeting].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
