/**
 * Mutual exclusion, visibility and progress: a mutex has one holder at a time, which sees all stores of the previous
 * holder, and every waiter gets it. A waiter waits as in wait/park.ts: register, check once more, sleep, unregister.
 */
import {
  assertInvariant,
  newCoreHarness,
  runThreads,
  type Core,
  type CoreHarness,
} from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

export function lock({ core, sleep }: CoreHarness, self: number, mutex: number, waiter: number): void {
  const { MUTEX_LOCK, MUTEX_QUEUE, mutexTry } = core.mutex
  while (mutexTry(self, mutex) === 0) {
    core.waitQueue.registerWaiter(self, mutex + MUTEX_QUEUE, waiter)
    if (core.memory.load(mutex + MUTEX_LOCK) !== 0) sleep(waiter)
    core.waitQueue.unregisterWaiter(self, waiter)
  }
}

function exclusion(threads: number, operations: number): DescribedModel<Core> {
  return {
    name: 'threads lock, change and unlock a mutex',
    threads,
    operations,
    program: core => () => {
      const stage = newCoreHarness(core)
      const { get, set } = core.memory
      const mutex = stage.zeroed(64)
      const count = stage.zeroed(4)
      const bodies = Array.from({ length: threads }, (_, i) => {
        const self = stage.slot(i + 1)
        const waiter = stage.waiter(self)
        return () => {
          for (let n = 0; n < operations; n++) {
            lock(stage, self, mutex, waiter)
            set(count, get(count) + 1)
            core.mutex.mutexUnlock(self, mutex)
          }
        }
      })
      runThreads(...bodies)
      assertInvariant(get(count) === threads * operations, 'an increment was lost')
      assertInvariant(get(mutex + core.mutex.MUTEX_QUEUE + 4) === 0, 'a waiter is left in the queue')
    },
  }
}

export default {
  source: 'core/mutex.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...exclusion(2, 2),
      preemptions: 2,
      twins: [
        {
          name: 'the holder checks the wait queue before it releases the lock',
          file: 'core/mutex.ts',
          from: '  store(mutex + MUTEX_LOCK, 0)\n  if (hasWaiters(mutex + MUTEX_QUEUE) != 0) wakeOne(self, mutex + MUTEX_QUEUE)\n  endAnnouncement(self)',
          to: '  const waits = hasWaiters(mutex + MUTEX_QUEUE)\n  store(mutex + MUTEX_LOCK, 0)\n  if (waits != 0) wakeOne(self, mutex + MUTEX_QUEUE)\n  endAnnouncement(self)',
        },
        {
          name: 'the holder wakes a waiter before it releases the lock',
          file: 'core/mutex.ts',
          from: '  store(mutex + MUTEX_LOCK, 0)\n  if (hasWaiters(mutex + MUTEX_QUEUE) != 0) wakeOne(self, mutex + MUTEX_QUEUE)\n  endAnnouncement(self)',
          to: '  if (hasWaiters(mutex + MUTEX_QUEUE) != 0) wakeOne(self, mutex + MUTEX_QUEUE)\n  store(mutex + MUTEX_LOCK, 0)\n  endAnnouncement(self)',
        },
        {
          name: 'the lock is acquired in two steps',
          file: 'core/mutex.ts',
          from: 'if (cas(mutex + MUTEX_LOCK, 0, get(self + SLOT_ID)) != 0) return 0',
          to: 'if (get(mutex + MUTEX_LOCK) != 0) return 0\n  store(mutex + MUTEX_LOCK, get(self + SLOT_ID))',
        },
      ],
    },
    exclusion(2, 1),
    { ...exclusion(3, 1), preemptions: 2 },
    { ...exclusion(2, 2), deep: true },
    { ...exclusion(3, 1), deep: true },
    { ...exclusion(3, 2), deep: true },
  ],
} satisfies ModelFile<Core>
