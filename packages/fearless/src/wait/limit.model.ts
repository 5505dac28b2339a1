/** Waits with a limit: a wait that gives up has no effect, and a wait that had its effect does not report a timeout. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Receiver } from '../channel/receiver.ts'
import type { SyncSender } from '../channel/sender.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Runs a wait that may give up. Returns 1 if it completed, 0 if it timed out. */
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
  name: 'a send into a full channel gives up while a receiver makes room',
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
      'the send reports a result that it did not have',
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
          done(life, () => expect(mine.recv().wait(1) === 1, 'received another value than the sent one')),
          'i32',
        )
      },
    )
    expect(
      world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'),
      'only one side has completed the rendezvous',
    )
  },
}

/** Two selects, each with a send to the other and a receive from it: exactly one message is transferred. */
const selects: Model<Life> = {
  name: 'two selects with a send and a receive each meet at two rendezvous',
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
      expect(first.key === 'out' || first.value === 3 - sent, 'received another value than the sent one')
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
    expect(world().get(outcome, 'i32') + world().get(outcome + 4, 'i32') === 1, 'not exactly one select has sent')
    life.freeBlocks()
  },
}

/** The tick of a timer is received once. */
const moments: Model<Life> = {
  name: 'two threads wait for the only tick of a timer',
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
    expect(world().get(got, 'i32') + world().get(got + 4, 'i32') === 1, 'the tick was not received exactly once')
  },
}

/** Each tick of a periodic timer is received once: two waiting threads receive two ticks. */
const ticking: Model<Life> = {
  name: 'two threads wait for the ticks of a periodic timer',
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
    expect(Math.abs(a - b) >= 8, `two ticks at ${a} and ${b}`)
  },
}

/** A receive that gives up takes no message, and the next receive returns it. */
const receiving: Model<Life> = {
  name: 'a receive from a bounded channel gives up while a message is sent',
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
        const next = (): void => expect(mine.recv().wait(1) === got + 1, 'received another value than the sent one')
        while (got < 2) got += done(life, next)
        life.end(mine)
      },
    )
  },
}

/** A select between a send into a full channel and a receive completes one of them, and the other has no effect. */
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
      'the select reports a result that it did not have',
    )
  },
}

/** Both sides of one rendezvous in one select: one select sends and the other receives; neither meets itself. */
const themselves: Model<Life> = {
  name: 'two selects with a send and a receive each meet at one rendezvous',
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
        expect(first.key === 'out' || first.value === 1 - i, 'a select met itself')
        world().set(outcome + 4 * i, first.key === 'out' ? 1 : 0, 'i32')
      }),
    )
    expect(world().get(outcome, 'i32') + world().get(outcome + 4, 'i32') === 1, 'not exactly one select has sent')
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
          name: 'a send times out although it has sent its message',
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
          name: 'a wait that gives up does not accept a transferred value',
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
          name: 'a losing arm stays registered',
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
          // Before the fix, the thread slept on the state of a waiter that was in no wait queue, so it polled in a loop
          // until the deadline.
          name: 'a wait for a timer does not sleep',
          file: 'wait/park.ts',
          from: 'isQueued(waiter) ? WAITER_QUEUED : WAITER_FREE',
          to: 'WAITER_QUEUED',
        },
        {
          name: 'a tick is received without the latch',
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
          name: 'a received tick stays in the timer',
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
          name: 'a wait that gives up passes no wake-up on',
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
