/**
 * A watch channel: a receiver sees whole values, never an older one after a newer one, and the last one before the end.
 * A value that is replaced while it is read is dropped after the read.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { Sender } from './sender.ts'
import type { WatchReceiver } from './watch-ends.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** The values that a receiver sees until the channel is closed. */
function seen(life: Life, rx: WatchReceiver<number>): number[] {
  const all: number[] = []
  for (;;) {
    try {
      rx.changed().wait()
    } catch (error) {
      if (error instanceof life.ClosedError) return all
      throw error
    }
    all.push(rx.borrow())
  }
}

function watching(messages: number): DescribedModel<Life> {
  return {
    name: 'a receiver sees the last value and then the end',
    threads: 2,
    operations: messages,
    program: life => () => {
      const { watch, transferHandle, runThreads, dropResource } = life
      life.loadThreadVariables()
      const [tx, rx] = watch.channel<number>(0)
      const channel = life.liveObjectOf(tx)
      const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
      runThreads(
        () => {
          const mine = takeTx()
          for (let n = 1; n <= messages; n++) mine.send(n)
          dropResource(mine)
        },
        () => {
          const mine = takeRx()
          const all = seen(life, mine)
          assertInvariant(all.at(-1) === messages, `saw ${all.join(' ')}`)
          assertInvariant(
            all.every((value, i) => value > 0 && (i === 0 || value >= all[i - 1])),
            `saw ${all.join(' ')}`,
          )
          dropResource(mine)
        },
      )
      assertInvariant(life.freeBlocks().has(channel), 'the channel was not freed')
    },
  }
}

/** The sender is not dropped, so only the change can wake the receivers. */
const waking: DescribedModel<Life> = {
  name: 'a change wakes all receivers',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { watch, transferHandle, runThreads } = life
    life.loadThreadVariables()
    const [tx, rx] = watch.channel<number>(0)
    const takes = [transferHandle(rx.clone()), transferHandle(rx)]
    const takeTx = transferHandle(tx)
    runThreads(
      () => takeTx().send(7),
      ...takes.map(take => () => {
        const mine = take()
        mine.changed().wait()
        assertInvariant(mine.borrow() === 7, 'received another value than the sent one')
      }),
    )
  },
}

/** A receiver is cloned and dropped: the wait of the sender completes when both are dropped, and not before. */
const closing: DescribedModel<Life> = {
  name: 'a sender waits for the drop of a receiver and its clone',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { watch, transferHandle, runThreads, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = watch.channel<number>(0)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeTx()
        mine.closed().wait()
        assertInvariant(mine.receivers === 0, 'a receiver is left')
        dropResource(mine)
      },
      () => {
        const mine = takeRx()
        const other = mine.clone()
        dropResource(mine)
        dropResource(other)
      },
    )
  },
}

const reading: DescribedModel<Life> = {
  name: 'a receiver reads a value with an allocation while the value changes',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { watch, transferHandle, runThreads, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = watch.channel<readonly number[]>([0, 0])
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeTx()
        try {
          for (let n = 1; n <= 2; n++) mine.send([n, n])
        } catch (error) {
          if (!(error instanceof life.ClosedError)) throw error
        }
        dropResource(mine)
      },
      () => {
        const mine = takeRx()
        const [a, b] = mine.borrow()
        assertInvariant(a === b, `torn: ${a} ${b}`)
        dropResource(mine)
      },
    )
    life.freeBlocks()
  },
}

/** Whichever thread dies, the wait of the receiver ends, and a handle in the value is dropped with the channel. */
const dying: DescribedModel<Life> = {
  name: 'a thread dies that owns an end of a watch channel, with a sender in the value',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { watch, transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = watch.channel<Sender<number> | number>(0)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    const takeCargo = transferHandle(cargo)
    runThreadsWithDeaths(2, [
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        return () => {
          try {
            mine.send(its)
            mine.send(1)
          } catch (error) {
            if (!(error instanceof life.ClosedError)) throw error
          }
          dropResource(its)
          dropResource(mine)
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          try {
            mine.changed().wait()
            const value = mine.borrow()
            if (typeof value !== 'number') dropResource(value)
          } catch (error) {
            if (!(error instanceof life.ClosedError)) throw error
          }
          dropResource(mine)
        }
      },
    ])
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

const leaving: DescribedModel<Life> = {
  name: 'a thread dies while it drops a receiver whose sender waits for that',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { watch, transferHandle, runThreadsWithDeaths, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = watch.channel<number>(0)
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
  },
}

/** A thread that dies while it clones a receiver leaves no receiver that a sender would wait for. */
const dyingSubscriber: DescribedModel<Life> = {
  name: 'a thread dies while it clones a receiver, whose sender waits for the drop of both',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { watch, transferHandle, runThreadsWithDeaths, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = watch.channel<number>(0)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreadsWithDeaths(1, [
      () => {
        const mine = takeRx()
        return () => {
          const another = mine.clone()
          dropResource(mine)
          dropResource(another)
        }
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

const core = 'core/watch.ts'

export default {
  source: core,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...watching(2),
      preemptions: 2,
      twins: [
        {
          name: 'the receiver reads whether the sender is dropped after it has read the version',
          file: 'channel/watch-ends.ts',
          from: '      return\n    }\n    if (!ended) return PENDING\n    throw senderGone()\n',
          to: '      return\n    }\n    if (!hasEnded(channel)) return PENDING\n    throw senderGone()\n',
        },
        {
          name: 'the value is written without the latch',
          file: core,
          from: '    write(channel, value, message)\n    store',
          to: '    unlatch(self, channel + LATCH)\n    write(channel, value, message)\n    latch(self, channel + LATCH)\n    store',
        },
        {
          name: 'the drop of a sender wakes the receivers before it marks the channel',
          file: core,
          from: '  store(channel + WATCH_ENDED, 1)\n  wakeAll(self, channel + WATCH_CHANGED)\n',
          to: '  wakeAll(self, channel + WATCH_CHANGED)\n  store(channel + WATCH_ENDED, 1)\n',
        },
      ],
    },
    {
      ...waking,
      preemptions: 1,
      twins: [
        {
          name: 'only one receiver is woken',
          file: 'core/wait-queue.ts',
          from: '    wakeWaiter(waiter)\n    woken++\n',
          to: '    wakeWaiter(waiter)\n    woken++\n    break\n',
        },
        {
          name: 'the receivers are woken before the change is counted',
          file: core,
          from: '    store(channel + WATCH_VERSION, get(channel + WATCH_VERSION) + 1)\n  }\n  unlatch(self, channel + LATCH)\n  if (changes != 0) wakeAll(self, channel + WATCH_CHANGED)\n',
          to: '  }\n  if (changes != 0) wakeAll(self, channel + WATCH_CHANGED)\n  store(channel + WATCH_VERSION, get(channel + WATCH_VERSION) + 1)\n  unlatch(self, channel + LATCH)\n',
        },
      ],
    },
    {
      ...closing,
      twins: [
        {
          name: 'the last receiver wakes the sender before it is counted down',
          file: core,
          from: '    store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) - 1)\n  }\n',
          to: '    wakeAll(self, channel + WATCH_CLOSED)\n    store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) - 1)\n    unlatch(self, channel + LATCH)\n    return\n  }\n',
        },
      ],
    },
    {
      ...reading,
      twins: [
        {
          name: 'a replaced value is dropped while it is read',
          file: core,
          from: 'if (get(channel + WATCH_IS_MESSAGE) != 0) detachMessage(self, get(channel + WATCH_VALUE))',
          to: 'if (get(channel + WATCH_IS_MESSAGE) != 0) {\n      set(get(channel + WATCH_VALUE) + 8, 0)\n      detachMessage(self, get(channel + WATCH_VALUE))\n    }',
        },
      ],
    },
    {
      ...dying,
      preemptions: 0,
      twins: [
        {
          // The last handle had no owner while the value was dropped.
          name: "a thread can die between clearing the last handle's owner and recording the value",
          file: core,
          from: '  store(handle + HANDLE_OWNER, 0)\n  return removeWatchHandle',
          to: '  store(handle + HANDLE_OWNER, 0)\n  deathPoint()\n  return removeWatchHandle',
        },
      ],
    },
    {
      ...leaving,
      twins: [
        {
          name: 'a thread can die between marking a receiver as dropped and counting it down',
          file: core,
          from: '    set(receiver + WATCHER_GONE, 1)\n',
          to: '    set(receiver + WATCHER_GONE, 1)\n    deathPoint()\n',
        },
        {
          name: 'a receiver is counted down twice',
          file: core,
          from: '  if (get(receiver + WATCHER_GONE) == 0) {\n',
          to: '  {\n',
        },
      ],
    },
    {
      ...dying,
      deep: true,
      twins: [
        {
          name: 'the reaper does not unpin the value that a dead thread was reading',
          file: 'channel/watch-ends.ts',
          from: '    const channel = channelOf(receiver)\n    withReceivedMessagesDropped(() => core.unpinWatched(self, channel, record))\n',
          to: '    const channel = channelOf(receiver)\n',
        },
      ],
    },
    {
      ...dyingSubscriber,
      preemptions: 0,
      twins: [
        {
          name: 'a thread can die between owning a receiver and counting it',
          file: core,
          from: '  store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) + 1)\n  add(channel + WATCH_HANDLES, 1)\n',
          to: '  deathPoint()\n  store(channel + WATCH_RECEIVERS, get(channel + WATCH_RECEIVERS) + 1)\n  add(channel + WATCH_HANDLES, 1)\n',
        },
      ],
    },
    ...[watching(2), waking, leaving, closing, reading].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
