/**
 * A channel for one message: the receiver gets the message or the sender keeps it, never both and never neither. The
 * drop of one side ends the wait of the other, and an unreceived message is dropped.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import { modelOfDropWait } from './drop-wait.model.ts'
import type { Sender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const sending: DescribedModel<Life> = {
  name: 'a message wakes a waiting receiver',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, oneshot } = life
    life.loadThreadVariables()
    const [tx, rx] = oneshot.channel<number>()
    const shot = life.liveObjectOf(tx)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => takeTx().send(7),
      () => {
        const mine = takeRx()
        assertInvariant(mine.recv().wait() === 7, 'received another value than the sent one')
        life.dropResource(mine)
      },
    )
    assertInvariant(life.freeBlocks().has(shot), 'the channel was not freed')
  },
}

/** A send races with a close: the outcomes of both sides must match. */
const refusing: DescribedModel<Life> = {
  name: 'a receiver closes while the sender sends',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, runThreads, oneshot, self, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = oneshot.channel<number>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    const outcome = core.allocate(self, 16)
    runThreads(
      () => {
        let sent = 1
        try {
          takeTx().send(7)
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
          assertInvariant(error.value === 7, 'the error does not have the value')
          sent = 0
        }
        world().set(outcome, sent, 'i32')
      },
      () => {
        const mine = takeRx()
        mine.close()
        let got = 0
        try {
          got = mine.recv().try() === 7 ? 1 : 0
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
        }
        life.dropResource(mine)
        world().set(outcome + 4, got, 'i32')
      },
    )
    assertInvariant(
      world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'),
      'the message was received twice, or lost',
    )
  },
}

const leaving: DescribedModel<Life> = {
  name: 'a receiver waits while the sender is dropped, with or without a message',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource, oneshot, ClosedError } = life
    life.loadThreadVariables()
    const sends = world().choose(2) === 1
    const [tx, rx] = oneshot.channel<number>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeTx()
        if (sends) mine.send(7)
        else dropResource(mine)
      },
      () => {
        const mine = takeRx()
        try {
          assertInvariant(mine.recv().wait() === 7 && sends, 'received a message that was not sent')
        } catch (error) {
          if (!(error instanceof ClosedError) || sends) throw error
        }
        dropResource(mine)
      },
    )
  },
}

const closed = modelOfDropWait('a sender waits for the drop or close of its receiver', ({ oneshot }) => {
  const [sender, receiver] = oneshot.channel<number>()
  return { sender, receiver }
})

/**
 * The sender in the message is dropped with the message, so it keeps its channel open no longer than a thread owns it.
 */
const dropping: DescribedModel<Life> = {
  name: 'a receiver is dropped while a sender is sent to it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, dropResource, mpsc, oneshot, ClosedError } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = oneshot.channel<Sender<number>>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    const takeCargo = transferHandle(cargo)
    runThreads(
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        try {
          mine.send(its)
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
          dropResource(its)
        }
      },
      () => dropResource(takeRx()),
    )
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
  },
}

const dying = (sends: boolean): DescribedModel<Life> => ({
  name: `a thread dies that owns an end of a oneshot channel, ${sends ? 'with a message' : 'without a message'}`,
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, oneshot, ClosedError } = life
    life.loadThreadVariables()
    const [tx, rx] = oneshot.channel<number>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreadsWithDeaths(2, [
      () => {
        const mine = takeTx()
        return () => {
          try {
            if (sends) mine.send(7)
            else dropResource(mine)
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          try {
            assertInvariant(mine.recv().wait() === 7 && sends, 'received another value than the sent one')
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          dropResource(mine)
        }
      },
    ])
    life.freeBlocks()
  },
})

const watching: DescribedModel<Life> = {
  name: 'a thread dies while it drops a receiver whose sender waits for that',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, oneshot } = life
    life.loadThreadVariables()
    const [tx, rx] = oneshot.channel<number>()
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

/** Whichever thread dies, the message has an owner: it is received or dropped, exactly once. */
const carrying: DescribedModel<Life> = {
  name: 'a thread dies that sends or receives a sender through a oneshot channel',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreadsWithDeaths, dropResource, mpsc, oneshot, ClosedError } = life
    life.loadThreadVariables()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = oneshot.channel<Sender<number>>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    const takeCargo = transferHandle(cargo)
    runThreadsWithDeaths(2, [
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        return () => {
          try {
            mine.send(its)
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
            dropResource(its)
          }
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          try {
            dropResource(mine.recv().wait())
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          dropResource(mine)
        }
      },
    ])
    for (const value of inner) assertInvariant(value === 0, 'received a message that was not sent')
    life.freeBlocks()
  },
}

const core = 'core/oneshot.ts'

export default {
  source: core,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sending,
      twins: [
        {
          name: 'the message is written after it was published',
          file: core,
          from: '  else setFloat(shot + ONESHOT_MESSAGE, value)\n',
          to: '  else {\n    store(shot + ONESHOT_STATE, SENT)\n    setFloat(shot + ONESHOT_MESSAGE, value)\n    store(shot + ONESHOT_STATE, 0)\n  }\n',
        },
        {
          name: 'both ends count themselves down in two steps',
          file: core,
          from: '  endAnnouncement(self)\n  return add(shot + ONESHOT_HANDLES, -1) == 1 ? 1 : 0\n',
          to: '  endAnnouncement(self)\n  const left = load(shot + ONESHOT_HANDLES) - 1\n  store(shot + ONESHOT_HANDLES, left)\n  return left == 0 ? 1 : 0\n',
        },
      ],
    },
    {
      ...refusing,
      twins: [
        {
          name: 'a send changes the state in two steps',
          file: core,
          from: '  if (cas(shot + ONESHOT_STATE, 0, SENT) != 0) {\n',
          to: '  if (load(shot + ONESHOT_STATE) == 0) store(shot + ONESHOT_STATE, SENT)\n  else {\n',
        },
        {
          name: 'a close changes the state in two steps',
          file: core,
          from: 'if (cas(shot + ONESHOT_STATE, state, state | RECEIVER_GONE) == state) break',
          to: 'store(shot + ONESHOT_STATE, state | RECEIVER_GONE)\n    break',
        },
      ],
    },
    {
      ...leaving,
      twins: [
        {
          name: 'the drop of a sender wakes the receiver before it changes the state',
          file: core,
          from: '  add(shot + ONESHOT_STATE, SENDER_GONE)\n  wakeAll(self, shot + ONESHOT_RECEIVING)\n',
          to: '  wakeAll(self, shot + ONESHOT_RECEIVING)\n  add(shot + ONESHOT_STATE, SENDER_GONE)\n',
        },
        {
          name: 'the receiver does not read the message again after it saw the sender dropped',
          file: 'channel/oneshot-ends.ts',
          from: '    if ((state & (SENT | TAKEN)) === SENT) return this.tryComplete()\n',
          to: '',
        },
      ],
    },
    {
      ...closed,
      twins: [
        {
          name: 'a close wakes the sender before it changes the state',
          file: core,
          from: '    announceWakeUp(self, shot + ONESHOT_CLOSING)\n    if',
          to: '    announceWakeUp(self, shot + ONESHOT_CLOSING)\n    wakeAll(self, shot + ONESHOT_CLOSING)\n    if (cas(shot + ONESHOT_STATE, state, state | RECEIVER_GONE) == state) return\n    if',
        },
      ],
    },
    {
      ...dropping,
      twins: [
        {
          name: 'a receiver checks for a message before it closes',
          file: 'channel/oneshot-ends.ts',
          from: '  core.closeOneshot(self, shot)\n  core.takeOneshot(self, shot)\n',
          to: '  core.takeOneshot(self, shot)\n  core.closeOneshot(self, shot)\n',
        },
      ],
    },
    {
      ...dying(false),
      twins: [
        {
          name: "a thread can die between clearing the sender's owner and changing the state",
          file: core,
          from: '  add(shot + ONESHOT_STATE, SENDER_GONE)\n',
          to: '  deathPoint()\n  add(shot + ONESHOT_STATE, SENDER_GONE)\n',
        },
        {
          name: 'the drop of a sender announces no pending wake-up',
          file: core,
          from: '  announceWakeUp(self, shot + ONESHOT_RECEIVING)\n  // UN',
          to: '  // UN',
        },
      ],
    },
    {
      ...watching,
      preemptions: 1,
      twins: [
        {
          name: 'a close announces no pending wake-up',
          file: core,
          from: '    announceWakeUp(self, shot + ONESHOT_CLOSING)\n',
          to: '',
        },
      ],
    },
    {
      ...carrying,
      preemptions: 0,
      twins: [
        {
          name: 'a thread can die between recording a received message and changing the state',
          file: core,
          from: '  set(self + SLOT_RECEIVED, block)\n',
          to: '  set(self + SLOT_RECEIVED, block)\n  deathPoint()\n',
        },
        {
          name: 'the reaper does not drop the received messages of a dead thread',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => dropReceivedMessages(slot))\n',
          to: '',
        },
      ],
    },
    ...[dying(false), dying(true), watching, carrying].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
