/**
 * Several receivers of one stream: each message goes to exactly one of them, in the order of its sender. A sleeping
 * receiver is woken while there is a message for it. A thread that dies takes only the messages with it that it has
 * received.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Sender, SyncSender } from './sender.ts'
import type { SharedReceiver } from './shared-receiver.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Each receiver records its messages in a row of words, which is read after all threads have ended. */
function rows(life: Life, receivers: number): { note(row: number, value: number): void; all(): number[][] } {
  const bytes = 64
  const base = life.core.allocate(life.self, receivers * bytes)
  for (let i = 0; i < receivers; i++) world().set(base + i * bytes, 0, 'i32')
  return {
    note(row, value) {
      const at = base + row * bytes
      const count = world().get(at, 'i32') + 1
      world().set(at, count, 'i32')
      world().set(at + count * 4, value, 'i32')
    },
    all: () =>
      Array.from({ length: receivers }, (_, i) => {
        const at = base + i * bytes
        return Array.from({ length: world().get(at, 'i32') }, (__, n) => world().get(at + 4 + n * 4, 'i32'))
      }),
  }
}

function inOrder(all: readonly (readonly number[])[], messages: number): void {
  const text = all.map(row => row.join(' ')).join(' | ')
  for (const row of all)
    assertInvariant(
      row.every((value, i) => i === 0 || value > row[i - 1]),
      `out of order: ${text}`,
    )
  const flat = all.flat().toSorted((a, b) => a - b)
  assertInvariant(
    flat.length === messages && flat.every((value, i) => value === i + 1),
    `a message was lost or received twice: ${text}`,
  )
}

function draining(messages: number): DescribedModel<Life> {
  return {
    name: 'two receivers drain the messages of a sender',
    threads: 3,
    operations: messages,
    program: life => () => {
      const { transferHandle, runThreads, dropResource, mpmc } = life
      life.loadThreadVariables()
      const [tx, rx] = mpmc.channel<number>()
      const channel = life.liveObjectOf(tx)
      const takes = [transferHandle(rx.clone()), transferHandle(rx)]
      const takeTx = transferHandle(tx)
      const got = rows(life, 2)
      runThreads(
        () => {
          const mine = takeTx()
          for (let n = 1; n <= messages; n++) mine.send(n)
          dropResource(mine)
        },
        ...takes.map((take, row) => () => {
          const mine = take()
          for (const value of mine) got.note(row, value)
          dropResource(mine)
        }),
      )
      inOrder(got.all(), messages)
      assertInvariant(life.freeBlocks().has(channel), 'the channel was not freed')
    },
  }
}

/** The sender is not dropped, so only its messages can wake the receivers. */
function waking(bounded: boolean): DescribedModel<Life> {
  return {
    name: bounded ? 'two receivers make room in a channel of capacity 1' : 'two receivers wait for one message each',
    threads: 3,
    operations: 2,
    program: life => () => {
      const { transferHandle, runThreads, mpmc } = life
      life.loadThreadVariables()
      const [tx, rx] = bounded ? mpmc.channel<number>(1) : mpmc.channel<number>()
      const takes = [transferHandle(rx.clone()), transferHandle(rx)]
      const takeTx = transferHandle(tx as SyncSender<number>)
      const got = rows(life, 2)
      runThreads(
        () => {
          const mine = takeTx()
          for (let n = 1; n <= 2; n++) {
            if (bounded) mine.send(n).wait()
            else void mine.send(n)
          }
        },
        ...takes.map((take, row) => () => got.note(row, take().recv().wait())),
      )
      inOrder(got.all(), 2)
    },
  }
}

/**
 * A message that the dying thread has not received is for the surviving receiver, which sleeps; if it was received, a
 * second message is sent. No end is dropped, so only wake-ups for messages count.
 */
const dying: DescribedModel<Life> = {
  name: 'a thread dies that is one of two receivers',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, mpmc, oneshot, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpmc.channel<number>()
    const [living, over] = oneshot.channel<number>()
    const takes = [transferHandle(rx.clone()), transferHandle(rx)]
    const [takeTx, takeAgain] = [transferHandle(tx.clone()), transferHandle(tx)]
    const [takeLiving, takeOver] = [transferHandle(living), transferHandle(over)]
    runThreadsWithDeaths(1, [
      () => {
        const [mine, its] = [takes[0](), takeLiving()]
        return () => {
          mine.recv().wait()
          life.dropResource(its)
        }
      },
      () => {
        const [mine, its] = [takes[1](), takeAgain()]
        return () => {
          mine.recv().wait()
          its.send(3)
        }
      },
      () => {
        const [mine, its] = [takeTx(), takeOver()]
        return () => {
          mine.send(1)
          try {
            its.recv().wait()
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          if (mine.isEmpty) mine.send(2)
        }
      },
    ])
  },
}

/** The room that the dying receiver made is available to the sender. */
const room: DescribedModel<Life> = {
  name: 'a thread dies while its receive makes room for a sender',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, mpmc } = life
    life.loadThreadVariables()
    const [tx, rx] = mpmc.channel<number>(1)
    const sender = tx as SyncSender<number>
    sender.send(1).try()
    const takes = [transferHandle(rx.clone()), transferHandle(rx)]
    const takeTx = transferHandle(sender)
    const got = rows(life, 1)
    runThreadsWithDeaths(1, [
      () => {
        const mine = takes[0]()
        return () => {
          try {
            mine.recv().try()
          } catch (error) {
            if (!(error instanceof life.ClosedError)) throw error
          }
        }
      },
      () => {
        const mine = takeTx()
        return () => {
          mine.send(2).wait()
          life.dropResource(mine)
        }
      },
      () => {
        const mine = takes[1]()
        return () => {
          for (const value of mine) got.note(0, value)
        }
      },
    ])
    const [all] = got.all()
    assertInvariant(
      all.every((value, i) => i === 0 || value > all[i - 1]),
      `got ${all.join(' ')}`,
    )
  },
}

/** The handle in a message is dropped exactly once, whether or not the dying thread has received the message. */
const carrying: DescribedModel<Life> = {
  name: 'a thread dies that sends or receives a sender through a channel',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc, mpmc } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = mpmc.channel<Sender<number>>()
    const [takeTx, takeRx] = [
      transferHandle(tx as Sender<Sender<number>>),
      transferHandle(rx as SharedReceiver<Sender<number>>),
    ]
    const takeCargo = transferHandle(cargo)
    runThreadsWithDeaths(2, [
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        return () => {
          try {
            mine.send(its)
          } catch (error) {
            if (!(error instanceof life.ClosedError)) throw error
            dropResource(its)
          }
          dropResource(mine)
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          for (const sender of mine) dropResource(sender)
          dropResource(mine)
        }
      },
    ])
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

/**
 * A thread dies while it drops an end of a channel, perhaps the last one. The messages in the channel are dropped all
 * the same.
 */
function leaving(how: 'mpsc' | 'mpmc', dies: 'sender' | 'receiver'): DescribedModel<Life> {
  return {
    name: `a thread dies while it drops a ${dies}, with a message in the stream of an ${how} channel`,
    threads: 2,
    operations: 1,
    program: life => () => {
      const { transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
      life.loadThreadVariables()
      const [cargo, inner] = mpsc.channel<number>()
      const [tx, rx] = how === 'mpsc' ? mpsc.channel<Sender<number>>() : life.mpmc.channel<Sender<number>>()
      const [takeTx, takeRx] = [
        transferHandle(tx as Sender<Sender<number>>),
        transferHandle(rx as SharedReceiver<Sender<number>>),
      ]
      const takeCargo = transferHandle(cargo)
      const bodies = [
        () => {
          const [mine, its] = [takeTx(), takeCargo()]
          return () => {
            try {
              mine.send(its)
            } catch (error) {
              if (!(error instanceof life.ClosedError)) throw error
              dropResource(its)
            }
            dropResource(mine)
          }
        },
        () => {
          const mine = takeRx()
          return () => dropResource(mine)
        },
      ]
      runThreadsWithDeaths(1, dies === 'sender' ? bodies : bodies.toReversed())
      for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
      life.freeBlocks()
    },
  }
}

const alone: DescribedModel<Life> = {
  name: 'a thread dies while it drops the last handle of a channel, with a message in the stream',
  threads: 1,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc, mpmc } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = mpmc.channel<Sender<number>>()
    const sender = tx as Sender<Sender<number>>
    sender.send(cargo)
    dropResource(sender)
    const takeRx = transferHandle(rx)
    runThreadsWithDeaths(1, [
      () => {
        const mine = takeRx()
        return () => dropResource(mine)
      },
      () => () => {},
    ])
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

const take = 'core/channel-take.ts'

export default {
  source: 'core/channel-take.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...draining(2),
      preemptions: 1,
      twins: [
        {
          name: 'receivers receive without the latch',
          file: take,
          from: '  latch(self, channel + CONSUMER_LATCH)\n  return endTurn',
          to: '  return endTurn',
        },
        {
          name: 'the last sender wakes only one receiver',
          file: 'core/wait-queue.ts',
          from: '    wakeWaiter(waiter)\n    woken++\n',
          to: '    wakeWaiter(waiter)\n    woken++\n    break\n',
        },
      ],
    },
    {
      ...waking(false),
      preemptions: 1,
    },
    {
      ...waking(true),
      preemptions: 1,
      twins: [
        {
          name: 'a receiver checks for a waiting sender before it makes room',
          file: take,
          from: '  store(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)\n',
          to: '  if (get(channel + CHANNEL_CAPACITY) != 0 && hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne(self, channel + CHANNEL_SENDING)\n  set(self + SLOT_KIND, TAKEN_NUMBER)\n  store(channel + CHANNEL_TAKEN, get(channel + CHANNEL_TAKEN) + 1)\n  set(channel + CONSUMER_AT, at + 8)\n  unlatch(self, channel + CONSUMER_LATCH)\n  return value\n',
        },
      ],
    },
    {
      ...dying,
      preemptions: 0,
      twins: [
        {
          name: 'a wake-up that reached a dead thread is not passed on',
          file: 'thread/pool/reaper.ts',
          from: '      payDebt(get(waiter + WAITER_QUEUE))\n',
          to: '',
        },
        {
          name: 'the latch of the receivers is not repaired',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => mendLatch(slot, id))\n',
          to: '',
        },
      ],
    },
    {
      ...room,
      preemptions: 0,
      twins: [
        {
          name: 'a receiver of a bounded channel announces no pending wake-up',
          file: take,
          from: '  if (get(channel + CHANNEL_CAPACITY) != 0) announceWakeUp(self, channel + CHANNEL_SENDING)\n',
          to: '',
        },
      ],
    },
    {
      ...carrying,
      preemptions: 0,
      twins: [
        {
          name: 'a thread can die between recording a received message and advancing the position',
          file: take,
          from: '    set(self + SLOT_RECEIVED, block)\n  }\n  set(channel + CONSUMER_AT, at + 8)\n  return value',
          to: '    set(self + SLOT_RECEIVED, block)\n  }\n  deathPoint()\n  set(channel + CONSUMER_AT, at + 8)\n  return value',
        },
      ],
    },
    {
      ...alone,
      twins: [
        {
          // Before the fix, the record's owner was cleared before the stream was discarded, so a death in between left
          // the messages.
          name: 'the last receiver has no owner while the stream is discarded',
          file: 'core/channel-handles.ts',
          from: '  set(handle + HANDLE_STATE, COUNTED_OUT)\n  const last',
          to: '  set(handle + HANDLE_STATE, COUNTED_OUT)\n  store(handle + HANDLE_OWNER, 0)\n  const last',
        },
      ],
    },
    { ...leaving('mpmc', 'receiver'), preemptions: 1 },
    {
      ...leaving('mpmc', 'receiver'),
      deep: true,
      twins: [
        {
          // The same for messages that were sent after the receivers were dropped.
          name: 'the last handle has no owner while the stream is discarded',
          file: 'channel/channel.ts',
          from: 'function endChannel(channel: number, record: number): void {\n',
          to: 'function endChannel(channel: number, record: number): void {\n  store(record + HANDLE_OWNER, 0)\n',
        },
        {
          name: 'a receiver is counted down twice',
          file: 'core/channel-handles.ts',
          from: '  if ((get(handle + HANDLE_STATE) & COUNTED_OUT) != 0) return load(channel + CHANNEL_RECEIVERS) == 0 ? 1 : 0\n',
          to: '',
        },
      ],
    },
    ...(['mpsc', 'mpmc'] as const).flatMap(how =>
      (['sender', 'receiver'] as const).map(dies => ({ ...leaving(how, dies), deep: true as const })),
    ),
    {
      ...waking(false),
      deep: true,
      twins: [
        {
          name: 'a receiver that checks while another one receives finds no message',
          file: take,
          from: 'if (tryLatch(self, channel + CONSUMER_LATCH) == 0) return 1',
          to: 'if (tryLatch(self, channel + CONSUMER_LATCH) == 0) return 0',
        },
      ],
    },
    ...[draining(2), waking(true), dying, room, carrying].map(each => ({
      ...each,
      deep: true as const,
    })),
  ],
} satisfies ModelFile<Life>
