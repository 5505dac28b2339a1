/** A select completes exactly one arm, and the messages offered to the other arms stay for the next receive. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function selecting(rounds: number): DescribedModel<Life> {
  return {
    name:
      rounds === 1
        ? 'two senders offer a message and one arm wins'
        : 'two senders offer a message and both arms win in turn',
    threads: 3,
    operations: rounds,
    program: life => () => {
      const { transferHandle, runThreads, mpsc, select } = life
      life.loadThreadVariables()
      const ends = [mpsc.channel<number>(0), mpsc.channel<number>(0)]
      const sending = ends.map(([tx], i) => {
        const take = transferHandle(tx)
        return () => {
          const mine = take()
          mine.send(i + 1).wait()
        }
      })
      const [takeA, takeB] = ends.map(([, rx]) => transferHandle(rx))
      runThreads(
        () => {
          const [a, b] = [takeA(), takeB()]
          const got: number[] = []
          for (let i = 0; i < rounds; i++) got.push(select({ a: a.recv(), b: b.recv() }).wait().value)
          while (got.length < 2) {
            const value = (got[0] === 1 ? b : a).recv().wait()
            got.push(value)
          }
          assertInvariant(got.toSorted().join(' ') === '1 2', `got ${got.join(' ')}`)
        },
        ...sending,
      )
    },
  }
}

const limited: DescribedModel<Life> = {
  name: 'a select gives up while it is chosen',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { transferHandle, runThreads, mpsc, select, TimeoutError } = life
    life.loadThreadVariables()
    const ends = [mpsc.channel<number>(0), mpsc.channel<number>(0)]
    const [takeTx] = ends.map(([tx]) => transferHandle(tx))
    const [takeA, takeB] = ends.map(([, rx]) => transferHandle(rx))
    runThreads(
      () => takeTx().send(1).wait(),
      () => {
        const [a, b] = [takeA(), takeB()]
        try {
          assertInvariant(
            select({ a: a.recv(), b: b.recv() }).wait(1).value === 1,
            'received another value than the sent one',
          )
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
          assertInvariant(a.recv().wait() === 1, 'received another value than the sent one')
        }
      },
    )
  },
}

export default {
  source: 'wait/select.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...selecting(1),
      preemptions: 1,
      twins: [
        {
          name: 'a notifier claims a select in two steps',
          file: 'core/wait-queue.ts',
          from: '  if (claim == 0 || cas(claim, 0, waiter) == 0) return 1',
          to: '  if (claim == 0) return 1\n  if (load(claim) == 0) {\n    store(claim, waiter)\n    return 1\n  }',
        },
        {
          name: 'the waiter of a select is notified on its own word',
          file: 'core/wait-queue.ts',
          from: 'notify(claim == 0 ? waiter + WAITER_STATE : claim, 1)',
          to: 'notify(waiter + WAITER_STATE, 1)',
        },
      ],
    },
    {
      ...limited,
      preemptions: 1,
      twins: [
        {
          // Before the fix, a select read its message as soon as it was claimed and freed its waiter, so the message
          // was lost.
          name: 'a select continues before its notifier has transferred the message',
          file: 'wait/select.ts',
          from: '    if (winner !== undefined && get(winner.waiter + WAITER_QUEUE) !== 0) core.unregisterWaiter(self, winner.waiter)\n',
          to: '',
        },
        {
          name: 'a select gives up without claiming itself',
          file: 'wait/select.ts',
          from: 'if (cas(first + WAITER_OWN_CLAIM, 0, GIVEN_UP) !== 0) return false',
          to: '',
        },
      ],
    },
    { ...selecting(1), deep: true },
    { ...limited, deep: true },
    { ...selecting(2), deep: true },
  ],
} satisfies ModelFile<Life>
