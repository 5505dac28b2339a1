/** One thread of a cycle of locks finds the cycle, so that no thread hangs; without a cycle no thread reports one. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { Mutex } from '../sync/mutex.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** The locks that each thread acquires in this order before it releases them all. */
type Orders = readonly (readonly number[])[]

function locking(name: string, orders: Orders, cycles: number, preemptions?: number): DescribedModel<Life> {
  return {
    name,
    threads: orders.length,
    operations: Math.max(...orders.map(order => order.length)),
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const { core, dropResource, runThreads, self, DeadlockError, Mutex } = life
      const locks: Mutex<number>[] = Array.from({ length: 3 }, () => new Mutex(0))
      const errors = core.allocate(self, 16)
      core.wordStore(errors, 0)
      runThreads(
        ...orders.map(order => () => {
          const held: Disposable[] = []
          try {
            for (const which of order) held.push(locks[which].lock().wait())
          } catch (error) {
            if (!(error instanceof DeadlockError)) throw error
            core.wordAdd(errors, 1)
          }
          for (const guard of held.toReversed()) dropResource(guard)
        }),
      )
      assertInvariant(
        core.wordLoad(errors) <= cycles,
        cycles === 0 ? 'an error without a cycle' : 'two errors for one cycle',
      )
      for (const lock of locks) assertInvariant(lock.lock().try() !== undefined, 'a lock is still held')
    },
  }
}

export default {
  source: 'wait/deadlock.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...locking(
        'two threads acquire two locks in opposite orders',
        [
          [0, 1],
          [1, 0],
        ],
        1,
      ),
      twins: [
        {
          name: 'a thread searches for a cycle before it stores the lock that it waits for',
          file: 'wait/deadlock.ts',
          from: '  store(self + SLOT_WAITS_FOR_LOCK, lock)\n  if (findCycle(self) === undefined) return undefined\n',
          to: '  const found_ = findCycle(self)\n  store(self + SLOT_WAITS_FOR_LOCK, lock)\n  if (found_ === undefined) return undefined\n',
        },
        {
          name: 'both threads that close the cycle throw the error',
          file: 'wait/deadlock.ts',
          from: '  if (error !== undefined) store(self + SLOT_WAITS_FOR_LOCK, 0)\n  core.unlatch(self, DEADLOCK_LATCH)\n',
          to: '  core.unlatch(self, DEADLOCK_LATCH)\n  if (error !== undefined) store(self + SLOT_WAITS_FOR_LOCK, 0)\n',
        },
      ],
    },
    {
      ...locking(
        'two threads acquire two locks in the same order',
        [
          [0, 1],
          [0, 1],
        ],
        0,
      ),
    },
    {
      ...locking('three threads acquire three locks without a cycle', [[0, 1], [1, 2], [2]], 0, 1),
      twins: [
        {
          name: 'a thread that waits for a lock is mistaken for its holder',
          file: 'wait/deadlock.ts',
          from: '      if (holder === slot || follow(holder)) return true\n',
          to: '      if (holder !== at) return true\n',
        },
      ],
    },
    ...[
      locking(
        'three threads acquire three locks in a cycle',
        [
          [0, 1],
          [1, 2],
          [2, 0],
        ],
        1,
        1,
      ),
      locking(
        'two threads acquire two locks in opposite orders',
        [
          [0, 1],
          [1, 0],
        ],
        1,
        4,
      ),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
