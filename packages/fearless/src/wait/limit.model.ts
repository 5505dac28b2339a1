/** Waits with a limit: a wait that gives up has no effect, and a wait that had its effect does not report a timeout. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
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

const sending: DescribedModel<Life> = {
  name: 'a send into a full channel gives up while a receiver makes room',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, runThreads, self } = life
    life.loadThreadVariables()
    const [tx, rx] = open(life, 1)
    tx.send(1).try()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    const sent = core.allocate(self, 16)
    runThreads(
      () => {
        const mine = takeTx()
        world().set(
          sent,
          done(life, () => mine.send(2).wait(1)),
          'i32',
        )
        life.dropResource(mine)
      },
      () => {
        const mine = takeRx()
        const got: number[] = []
        for (const value of mine) got.push(value)
        world().set(sent + 4, got.length, 'i32')
        assertInvariant(
          got.every((value, i) => value === i + 1),
          `got ${got.join(' ')}`,
        )
      },
    )
    assertInvariant(
      world().get(sent + 4, 'i32') === 1 + world().get(sent, 'i32'),
      'the send reports a result that it did not have',
    )
  },
}

const meeting: DescribedModel<Life> = {
  name: 'both sides of a rendezvous give up',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, runThreads, self } = life
    life.loadThreadVariables()
    const [tx, rx] = open(life, 0)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    const outcome = core.allocate(self, 16)
    runThreads(
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
          done(life, () => assertInvariant(mine.recv().wait(1) === 1, 'received another value than the sent one')),
          'i32',
        )
      },
    )
    assertInvariant(
      world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'),
      'only one side has completed the rendezvous',
    )
  },
}

/** Two selects, each with a send to the other and a receive from it: exactly one message is transferred. */
const selects: DescribedModel<Life> = {
  name: 'two selects with a send and a receive each meet at two rendezvous',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, runThreads, select, self } = life
    life.loadThreadVariables()
    const [[txA, rxA], [txB, rxB]] = [open(life, 0), open(life, 0)]
    const [takeTxA, takeRxA, takeTxB, takeRxB] = [
      transferHandle(txA),
      transferHandle(rxA),
      transferHandle(txB),
      transferHandle(rxB),
    ]
    const outcome = core.allocate(self, 16)
    const meet = (at: number, tx: SyncSender<number>, rx: Receiver<number>, sent: number): void => {
      const first = select.biased({ out: tx.send(sent), in: rx.recv() }).wait()
      assertInvariant(first.key === 'out' || first.value === 3 - sent, 'received another value than the sent one')
      world().set(at, first.key === 'out' ? 1 : 0, 'i32')
    }
    runThreads(
      () => {
        const [tx, rx] = [takeTxA(), takeRxB()]
        meet(outcome, tx, rx, 1)
      },
      () => {
        const [tx, rx] = [takeTxB(), takeRxA()]
        meet(outcome + 4, tx, rx, 2)
      },
    )
    assertInvariant(
      world().get(outcome, 'i32') + world().get(outcome + 4, 'i32') === 1,
      'not exactly one select has sent',
    )
    life.freeBlocks()
  },
}

/** The tick of a timer is received once. */
const moments: DescribedModel<Life> = {
  name: 'two threads wait for the only tick of a timer',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { after, core, runThreads, self } = life
    life.loadThreadVariables()
    const timer = after(1)
    const takes = [0, 1].map(() => {
      const { record } = life.cloneHandle(timer)
      return () => life.reviveHandle(record) as typeof timer
    })
    const got = core.allocate(self, 16)
    runThreads(
      ...takes.map((take, i) => () => {
        const mine = take()
        world().set(
          got + i * 4,
          done(life, () => void mine.recv().wait(2)),
          'i32',
        )
      }),
    )
    assertInvariant(
      world().get(got, 'i32') + world().get(got + 4, 'i32') === 1,
      'the tick was not received exactly once',
    )
  },
}

/** Each tick of a periodic timer is received once: two waiting threads receive two ticks. */
const ticking: DescribedModel<Life> = {
  name: 'two threads wait for the ticks of a periodic timer',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, runThreads, self, tick } = life
    life.loadThreadVariables()
    const timer = tick(8)
    const takes = [0, 1].map(() => {
      const { record } = life.cloneHandle(timer)
      return () => life.reviveHandle(record) as typeof timer
    })
    const got = core.allocate(self, 16)
    runThreads(
      ...takes.map((take, i) => () => {
        const mine = take()
        world().set(got + i * 4, Math.round(mine.recv().wait()), 'i32')
      }),
    )
    const [a, b] = [0, 4].map(at => world().get(got + at, 'i32'))
    assertInvariant(Math.abs(a - b) >= 8, `two ticks at ${a} and ${b}`)
  },
}

/** A receive that gives up takes no message, and the next receive returns it. */
const receiving: DescribedModel<Life> = {
  name: 'a receive from a bounded channel gives up while a message is sent',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads } = life
    life.loadThreadVariables()
    const [tx, rx] = open(life, 1)
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeTx()
        mine.send(1).wait()
        mine.send(2).wait()
        life.dropResource(mine)
      },
      () => {
        const mine = takeRx()
        let got = 0
        const next = (): void =>
          assertInvariant(mine.recv().wait(1) === got + 1, 'received another value than the sent one')
        while (got < 2) got += done(life, next)
        life.dropResource(mine)
      },
    )
  },
}

/** A select between a send into a full channel and a receive completes one of them, and the other has no effect. */
const choosing: DescribedModel<Life> = {
  name: 'a select sends into a full channel or receives',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, runThreads, select, self } = life
    life.loadThreadVariables()
    const [[txOut, rxOut], [txIn, rxIn]] = [open(life, 1), open(life, 1)]
    txOut.send(1).try()
    const [takeData, takeIn] = [transferHandle(txOut), transferHandle(rxIn)]
    const [takeRoom, takeNews] = [transferHandle(rxOut), transferHandle(txIn)]
    const outcome = core.allocate(self, 16)
    runThreads(
      () => {
        const [out, news] = [takeData(), takeIn()]
        const first = select.biased({ sent: out.send(2), got: news.recv() }).wait()
        world().set(outcome, first.key === 'sent' ? 1 : 0, 'i32')
        assertInvariant(
          (news.recv().try() === undefined) === (first.key === 'got'),
          'a message was lost, or received twice',
        )
        life.dropResource(out)
      },
      () => {
        const [room, news] = [takeRoom(), takeNews()]
        news.send(3).try()
        const got: number[] = []
        for (const value of room) got.push(value)
        assertInvariant(got[0] === 1 && (got[1] ?? 2) === 2, `got ${got.join(' ')}`)
        world().set(outcome + 4, got.length - 1, 'i32')
      },
    )
    assertInvariant(
      world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'),
      'the select reports a result that it did not have',
    )
  },
}

/** Both sides of one rendezvous in one select: one select sends and the other receives; neither meets itself. */
const themselves: DescribedModel<Life> = {
  name: 'two selects with a send and a receive each meet at one rendezvous',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, mpmc, runThreads, select, self } = life
    life.loadThreadVariables()
    const [tx, rx] = mpmc.channel<number>(0)
    const ends = [
      [transferHandle(tx.clone()), transferHandle(rx.clone())],
      [transferHandle(tx), transferHandle(rx)],
    ] as const
    const outcome = core.allocate(self, 16)
    runThreads(
      ...ends.map(([takeTx, takeRx], i) => () => {
        const [out, news] = [takeTx(), takeRx()]
        const first = select.biased({ out: out.send(i), in: news.recv() }).wait()
        assertInvariant(first.key === 'out' || first.value === 1 - i, 'a select met itself')
        world().set(outcome + 4 * i, first.key === 'out' ? 1 : 0, 'i32')
      }),
    )
    assertInvariant(
      world().get(outcome, 'i32') + world().get(outcome + 4, 'i32') === 1,
      'not exactly one select has sent',
    )
  },
}

export default {
  source: 'wait/wait.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sending,
      preemptions: 2,
      twins: [
        {
          name: 'a send times out although it has sent its message',
          file: 'wait/wait.ts',
          from: '    const value = this.#inner.tryComplete()\n    if (value === PENDING && monotonicNow() >= this.#end) this.#timedOut()\n    return value\n',
          to: '    const value = this.#inner.tryComplete()\n    if (monotonicNow() >= this.#end) this.#timedOut()\n    return value\n',
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
          from: 'attempt.unregister(waiter) ? attempt.tryComplete() : attempt.accept(waiter)',
          to: '(attempt.unregister(waiter), attempt.tryComplete())',
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
          from: '    arm.attempt.unregister(waiter)\n',
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
          from: 'const value = attempt.unregister(waiter) ? attempt.tryComplete() : attempt.accept(waiter)',
          to: 'attempt.unregister(waiter)\n      const value = attempt.isReady() ? (attempt.tryComplete(), attempt.tryComplete()) : attempt.tryComplete()',
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
} satisfies ModelFile<Life>
