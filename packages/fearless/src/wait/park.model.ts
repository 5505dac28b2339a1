/** Blocking waits, through locks and limits: a thread that must wait sleeps, and wakes when it can continue. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function locking(threads: number, operations: number): DescribedModel<Life> {
  return {
    name: 'threads increment a number in a Mutex',
    threads,
    operations,
    program: life => () => {
      life.loadThreadVariables()
      const mutex = new life.Mutex(0)
      const adding = (): void => {
        for (let i = 0; i < operations; i++) {
          const guard = mutex.lock().wait()
          guard.value += 1
          life.dropResource(guard)
        }
      }
      life.runThreads(...Array.from({ length: threads }, () => adding))
      const guard = mutex.lock().wait()
      assertInvariant(guard.value === threads * operations, 'an increment was lost')
    },
  }
}

const limited: DescribedModel<Life> = {
  name: 'a wait for a lock times out while it is woken',
  threads: 3,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const mutex = new life.Mutex(0)
    const once = (ms?: number) => (): void => {
      try {
        const guard = mutex.lock().wait(ms)
        guard.value += 1
        life.dropResource(guard)
      } catch (error) {
        if (!(error instanceof life.TimeoutError)) throw error
      }
    }
    life.runThreads(once(), once(), once(1))
    assertInvariant(mutex.lock().wait().value >= 2, 'an increment was lost')
  },
}

export default {
  source: 'wait/park.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...locking(2, 1),
      twins: [
        {
          name: 'a thread sleeps without checking again',
          file: 'wait/park.ts',
          from: '      if (!attempt.isReady()) {',
          to: '      {',
        },
        {
          name: 'a thread checks again before it registers its waiter',
          file: 'wait/park.ts',
          from:
            '      if (!attempt.register(waiter)) {\n        const value = attempt.tryComplete()\n' +
            '        if (value !== PENDING) return value\n        continue\n      }\n      if (!attempt.isReady()) {',
          to:
            '      const before = attempt.isReady()\n      if (!attempt.register(waiter)) {\n        const value = attempt.tryComplete()\n' +
            '        if (value !== PENDING) return value\n        continue\n      }\n      if (!before) {',
        },
      ],
    },
    { ...limited, preemptions: 2 },
    { ...limited, deep: true },
    { ...locking(2, 2), deep: true },
    { ...locking(3, 1), deep: true },
  ],
} satisfies ModelFile<Life>
