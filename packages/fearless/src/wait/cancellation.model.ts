/** Cancels a wait while it is being woken: it accepts the transferred value, or passes the wake-up on. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Receiver } from '../channel/receiver.ts'
import type { SyncSender } from '../channel/sender.ts'
import type { Wait } from './wait.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Starts the wait, cancels it, and runs the loop. Returns its value, or undefined if it was cancelled. */
function cancelled<T>({ Cancellation, runLoop }: Life, wait: Wait<T>): T | undefined {
  let outcome: { readonly value: T | undefined } | undefined
  const under = new Cancellation(undefined, false)
  void under.run(() =>
    wait.then(
      value => (outcome = { value }),
      () => (outcome = { value: undefined }),
    ),
  )
  under.cancel(new Error('aborted'))
  runLoop(() => outcome !== undefined)
  expect(outcome !== undefined, 'the wait has not ended')
  return outcome!.value
}

const receive: Model<Life> = {
  name: 'a receive is cancelled while a message is sent',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { give, play, mpsc } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>()
    const [takeTx, takeRx] = [give(tx), give(rx)]
    play(
      () => {
        const mine = takeRx()
        const got = cancelled(life, mine.recv())
        if (got === undefined) expect(mine.recv().wait() === 1, 'the message is lost')
        else expect(got === 1, `got ${got}`)
      },
      () => takeTx().send(1),
    )
  },
}

const lock: Model<Life> = {
  name: 'a lock is cancelled while two threads acquire the lock in turn',
  threads: 3,
  operations: 1,
  program: life => () => {
    life.settle()
    const mutex = new life.Mutex(0)
    const uses = (): void => life.end(mutex.lock().wait())
    life.play(
      () => {
        const guard = cancelled(life, mutex.lock())
        if (guard !== undefined) life.end(guard)
      },
      uses,
      uses,
    )
  },
}

const meeting: Model<Life> = {
  name: 'a receive is cancelled while a rendezvous transfers a message to it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, give, play, self, mpsc, TimeoutError } = life
    life.settle()
    const [tx, rx] = mpsc.channel<number>(0) as [SyncSender<number>, Receiver<number>]
    const [takeTx, takeRx] = [give(tx), give(rx)]
    const outcome = core.allocate(self, 16)
    play(
      () => {
        const mine = takeRx()
        world().set(outcome, cancelled(life, mine.recv()) === 1 ? 1 : 0, 'i32')
      },
      () => {
        const mine = takeTx()
        let sent = 1
        try {
          mine.send(1).wait(1)
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
          sent = 0
        }
        world().set(outcome + 4, sent, 'i32')
      },
    )
    expect(
      world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'),
      'only one side has completed the rendezvous',
    )
  },
}

const permits: Model<Life> = {
  name: 'an acquire is cancelled while a permit is released',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const semaphore = new life.Semaphore(1)
    life.play(
      () => {
        const permit = cancelled(life, semaphore.acquire())
        if (permit !== undefined) life.end(permit)
      },
      () => {
        life.end(semaphore.acquire().wait())
        life.end(semaphore.acquire().wait())
      },
    )
    expect(semaphore.availablePermits === 1, 'the semaphore does not have exactly one permit')
  },
}

const file = 'wait/yield.ts'

export default {
  of: 'wait/cancellation.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    receive,
    {
      ...lock,
      preemptions: 2,
      twins: [
        {
          name: 'the wake-up is not passed on',
          file,
          from: '    if (queue !== 0) core.wakeAll(self, queue)\n    retire(waiter)\n',
          to: '    retire(waiter)\n',
        },
      ],
    },
    {
      ...meeting,
      twins: [
        {
          name: 'a transferred value is not accepted',
          file,
          from: 'if (this.#attempt.handed?.(this.#waiter) !== true) this.#discardWake()',
          to: 'if (this.#waiter !== 0) this.#discardWake()',
        },
      ],
    },
    { ...permits, preemptions: 2 },
    { ...permits, deep: true },
  ],
} satisfies Described<Life>
