/** Waits with a limit: who gives up has not done it, and who has done it does not say that it gave up. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Receiver } from '../channel/receiver.ts'
import type { SyncSender } from '../channel/sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

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

/** Each moment of a timer with a period is received once: two that wait get two. */
const ticking: Model<Life> = {
  name: 'two threads wait for the moments of a timer that has a period',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, play, self, tick } = life
    life.settle()
    const timer = tick(8)
    const takes = [0, 1].map(() => {
      const { record } = life.cloneHandle(timer)
      return () => life.revive(record) as typeof timer
    })
    const got = core.allocate(self, 16)
    play(
      ...takes.map((take, i) => () => {
        const mine = take()
        world().set(got + i * 4, Math.round(mine.recv().wait()), 'i32')
      }),
    )
    const [a, b] = [0, 4].map(at => world().get(got + at, 'i32'))
    expect(Math.abs(a - b) >= 8, `two moments at ${a} and ${b}`)
  },
}

/** Whoever gives up has taken nothing, and what was sent is there for the next one who asks. */
const receiving: Model<Life> = {
  name: 'who waits for a message of a bounded channel gives up while it is sent',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play } = life
    life.settle()
    const [tx, rx] = open(life, 1)
    const [takeTx, takeRx] = [give(tx), give(rx)]
    play(
      () => {
        const mine = takeTx()
        mine.send(1).wait()
        mine.send(2).wait()
        life.end(mine)
      },
      () => {
        const mine = takeRx()
        let got = 0
        const next = (): void => expect(mine.recv().wait(1) === got + 1, 'not what was sent')
        while (got < 2) got += done(life, next)
        life.end(mine)
      },
    )
  },
}

/** One who selects between sending into a channel that is full and receiving does one of both, and the other stays undone. */
const choosing: Model<Life> = {
  name: 'a select sends into a full channel or receives',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, play, select, self } = life
    life.settle()
    const [[txOut, rxOut], [txIn, rxIn]] = [open(life, 1), open(life, 1)]
    txOut.send(1).try()
    const [takeOut, takeIn] = [give(txOut), give(rxIn)]
    const [takeRoom, takeNews] = [give(rxOut), give(txIn)]
    const outcome = core.allocate(self, 16)
    play(
      () => {
        const [out, news] = [takeOut(), takeIn()]
        const first = select.biased({ sent: out.send(2), got: news.recv() }).wait()
        world().set(outcome, first.key === 'sent' ? 1 : 0, 'i32')
        expect((news.recv().try() === undefined) === (first.key === 'got'), 'a message was lost, or received twice')
        life.end(out)
      },
      () => {
        const [room, news] = [takeRoom(), takeNews()]
        news.send(3).try()
        const got: number[] = []
        for (const value of room) got.push(value)
        expect(got[0] === 1 && (got[1] ?? 2) === 2, `got ${got.join(' ')}`)
        world().set(outcome + 4, got.length - 1, 'i32')
      },
    )
    expect(
      world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'),
      'it was sent though it was not, or not sent',
    )
  },
}

/** Both ends of one rendezvous in one select: one sends and one receives, and none meets itself. */
const themselves: Model<Life> = {
  name: 'two selects meet at one rendezvous, each of which sends or receives there',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, mpmc, play, select, self } = life
    life.settle()
    const [tx, rx] = mpmc.channel<number>(0)
    const ends = [
      [give(tx.clone()), give(rx.clone())],
      [give(tx), give(rx)],
    ] as const
    const outcome = core.allocate(self, 16)
    play(
      ...ends.map(([takeTx, takeRx], i) => () => {
        const [out, news] = [takeTx(), takeRx()]
        const first = select.biased({ out: out.send(i), in: news.recv() }).wait()
        expect(first.key === 'out' || first.value === 1 - i, 'it met itself')
        world().set(outcome + 4 * i, first.key === 'out' ? 1 : 0, 'i32')
      }),
    )
    expect(world().get(outcome, 'i32') + world().get(outcome + 4, 'i32') === 1, 'not one has sent and one received')
  },
}

export default {
  of: 'wait/wait.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sending,
      preemptions: 2,
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
    {
      ...ticking,
      preemptions: 1,
      twins: [
        {
          name: 'a moment that was taken stays',
          file: 'core/timer.ts',
          from: '(due > began ? due : began) + period : Infinity\n',
          to: 'due : Infinity\n',
        },
      ],
    },
    {
      ...receiving,
      preemptions: 1,
      twins: [
        {
          name: 'who gives up passes no wake on',
          file: 'wait/park.ts',
          from: 'const value = attempt.leave(waiter) ? attempt.poll() : attempt.woken(waiter)',
          to: 'attempt.leave(waiter)\n      const value = attempt.ready() ? (attempt.poll(), attempt.poll()) : attempt.poll()',
        },
      ],
    },
    {
      ...choosing,
      preemptions: 1,
      twins: [
        {
          name: 'the waiter of a select is notified on its own word',
          file: 'core/wait-queue.ts',
          from: 'notify(claim == 0 ? waiter + WAITER_STATE : claim, 1)',
          to: 'notify(waiter + WAITER_STATE, 1)',
        },
      ],
    },
    {
      ...themselves,
      preemptions: 1,
      twins: [
        {
          name: 'a select meets itself',
          file: 'core/rendezvous.ts',
          from: 'if (get(waiter + WAITER_SENDS) == sends && own != claim) return waiter',
          to: 'if (get(waiter + WAITER_SENDS) == sends) return waiter',
        },
      ],
    },
    ...[sending, meeting, selects, moments].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
