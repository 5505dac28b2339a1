/** Waits with a limit: who gives up has not done it, and who has done it does not say that it gave up. */
import { expect } from '../model/stage.ts'
import type { Described, Model } from '../model/described.ts'
import { world } from '../model/world.ts'
import type { Receiver } from '../channel/receiver.ts'
import type { SyncSender } from '../channel/sender.ts'

type Life = typeof import('../model/cast.ts')

/** Runs a wait that may give up: whether it did what it waited for. */
function done(life: Life, wait: () => void): number {
  try {
    wait()
    return 1
  } catch (error) {
    if (!(error instanceof life.TimeoutError)) throw error
    return 0
  }
}

const open = (life: Life, capacity: number): [SyncSender<number>, Receiver<number>] =>
  life.mpsc.channel<number>(capacity) as [SyncSender<number>, Receiver<number>]

const sending: Model<Life> = {
  name: 'a send into a full channel gives up while room is made',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, play, self } = life
    life.settle()
    const [tx, rx] = open(life, 1)
    tx.send(1).try()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    const sent = core.allocate(self, 16)
    play(
      () => {
        const mine = takeTx()
        world().set(
          sent,
          done(life, () => mine.send(2).wait(1)),
          'i32',
        )
        life.end(mine)
      },
      () => {
        const mine = takeRx()
        const got: number[] = []
        for (const value of mine) got.push(value)
        world().set(sent + 4, got.length, 'i32')
        expect(
          got.every((value, i) => value === i + 1),
          `got ${got.join(' ')}`,
        )
      },
    )
    expect(
      world().get(sent + 4, 'i32') === 1 + world().get(sent, 'i32'),
      'who gave up has sent, or the other way round',
    )
  },
}

const meeting: Model<Life> = {
  name: 'both sides of a rendezvous give up',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, play, self } = life
    life.settle()
    const [tx, rx] = open(life, 0)
    const [takeTx, takeRx] = [give(tx), give(rx)]
    const outcome = core.allocate(self, 16)
    play(
      () => {
        const mine = takeTx()
        world().set(
          outcome,
          done(life, () => mine.send(1).wait(1)),
          'i32',
        )
      },
      () => {
        const mine = takeRx()
        world().set(
          outcome + 4,
          done(life, () => expect(mine.recv().wait(1) === 1, 'not what was sent')),
          'i32',
        )
      },
    )
    expect(world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'), 'only one side has met the other')
  },
}

/** Two selects, each with a send to the other and a receive from it: exactly one message changes hands. */
const selects: Model<Life> = {
  name: 'two selects meet, each of which sends or receives',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, play, select, self } = life
    life.settle()
    const [[txA, rxA], [txB, rxB]] = [open(life, 0), open(life, 0)]
    const [takeTxA, takeRxA, takeTxB, takeRxB] = [give(txA), give(rxA), give(txB), give(rxB)]
    const outcome = core.allocate(self, 16)
    const meet = (at: number, tx: SyncSender<number>, rx: Receiver<number>, sent: number): void => {
      const first = select.biased({ out: tx.send(sent), in: rx.recv() }).wait()
      expect(first.key === 'out' || first.value === 3 - sent, 'not what was sent')
      world().set(at, first.key === 'out' ? 1 : 0, 'i32')
    }
    play(
      () => {
        const [tx, rx] = [takeTxA(), takeRxB()]
        meet(outcome, tx, rx, 1)
      },
      () => {
        const [tx, rx] = [takeTxB(), takeRxA()]
        meet(outcome + 4, tx, rx, 2)
      },
    )
    expect(world().get(outcome, 'i32') + world().get(outcome + 4, 'i32') === 1, 'not one has sent and one received')
    life.freeBlocks()
  },
}

/** A moment of a timer is received once. */
const moments: Model<Life> = {
  name: 'two threads wait for the one moment of a timer',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { after, core, play, self } = life
    life.settle()
    const timer = after(1)
    const takes = [0, 1].map(() => {
      const { record } = life.cloneHandle(timer)
      return () => life.revive(record) as typeof timer
    })
    const got = core.allocate(self, 16)
    play(
      ...takes.map((take, i) => () => {
        const mine = take()
        world().set(
          got + i * 4,
          done(life, () => void mine.recv().wait(2)),
          'i32',
        )
      }),
    )
    expect(world().get(got, 'i32') + world().get(got + 4, 'i32') === 1, 'the moment was not received once')
  },
}

export default {
  of: 'wait/wait.ts',
  entry: 'model/cast.ts',
  models: [
    {
      ...sending,
      preemptions: 1,
      twins: [
        {
          name: 'a send that did not find room says so though it has sent',
          file: 'wait/wait.ts',
          from: '    const value = this.#inner.poll()\n    if (value === PENDING && now() >= this.#end) this.#timedOut()\n    return value\n',
          to: '    const value = this.#inner.poll()\n    if (now() >= this.#end) this.#timedOut()\n    return value\n',
        },
      ],
    },
    {
      ...meeting,
      preemptions: 1,
      twins: [
        {
          name: 'who gives up does not take what was handed over meanwhile',
          file: 'wait/park.ts',
          from: 'attempt.leave(waiter) ? attempt.poll() : attempt.woken(waiter)',
          to: '(attempt.leave(waiter), attempt.poll())',
        },
      ],
    },
    {
      ...selects,
      preemptions: 1,
      twins: [
        {
          name: 'an arm that loses stays in its line',
          file: 'wait/select.ts',
          from: '    arm.attempt.leave(waiter)\n',
          to: '',
        },
      ],
    },
    {
      ...moments,
      preemptions: 1,
      twins: [
        {
          // It waited for its place in a line to change, and stood in none: it looked again and again until it was time.
          name: 'who waits for a moment does not sleep',
          file: 'wait/park.ts',
          from: 'standsInLine(waiter) ? WAITER_QUEUED : WAITER_FREE',
          to: 'WAITER_QUEUED',
        },
        {
          name: 'a moment is taken without the latch',
          file: 'core/timer.ts',
          from: '  latch(self, timer + TIMER_LATCH)\n  const due = getFloat(timer + TIMER_DUE)\n  const moment',
          to: '  const due = getFloat(timer + TIMER_DUE)\n  const moment',
        },
      ],
    },
    ...[sending, meeting, selects, moments].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
