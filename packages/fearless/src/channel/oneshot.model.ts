/**
 * A channel for one message: the message reaches the receiver or stays the sender's, never both and never neither; who
 * waits hears of the other side's end; and what nobody received is dropped.
 */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import { closing } from './end-wait.model.ts'
import type { Sender } from './sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const sending: Model<Life> = {
  name: 'a message wakes a receiver that waits',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play, oneshot } = life
    life.settle()
    const [tx, rx] = oneshot.channel<number>()
    const shot = life.thingOf(tx)
    const [takeTx, takeRx] = [give(tx), give(rx)]
    play(
      () => takeTx().send(7),
      () => {
        const mine = takeRx()
        expect(mine.recv().wait() === 7, 'not what was sent')
        life.end(mine)
      },
    )
    expect(life.freeBlocks().has(shot), 'nobody freed the channel')
  },
}

/** A send that meets a close: the outcomes of both sides belong together. */
const refusing: Model<Life> = {
  name: 'a receiver closes while the sender sends',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, play, oneshot, self, ClosedError } = life
    life.settle()
    const [tx, rx] = oneshot.channel<number>()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    const outcome = core.allocate(self, 16)
    play(
      () => {
        let sent = 1
        try {
          takeTx().send(7)
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
          expect(error.value === 7, 'the value did not come back')
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
        life.end(mine)
        world().set(outcome + 4, got, 'i32')
      },
    )
    expect(world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'), 'a message came twice, or was lost')
  },
}

const leaving: Model<Life> = {
  name: 'a receiver waits for a sender that goes, with or without a message',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play, end, oneshot, ClosedError } = life
    life.settle()
    const sends = world().choose(2) === 1
    const [tx, rx] = oneshot.channel<number>()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    play(
      () => {
        const mine = takeTx()
        if (sends) mine.send(7)
        else end(mine)
      },
      () => {
        const mine = takeRx()
        try {
          expect(mine.recv().wait() === 7 && sends, 'nothing was sent')
        } catch (error) {
          if (!(error instanceof ClosedError) || sends) throw error
        }
        end(mine)
      },
    )
  },
}

const closed = closing('a sender waits for its receiver to go or close', ({ oneshot }) => {
  const [sender, receiver] = oneshot.channel<number>()
  return { sender, receiver }
})

/** What is in the message ends with it: the sender in it keeps its channel open no longer than somebody has it. */
const dropping: Model<Life> = {
  name: 'a receiver goes while a sender is sent to it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play, end, mpsc, oneshot, ClosedError } = life
    life.settle()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = oneshot.channel<Sender<number>>()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    const takeCargo = give(cargo)
    play(
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        try {
          mine.send(its)
        } catch (error) {
          if (!(error instanceof ClosedError)) throw error
          end(its)
        }
      },
      () => end(takeRx()),
    )
    for (const value of inner) expect(value === 0, 'nothing was sent')
  },
}

const dying = (sends: boolean): Model<Life> => ({
  name: `an end of a channel for one message dies, ${sends ? 'the message is sent' : 'none is sent'}`,
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, playWith, end, oneshot, ClosedError } = life
    life.settle()
    const [tx, rx] = oneshot.channel<number>()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    playWith(2, [
      () => {
        const mine = takeTx()
        return () => {
          try {
            if (sends) mine.send(7)
            else end(mine)
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          try {
            expect(mine.recv().wait() === 7 && sends, 'not what was sent')
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          end(mine)
        }
      },
    ])
    life.freeBlocks()
  },
})

const watching: Model<Life> = {
  name: 'a receiver dies whose sender waits for that',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, playWith, end, oneshot } = life
    life.settle()
    const [tx, rx] = oneshot.channel<number>()
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
  },
}

/** The message has an owner whoever dies: it is read, or dropped, once. */
const carrying: Model<Life> = {
  name: 'an end dies while a sender is sent through',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, playWith, end, mpsc, oneshot, ClosedError } = life
    life.settle()
    const [cargo, inner] = mpsc.channel<number>()
    const [tx, rx] = oneshot.channel<Sender<number>>()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    const takeCargo = give(cargo)
    playWith(2, [
      () => {
        const [mine, its] = [takeTx(), takeCargo()]
        return () => {
          try {
            mine.send(its)
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
            end(its)
          }
        }
      },
      () => {
        const mine = takeRx()
        return () => {
          try {
            end(mine.recv().wait())
          } catch (error) {
            if (!(error instanceof ClosedError)) throw error
          }
          end(mine)
        }
      },
    ])
    for (const value of inner) expect(value === 0, 'nothing was sent')
    life.freeBlocks()
  },
}

const core = 'core/oneshot.ts'

export default {
  of: core,
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sending,
      twins: [
        {
          name: 'the message is written after it was passed on',
          file: core,
          from: '  else setFloat(shot + ONESHOT_MESSAGE, value)\n',
          to: '  else {\n    store(shot + ONESHOT_STATE, SENT)\n    setFloat(shot + ONESHOT_MESSAGE, value)\n    store(shot + ONESHOT_STATE, 0)\n  }\n',
        },
        {
          name: 'both ends count themselves out in two steps',
          file: core,
          from: '  pay(self)\n  return add(shot + ONESHOT_HANDLES, -1) == 1 ? 1 : 0\n',
          to: '  pay(self)\n  const left = load(shot + ONESHOT_HANDLES) - 1\n  store(shot + ONESHOT_HANDLES, left)\n  return left == 0 ? 1 : 0\n',
        },
      ],
    },
    {
      ...refusing,
      twins: [
        {
          name: 'sends in two steps',
          file: core,
          from: '  if (cas(shot + ONESHOT_STATE, 0, SENT) != 0) {\n',
          to: '  if (load(shot + ONESHOT_STATE) == 0) store(shot + ONESHOT_STATE, SENT)\n  else {\n',
        },
        {
          name: 'closes in two steps',
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
          name: 'a sender that goes wakes before it says so',
          file: core,
          from: '  add(shot + ONESHOT_STATE, SENDER_GONE)\n  wakeAll(self, shot + ONESHOT_RECEIVING)\n',
          to: '  wakeAll(self, shot + ONESHOT_RECEIVING)\n  add(shot + ONESHOT_STATE, SENDER_GONE)\n',
        },
        {
          name: 'the receiver does not look again once the sender is gone',
          file: 'channel/oneshot-ends.ts',
          from: '    if ((state & (SENT | TAKEN)) === SENT) return this.poll()\n',
          to: '',
        },
      ],
    },
    {
      ...closed,
      twins: [
        {
          name: 'a receiver that closes wakes before it says so',
          file: core,
          from: '    owe(self, shot + ONESHOT_CLOSING)\n    if',
          to: '    owe(self, shot + ONESHOT_CLOSING)\n    wakeAll(self, shot + ONESHOT_CLOSING)\n    if (cas(shot + ONESHOT_STATE, state, state | RECEIVER_GONE) == state) return\n    if',
        },
      ],
    },
    {
      ...dropping,
      twins: [
        {
          name: 'a receiver looks for a message before it closes',
          file: 'channel/oneshot-ends.ts',
          from: '  core.closeOneshot(self, shot)\n  core.takeOnce(self, shot)\n',
          to: '  core.takeOnce(self, shot)\n  core.closeOneshot(self, shot)\n',
        },
      ],
    },
    {
      ...dying(false),
      twins: [
        {
          name: 'a sender can die between its record and the word that says it is gone',
          file: core,
          from: '  add(shot + ONESHOT_STATE, SENDER_GONE)\n',
          to: '  deathPoint()\n  add(shot + ONESHOT_STATE, SENDER_GONE)\n',
        },
        {
          name: 'a sender that goes owes no wake',
          file: core,
          from: '  owe(self, shot + ONESHOT_RECEIVING)\n  // No',
          to: '  // No',
        },
      ],
    },
    {
      ...watching,
      preemptions: 1,
      twins: [
        {
          name: 'a receiver that closes owes no wake',
          file: core,
          from: '    owe(self, shot + ONESHOT_CLOSING)\n',
          to: '',
        },
      ],
    },
    {
      ...carrying,
      preemptions: 0,
      twins: [
        {
          name: 'a receiver can die between its hand and the word that says it has taken',
          file: core,
          from: '  set(self + SLOT_HAND, block)\n',
          to: '  set(self + SLOT_HAND, block)\n  deathPoint()\n',
        },
        {
          name: 'the reaper does not look into the hands of the dead',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => discardHand(slot))\n',
          to: '',
        },
      ],
    },
    ...[dying(false), dying(true), watching, carrying].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
