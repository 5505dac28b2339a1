/**
 * A broadcast channel: every receiver receives every message that is sent during its lifetime, in order, or learns how
 * many it missed. A message that several receivers read is dropped exactly once, after the last one has read it.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { BroadcastReceiver, BroadcastSender } from './broadcast-ends.ts'
import type { Sender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** The messages that a receiver receives until the channel is closed; a count of missed ones as `-n`. */
function receivedBy(life: Life, rx: BroadcastReceiver<number>): number[] {
  const all: number[] = []
  for (;;) {
    try {
      all.push(rx.recv().wait())
    } catch (error) {
      if (error instanceof life.LaggedError) all.push(-error.missed)
      else if (error instanceof life.ClosedError) return all
      else throw error
    }
  }
}

/** Checks that each of the messages 1 to `messages` was received, or counted as missed before a later one. */
function complete(all: readonly number[], messages: number, capacity: number): void {
  let next = 1
  for (const value of all) {
    if (value < 0) next -= value
    else assertInvariant(value === next++, `received ${all.join(' ')}`)
  }
  assertInvariant(next === messages + 1, `received ${all.join(' ')}`)
  assertInvariant(all.filter(value => value > 0).length >= Math.min(messages, capacity), `received ${all.join(' ')}`)
}

/** A thread that sends once, a sender or a number, and then drops both ends. The receivers may already be dropped. */
function sending<T>(
  life: Life,
  takeTx: () => BroadcastSender<T>,
  takeCargo: () => Sender<number>,
  carries = true,
): () => () => void {
  return () => {
    const [mine, its] = [takeTx(), takeCargo()]
    return () => {
      try {
        mine.send((carries ? its : 1) as never)
      } catch (error) {
        if (!(error instanceof life.ClosedError)) throw error
      }
      life.dropResource(its)
      life.dropResource(mine)
    }
  }
}

function receiving(receivers: number, messages: number, capacity: number): DescribedModel<Life> {
  return {
    name: `${receivers === 1 ? 'a receiver drains' : `${receivers} receivers drain`} a channel of capacity ${capacity}`,
    threads: receivers + 1,
    operations: messages,
    program: life => () => {
      const { broadcast, transferHandle, runThreads, dropResource } = life
      life.loadThreadVariables()
      const [tx, rx] = broadcast.channel<number>(capacity)
      const all = [rx]
      while (all.length < receivers) all.push(tx.subscribe())
      const takes = all.map(each => transferHandle(each))
      const takeTx = transferHandle(tx)
      runThreads(
        () => {
          const mine = takeTx()
          for (let n = 1; n <= messages; n++) mine.send(n)
          dropResource(mine)
        },
        ...takes.map(take => () => {
          const mine = take()
          complete(receivedBy(life, mine), messages, capacity)
          dropResource(mine)
        }),
      )
      life.freeBlocks()
    },
  }
}

/** The sender is not dropped, so only the message can wake the receivers. */
const waking: DescribedModel<Life> = {
  name: 'a message wakes all receivers',
  threads: 3,
  operations: 1,
  program: life => () => {
    const { broadcast, transferHandle, runThreads } = life
    life.loadThreadVariables()
    const [tx, rx] = broadcast.channel<number>(1)
    const takes = [transferHandle(tx.subscribe()), transferHandle(rx)]
    const takeTx = transferHandle(tx)
    runThreads(
      () => void takeTx().send(7),
      ...takes.map(
        take => () => assertInvariant(take().recv().wait() === 7, 'received another value than the sent one'),
      ),
    )
  },
}

const subscribing: DescribedModel<Life> = {
  name: 'a receiver subscribes while another sender sends',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { broadcast, transferHandle, runThreads, dropResource } = life
    life.loadThreadVariables()
    const [tx, rx] = broadcast.channel<number>(2)
    const takes = [transferHandle(tx.clone()), transferHandle(tx)]
    const takeRx = transferHandle(rx)
    runThreads(
      () => {
        const [mine, its] = [takes[0](), takeRx()]
        mine.send(1)
        mine.send(2)
        dropResource(mine)
        complete(receivedBy(life, its), 2, 2)
        dropResource(its)
      },
      () => {
        const mine = takes[1]()
        const late = mine.subscribe()
        dropResource(mine)
        const all = receivedBy(life, late)
        assertInvariant(['', '2', '1 2'].includes(all.join(' ')), `received ${all.join(' ')}`)
        dropResource(late)
      },
    )
    life.freeBlocks()
  },
}

/** A message with a handle in it has an allocation of its own; two threads read it, and the last reader drops it. */
const reading: DescribedModel<Life> = {
  name: 'a receiver reads a message while the message is displaced and the sender is dropped',
  threads: 2,
  operations: 2,
  program: life => () => {
    const { broadcast, transferHandle, runThreads, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = broadcast.channel<Sender<number> | number>(1)
    const [takeRx, takeTx] = [transferHandle(rx), transferHandle(tx)]
    const takeCargo = transferHandle(cargo)
    runThreads(
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        mine.send(its)
        dropResource(its)
        mine.send(2)
        dropResource(mine)
      },
      () => {
        const mine = takeRx()
        let missed = 0
        for (;;) {
          try {
            const value = mine.recv().wait()
            if (typeof value === 'number') assertInvariant(value === 2, 'received another value than the sent one')
            else dropResource(value)
          } catch (error) {
            if (error instanceof life.LaggedError)
              assertInvariant((missed += error.missed) === 1, 'missed more than one')
            else if (error instanceof life.ClosedError) break
            else throw error
          }
        }
        dropResource(mine)
      },
    )
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

function dying(carries: boolean): DescribedModel<Life> {
  return {
    name: carries
      ? 'a thread dies that sends or receives a broadcast message with a sender in it'
      : 'a thread dies that sends or receives a broadcast message',
    threads: 2,
    operations: 1,
    program: life => () => {
      const { broadcast, transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
      life.loadThreadVariables()
      const [cargo, inner] = mpsc.channel<number>()
      const [tx, rx] = broadcast.channel<Sender<number> | number>(1)
      const [takeRx, takeTx] = [transferHandle(rx), transferHandle(tx)]
      const takeCargo = transferHandle(cargo)
      runThreadsWithDeaths(2, [
        sending(life, takeTx, takeCargo, carries),
        () => {
          const mine = takeRx()
          return () => {
            for (const value of mine) {
              if (typeof value === 'number') assertInvariant(value === 1, 'received another value than the sent one')
              else dropResource(value)
            }
            dropResource(mine)
          }
        },
      ])
      for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
      life.freeBlocks()
    },
  }
}

/**
 * A thread dies while it drops a receiver without having read. The messages that were left for the receiver are
 * dropped, at the latest with the channel.
 */
const leaving: DescribedModel<Life> = {
  name: 'a thread dies while it drops a receiver of a broadcast',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { broadcast, transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = broadcast.channel<Sender<number>>(1)
    const [takeRx, takeTx] = [transferHandle(rx), transferHandle(tx)]
    const takeCargo = transferHandle(cargo)
    runThreadsWithDeaths(1, [
      () => {
        const mine = takeRx()
        return () => dropResource(mine)
      },
      sending(life, takeTx, takeCargo),
    ])
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

/** A thread that dies while it subscribes blocks no other thread and keeps no message alive. */
const dyingSubscriber: DescribedModel<Life> = {
  name: 'a thread dies while it subscribes to a broadcast',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { broadcast, transferHandle, runThreadsWithDeaths, dropResource, mpsc } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = broadcast.channel<Sender<number>>(1)
    const takes = [transferHandle(tx.clone()), transferHandle(tx)]
    dropResource(rx)
    const takeCargo = transferHandle(cargo)
    runThreadsWithDeaths(1, [
      () => {
        const mine = takes[0]()
        return () => {
          const late = mine.subscribe()
          dropResource(mine)
          dropResource(late)
        }
      },
      sending(life, takes[1], takeCargo),
    ])
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

const core = 'core/broadcast.ts'

export default {
  source: core,
  entry: 'model/harness/library-threads.ts',
  models: [
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
          name: 'the receivers are woken before the message is counted',
          file: core,
          from: '    store(channel + BROADCAST_SENT, sent + 1)\n  }\n  unlatch(self, channel + LATCH)\n  if (receivers != 0) wakeAll(self, channel + BROADCAST_RECEIVING)\n',
          to: '  }\n  if (receivers != 0) wakeAll(self, channel + BROADCAST_RECEIVING)\n  store(channel + BROADCAST_SENT, get(channel + BROADCAST_SENT) + 1)\n  unlatch(self, channel + LATCH)\n',
        },
      ],
    },
    {
      ...receiving(1, 2, 1),
      preemptions: 2,
      twins: [
        {
          name: 'the receiver does not read the channel again after it saw the senders dropped',
          file: 'channel/broadcast-ends.ts',
          from: '    if (kind === TAKEN_EMPTY) return ended ? CLOSED_AND_EMPTY : PENDING\n',
          to: '    if (kind === TAKEN_EMPTY) return ended || hasEnded(receiver) ? CLOSED_AND_EMPTY : PENDING\n',
        },
        {
          name: 'a receiver that lagged continues behind the last message',
          file: core,
          from: 'set(receiver + RECEIVER_AT, next + behind - capacity)',
          to: 'set(receiver + RECEIVER_AT, next + behind)',
        },
        {
          name: 'a receiver computes the missed messages without the latch',
          file: core,
          from: '    latch(self, channel + LATCH)\n    const capacity',
          to: '    const capacity',
        },
      ],
    },
    { ...receiving(2, 2, 1), preemptions: 1 },
    {
      ...subscribing,
      preemptions: 1,
      twins: [
        {
          name: 'a receiver reads the position without the latch when it subscribes',
          file: core,
          from: '  latch(self, channel + LATCH)\n  set(receiver + RECEIVER_AT, get(channel + BROADCAST_SENT))\n',
          to: '  set(receiver + RECEIVER_AT, load(channel + BROADCAST_SENT))\n  latch(self, channel + LATCH)\n',
        },
      ],
    },
    {
      ...reading,
      preemptions: 1,
      twins: [
        {
          name: 'a displaced message is dropped while a receiver reads it',
          file: 'core/pin.ts',
          from: '  if (get(message + MESSAGE_READERS) == 0) pushReceived(self, message)\n',
          to: '  if (get(message + MESSAGE_READERS) != -1) pushReceived(self, message)\n',
        },
        {
          name: 'the last reader does not drop a displaced message',
          file: 'core/pin.ts',
          from: '  if (readers == 0 && get(message + MESSAGE_DETACHED) != 0) pushReceived(self, message)\n',
          to: '',
        },
      ],
    },
    {
      ...dying(false),
      preemptions: 0,
      twins: [
        {
          name: "a thread can die between clearing the sender's owner and counting the sender down",
          file: core,
          from: '  store(handle + HANDLE_OWNER, 0)\n  if (add(channel + BROADCAST_SENDERS, -1) == 1) {\n',
          to: '  store(handle + HANDLE_OWNER, 0)\n  deathPoint()\n  if (add(channel + BROADCAST_SENDERS, -1) == 1) {\n',
        },
        {
          name: 'the drop of a sender announces no pending wake-up',
          file: core,
          from: '  announceWakeUp(self, channel + BROADCAST_RECEIVING)\n  store(handle',
          to: '  store(handle',
        },
      ],
    },
    {
      ...dying(true),
      preemptions: 0,
      twins: [
        {
          // A message dropped by its last reader had no owner during the drop, so a sender in it kept its channel open.
          name: 'a message has no owner while it is dropped',
          file: 'channel/rendezvous-message.ts',
          from: '  adoptHandles(message + MESSAGE_BYTES, get(message + MESSAGE_LENGTH))\n',
          to: '',
        },
      ],
    },
    {
      ...leaving,
      preemptions: 1,
      twins: [
        {
          // The receiver had no owner when its thread died while it passed the remaining messages.
          name: "a receiver's owner is cleared before it has passed the remaining messages",
          file: core,
          from: '  const sent = get(channel + BROADCAST_SENT)\n  const capacity = get(channel + BROADCAST_CAPACITY)\n  const missed',
          to: '  store(handle + HANDLE_OWNER, 0)\n  const sent = get(channel + BROADCAST_SENT)\n  const capacity = get(channel + BROADCAST_CAPACITY)\n  const missed',
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
          from: '  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) + 1)\n  add(channel + BROADCAST_HANDLES, 1)\n',
          to: '  deathPoint()\n  store(channel + BROADCAST_RECEIVERS, get(channel + BROADCAST_RECEIVERS) + 1)\n  add(channel + BROADCAST_HANDLES, 1)\n',
        },
      ],
    },
    ...[waking, receiving(1, 2, 1), receiving(2, 2, 1), receiving(1, 3, 2), subscribing, reading].map(each => ({
      ...each,
      deep: true as const,
    })),
    ...[dying(false), dying(true), leaving].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
