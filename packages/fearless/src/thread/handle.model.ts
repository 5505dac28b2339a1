/** Spawn, join and park as programs use them: the outcome is there when a join ends, and an unpark is never lost. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

const joining: Model<Life> = {
  name: 'spawn and join',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const handle = life.thread.spawn(n => n * 2, 21)
    expect(handle.join().wait() === 42, 'not what it returned')
  },
}

const parking: Model<Life> = {
  name: 'a thread unparks the one that made it',
  threads: 2,
  operations: 1,
  program: life => () => {
    const { thread } = life
    life.settle()
    const handle = thread.spawn(main => main.unpark(), thread.current())
    thread.park().wait()
    handle.join().wait()
  },
}

export default {
  of: 'thread/handle.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...joining,
      twins: [
        {
          name: 'says that the thread is done before its outcome is there',
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
          name: 'wakes before the token is there',
          file: 'core/run-queue.ts',
          from: '  store(thread + THREAD_TOKEN, 1)\n  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)',
          to: '  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)\n  store(thread + THREAD_TOKEN, 1)',
        },
      ],
    },
  ],
} satisfies Described<Life>
