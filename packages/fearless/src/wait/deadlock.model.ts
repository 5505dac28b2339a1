/** A circle of locks is found by one of its threads, so that nobody hangs; where there is no circle, nobody finds one. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import type { Mutex } from '../sync/mutex.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Each thread takes these locks, in this order, and holds them all for a moment. */
type Orders = readonly (readonly number[])[]

function locking(name: string, orders: Orders, circles: number, preemptions?: number): Model<Life> {
  return {
    name,
    threads: orders.length,
    operations: Math.max(...orders.map(order => order.length)),
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.settle()
      const { core, end, play, self, DeadlockError, Mutex } = life
      const locks: Mutex<number>[] = Array.from({ length: 3 }, () => new Mutex(0))
      const errors = core.allocate(self, 16)
      core.wordStore(errors, 0)
      play(
        ...orders.map(order => () => {
          const held: Disposable[] = []
          try {
            for (const which of order) held.push(locks[which].lock().wait())
          } catch (error) {
            if (!(error instanceof DeadlockError)) throw error
            core.wordAdd(errors, 1)
          }
          for (const guard of held.toReversed()) end(guard)
        }),
      )
      expect(core.wordLoad(errors) <= circles, circles === 0 ? 'an error without a circle' : 'two errors for a circle')
      for (const lock of locks) expect(lock.lock().try() !== undefined, 'somebody has a lock still')
    },
  }
}

export default {
  of: 'wait/deadlock.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...locking(
        'two locks, in both orders',
        [
          [0, 1],
          [1, 0],
        ],
        1,
      ),
      twins: [
        {
          name: 'looks for a circle before it says what it waits for',
          file: 'wait/deadlock.ts',
          from: '  Atomics.store(i32, (self + SLOT_WAITS) >> 2, lock)\n  if (circle(self) === undefined) return undefined\n',
          to: '  const found_ = circle(self)\n  Atomics.store(i32, (self + SLOT_WAITS) >> 2, lock)\n  if (found_ === undefined) return undefined\n',
        },
        {
          name: 'both that close it take the error',
          file: 'wait/deadlock.ts',
          from: '  if (error !== undefined) Atomics.store(i32, (self + SLOT_WAITS) >> 2, 0)\n  core.unlatch(self, DEADLOCK_LATCH)\n',
          to: '  core.unlatch(self, DEADLOCK_LATCH)\n  if (error !== undefined) Atomics.store(i32, (self + SLOT_WAITS) >> 2, 0)\n',
        },
      ],
    },
    {
      ...locking(
        'two locks, in one order',
        [
          [0, 1],
          [0, 1],
        ],
        0,
      ),
    },
    {
      ...locking('three locks, no circle', [[0, 1], [1, 2], [2]], 0, 1),
      twins: [
        {
          name: 'takes whoever waits for a lock for its holder',
          file: 'wait/deadlock.ts',
          from: '      if (holder === slot || follow(holder)) return true\n',
          to: '      if (holder !== at) return true\n',
        },
      ],
    },
    ...[
      locking(
        'three locks in a circle',
        [
          [0, 1],
          [1, 2],
          [2, 0],
        ],
        1,
        1,
      ),
      locking(
        'two locks, in both orders',
        [
          [0, 1],
          [1, 0],
        ],
        1,
        4,
      ),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
