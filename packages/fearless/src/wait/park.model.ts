/** Blocking waits, through locks and limits: a thread that must wait sleeps, and wakes when it can continue. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function locking(threads: number, operations: number): Model<Life> {
  return {
    name: 'threads increment a number in a Mutex',
    threads,
    operations,
    program: life => () => {
      life.settle()
      const mutex = new life.Mutex(0)
      const adding = (): void => {
        for (let i = 0; i < operations; i++) {
          const guard = mutex.lock().wait()
          guard.value += 1
          life.end(guard)
        }
      }
      life.play(...Array.from({ length: threads }, () => adding))
      const guard = mutex.lock().wait()
      expect(guard.value === threads * operations, 'an increment was lost')
    },
  }
}

const limited: Model<Life> = {
  name: 'a wait for a lock times out while it is woken',
  threads: 3,
  operations: 1,
  program: life => () => {
    life.settle()
    const mutex = new life.Mutex(0)
    const once = (ms?: number) => (): void => {
      try {
        const guard = mutex.lock().wait(ms)
        guard.value += 1
        life.end(guard)
      } catch (error) {
        if (!(error instanceof life.TimeoutError)) throw error
      }
    }
    life.play(once(), once(), once(1))
    expect(mutex.lock().wait().value >= 2, 'an increment was lost')
  },
}

export default {
  of: 'wait/park.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...locking(2, 1),
      twins: [
        {
          name: 'a thread sleeps without checking again',
          file: 'wait/park.ts',
          from: '      if (!attempt.ready()) {',
          to: '      {',
        },
        {
          name: 'a thread checks again before it registers its waiter',
          file: 'wait/park.ts',
          from:
            '      if (!attempt.enter(waiter)) {\n        const value = attempt.poll()\n' +
            '        if (value !== PENDING) return value\n        continue\n      }\n      if (!attempt.ready()) {',
          to:
            '      const before = attempt.ready()\n      if (!attempt.enter(waiter)) {\n        const value = attempt.poll()\n' +
            '        if (value !== PENDING) return value\n        continue\n      }\n      if (!before) {',
        },
      ],
    },
    { ...limited, preemptions: 2 },
    { ...limited, deep: true },
    { ...locking(2, 2), deep: true },
    { ...locking(3, 1), deep: true },
  ],
} satisfies Described<Life>
