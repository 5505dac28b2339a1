/** `spawn`, `join` and `park` as programs use them: a join returns the outcome, and no unpark is lost. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const joining: DescribedModel<Life> = {
  name: 'a join returns the result of a spawned thread',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const handle = life.thread.spawn(n => n * 2, 21)
    assertInvariant(handle.join().wait() === 42, 'the join returned another value than the thread')
  },
}

const parking: DescribedModel<Life> = {
  name: 'a thread unparks the thread that spawned it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { thread } = life
    life.loadThreadVariables()
    const handle = thread.spawn(main => main.unpark(), thread.current())
    thread.park().wait()
    handle.join().wait()
  },
}

export default {
  source: 'thread/join-handle.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...joining,
      twins: [
        {
          name: 'a finished thread is marked as done before its outcome is stored',
          file: 'core/run-queue.ts',
          from: '  set(thread + THREAD_OUTCOME, outcome)\n  store(thread + THREAD_STATE, THREAD_DONE)',
          to: '  store(thread + THREAD_STATE, THREAD_DONE)\n  set(thread + THREAD_OUTCOME, outcome)',
        },
      ],
    },
    {
      ...parking,
      twins: [
        {
          name: 'unpark wakes the thread before it stores the token',
          file: 'core/run-queue.ts',
          from: '  store(thread + THREAD_TOKEN, 1)\n  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)',
          to: '  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)\n  store(thread + THREAD_TOKEN, 1)',
        },
      ],
    },
  ],
} satisfies ModelFile<Life>
