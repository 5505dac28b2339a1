/** Cancels a wait while it is being woken: it accepts the transferred value, or passes the wake-up on. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
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
  assertInvariant(outcome !== undefined, 'the wait has not ended')
  return outcome!.value
}

const receive: DescribedModel<Life> = {
  name: 'a receive is cancelled while a message is sent',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, mpsc } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>()
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    runThreads(
      () => {
        const mine = takeRx()
        const got = cancelled(life, mine.recv())
        if (got === undefined) assertInvariant(mine.recv().wait() === 1, 'the message is lost')
        else assertInvariant(got === 1, `got ${got}`)
      },
      () => takeTx().send(1),
    )
  },
}

const lock: DescribedModel<Life> = {
  name: 'a lock is cancelled while two threads acquire the lock in turn',
  threads: 3,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const mutex = new life.Mutex(0)
    const uses = (): void => life.dropResource(mutex.lock().wait())
    life.runThreads(
      () => {
        const guard = cancelled(life, mutex.lock())
        if (guard !== undefined) life.dropResource(guard)
      },
      uses,
      uses,
    )
  },
}

const meeting: DescribedModel<Life> = {
  name: 'a receive is cancelled while a rendezvous transfers a message to it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { core, transferHandle, runThreads, self, mpsc, TimeoutError } = life
    life.loadThreadVariables()
    const [tx, rx] = mpsc.channel<number>(0) as [SyncSender<number>, Receiver<number>]
    const [takeTx, takeRx] = [transferHandle(tx), transferHandle(rx)]
    const outcome = core.allocate(self, 16)
    runThreads(
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
    assertInvariant(
      world().get(outcome, 'i32') === world().get(outcome + 4, 'i32'),
      'only one side has completed the rendezvous',
    )
  },
}

const permits: DescribedModel<Life> = {
  name: 'an acquire is cancelled while a permit is released',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const semaphore = new life.Semaphore(1)
    life.runThreads(
      () => {
        const permit = cancelled(life, semaphore.acquire())
        if (permit !== undefined) life.dropResource(permit)
      },
      () => {
        life.dropResource(semaphore.acquire().wait())
        life.dropResource(semaphore.acquire().wait())
      },
    )
    assertInvariant(semaphore.availablePermits === 1, 'the semaphore does not have exactly one permit')
  },
}

const file = 'wait/yield.ts'

export default {
  source: 'wait/cancellation.ts',
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
          from: '    if (queue !== 0) core.wakeAll(self, queue)\n    freeWokenWaiter(waiter)\n',
          to: '    freeWokenWaiter(waiter)\n',
        },
      ],
    },
    {
      ...meeting,
      twins: [
        {
          name: 'a transferred value is not accepted',
          file,
          from: 'if (this.#attempt.hasHandover?.(this.#waiter) !== true) this.#discardWake()',
          to: 'if (this.#waiter !== 0) this.#discardWake()',
        },
      ],
    },
    { ...permits, preemptions: 2 },
    { ...permits, deep: true },
  ],
} satisfies ModelFile<Life>
