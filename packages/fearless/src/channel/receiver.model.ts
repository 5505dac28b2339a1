/**
 * Streams: every message is received once and in order, and wakes a sleeping receiver. The end is seen after the last
 * sender is dropped, and never before its last message.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { Receiver } from './receiver.ts'
import type { SyncSender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function received(rx: Receiver<number>): string {
  const all: number[] = []
  for (const value of rx) all.push(value)
  return all.join(' ')
}

function unbounded(senders: number, messages: number): DescribedModel<Life> {
  return {
    name: `${senders === 1 ? 'a sender sends' : `${senders} senders send`} and drop, the receiver drains`,
    threads: senders + 1,
    operations: messages,
    program: life => () => {
      const { transferHandle, runThreads, dropResource, mpsc } = life
      life.loadThreadVariables()
      const [tx, rx] = mpsc.channel<number>()
      const all = [tx]
      while (all.length < senders) all.push(tx.clone())
      const sending = all.map((handle, i) => {
        const take = transferHandle(handle)
        return () => {
          const mine = take()
          for (let n = 1; n <= messages; n++) mine.send(i * 10 + n)
          dropResource(mine)
        }
      })
      const take = transferHandle(rx)
      runThreads(
        () => {
          const mine = take()
          const got = received(mine)
          for (let i = 0; i < senders; i++) {
            const its = got.split(' ').filter(value => Math.floor(Number(value) / 10) === i)
            assertInvariant(
              its.length === messages && its.every((value, n) => Number(value) === i * 10 + n + 1),
              `got ${got}`,
            )
          }
          dropResource(mine)
        },
        ...sending,
      )
    },
  }
}

/** The sender is not dropped, so only its message can wake the receiver. */
function waking(messages: number): DescribedModel<Life> {
  return {
    name: 'a message wakes a sleeping receiver',
    threads: 2,
    operations: messages,
    program: life => () => {
      const { transferHandle, runThreads, mpsc } = life
      life.loadThreadVariables()
      const [tx, rx] = mpsc.channel<number>()
      const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
      runThreads(
        () => {
          const mine = takeTx()
          for (let n = 1; n <= messages; n++) mine.send(n)
        },
        () => {
          const mine = takeRx()
          for (let n = 1; n <= messages; n++)
            assertInvariant(mine.recv().wait() === n, 'received another value than the sent one')
        },
      )
    },
  }
}

/** The first segment has room for one more message. */
const segments: DescribedModel<Life> = {
  name: 'the stream continues in another segment',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { core, channels, transferHandle, runThreads, dropResource, mpsc, self, liveObjectOf } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const channel = liveObjectOf(tx)
    core.pushBytes(self, channel, channel, 944, 0)
    core.takeMessage(self, channel)
    core.releaseBytes(self, channel)
    assertInvariant(core.hasMessage(channel) === channels.TAKEN_EMPTY, 'the channel is not empty')
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeTx()
        mine.send(1)
        mine.send(2)
        dropResource(mine)
      },
      () => {
        const mine = takeRx()
        assertInvariant(received(mine) === '1 2', 'received another value than the sent one')
        dropResource(mine)
      },
    )
  },
}

function bounded(messages: number): DescribedModel<Life> {
  return {
    name: 'a sender waits for room in a channel of capacity 1',
    threads: 2,
    operations: messages,
    program: life => () => {
      const { transferHandle, runThreads, dropResource, mpsc } = life
      life.loadThreadVariables()
      const [tx, rx] = mpsc.channel<number>(1) as [SyncSender<number>, Receiver<number>]
      const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
      runThreads(
        () => {
          const mine = takeTx()
          for (let n = 1; n <= messages; n++) mine.send(n).wait()
          dropResource(mine)
        },
        () => {
          const mine = takeRx()
          assertInvariant(
            received(mine) === Array.from({ length: messages }, (_, i) => i + 1).join(' '),
            'received another value than the sent one',
          )
          dropResource(mine)
        },
      )
    },
  }
}

/** The receiver is dropped: concurrently sent messages are dropped, and the wait of a sender for room fails. */
const closing: DescribedModel<Life> = {
  name: 'a receiver is dropped while a sender waits for room',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { transferHandle, runThreads, dropResource, mpsc, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>(1) as [SyncSender<number>, Receiver<number>]
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeTx()
        try {
          for (let n = 1; n <= 2; n++) mine.send(n).wait()
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
        }
        dropResource(mine)
      },
      () => dropResource(takeRx()),
    )
  },
}

const [push, take, ends] = ['core/channel-push.ts', 'core/channel-take.ts', 'core/channel-handles.ts']

export default {
  source: 'core/channel.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...waking(1),
      twins: [
        {
          name: 'a sender checks for a waiting receiver before it publishes the message',
          file: push,
          from: '    publish(self, channel, at + 8, how)\n  }\n',
          to: '    pushed(self, channel, at)\n    publish(self, channel, at + 8, how)\n    return PUSHED\n  }\n',
        },
      ],
    },
    {
      ...unbounded(1, 1),
      preemptions: 2,
      twins: [
        {
          name: 'the last sender wakes the receiver before it marks itself as dropped',
          file: ends,
          from: '    add(channel + CHANNEL_CLOSED, SENDERS_CLOSED)\n    wakeAll(self, channel + CHANNEL_RECEIVING)',
          to: '    wakeAll(self, channel + CHANNEL_RECEIVING)\n    add(channel + CHANNEL_CLOSED, SENDERS_CLOSED)',
        },
        {
          name: 'the receiver does not read the stream again after it saw the senders dropped',
          file: 'channel/recv.ts',
          from: '    const last = take(channel)\n',
          to: '    const last: unknown = EMPTY\n',
        },
        {
          name: 'a message is written after it was published',
          file: push,
          from: '    if (value == value) {\n      setFloat(at, value)',
          to: '    if (value == value) {\n      publish(self, channel, at + 8, how)\n      setFloat(at, value)\n      return pushed(self, channel, at)',
        },
      ],
    },
    {
      ...unbounded(2, 1),
      preemptions: 1,
      twins: [
        {
          name: 'two senders push without the latch',
          file: push,
          from: '  const shared = get(channel + CHANNEL_MANY_PRODUCERS)\n  if (shared != 0) latch(self, channel + PRODUCER_LATCH)\n  const at = room(self, channel, 8, shared, how)',
          to: '  const shared = 0\n  const at = room(self, channel, 8, shared, how)',
        },
        {
          name: 'a sender counts itself down in two steps',
          file: ends,
          from: '  if (add(channel + CHANNEL_SENDERS, -1) == 1) {',
          to: '  const before = load(channel + CHANNEL_SENDERS)\n  store(channel + CHANNEL_SENDERS, before - 1)\n  if (before == 1) {',
        },
      ],
    },
    {
      ...segments,
      preemptions: 2,
      twins: [
        {
          name: 'a receiver leaves a segment without checking for a last message',
          file: take,
          from: '    if (load(segment + SEGMENT_TAIL) == at) {',
          to: '    {',
        },
        {
          name: 'a receiver leaves a segment that the producer has not left',
          file: take,
          from: '    if (next == 0 || load(channel + PRODUCER_SEGMENT) == segment) break\n',
          to: '    if (next == 0) break\n',
        },
      ],
    },
    {
      ...bounded(2),
      preemptions: 2,
      twins: [
        {
          name: 'the receiver checks for a waiting sender before it makes room',
          file: take,
          from: '  store(channel + CHANNEL_TAKEN, count)\n  if (hasWaiters(channel + CHANNEL_SENDING) != 0) wakeOne',
          to: '  const waits = hasWaiters(channel + CHANNEL_SENDING)\n  store(channel + CHANNEL_TAKEN, count)\n  if (waits != 0) wakeOne',
        },
        {
          name: 'a waiter does not check again after it was registered',
          file: 'wait/park.ts',
          from: '      if (!attempt.isReady()) {',
          to: '      {',
        },
      ],
    },
    {
      ...closing,
      twins: [
        {
          name: 'the drop of a receiver does not mark the channel',
          file: ends,
          from: '    or(channel + CHANNEL_CLOSED, RECEIVERS_CLOSED)\n',
          to: '',
        },
      ],
    },
    { ...waking(2), deep: true },
    { ...unbounded(1, 1), deep: true },
    { ...unbounded(1, 2), deep: true },
    { ...unbounded(2, 1), deep: true },
    { ...segments, deep: true },
    { ...bounded(2), deep: true },
    { ...bounded(3), deep: true },
    { ...unbounded(2, 2), deep: true },
  ],
} satisfies ModelFile<Life>
