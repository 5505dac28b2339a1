/**
 * Model of ReentrantMutex: no other thread acquires the lock before its holder has released it as often as it acquired
 * it.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function nesting(threads: number, mortals: number, preemptions?: number): DescribedModel<Life> {
  return {
    name:
      mortals === 0
        ? 'a thread locks a ReentrantMutex that it holds'
        : 'a thread dies that may hold a ReentrantMutex twice',
    threads,
    operations: 2,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const mutex = new life.ReentrantMutex(0)
      const body = (): void => {
        const outer = mutex.lock().wait()
        const before = outer.value
        const inner = mutex.lock().wait()
        inner.value = before + 1
        life.dropResource(inner)
        assertInvariant(outer.value === before + 1, 'another thread held the lock in between')
        outer.value = before + 2
        life.dropResource(outer)
      }
      life.runThreadsWithDeaths(
        mortals,
        Array.from({ length: threads }, () => () => body),
      )
      const guard = mutex.lock().try()
      assertInvariant(guard !== undefined, 'the lock is still held')
      const most = 2 * threads
      assertInvariant(
        mortals === 0 ? guard!.value === most : guard!.value <= most && guard!.value >= most - 2,
        'a change was lost',
      )
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/reentrant-mutex.ts', from, to })

export default {
  source: 'sync/reentrant-mutex.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...nesting(2, 0),
      twins: [
        twin('releasing the inner guard frees the lock', '  if (depth > 0) return\n', ''),
        twin(
          'acquires by a load and a store',
          '  else if (cas(lock + MUTEX_LOCK, 0, id) == 0) set(lock + REENTRANT_DEPTH, 1)\n',
          '  else if (load(lock + MUTEX_LOCK) == 0) {\n    store(lock + MUTEX_LOCK, id)\n    set(lock + REENTRANT_DEPTH, 1)\n  }\n',
        ),
        twin(
          'checks for waiters before it frees the lock',
          '  store(lock + MUTEX_LOCK, 0)\n  if (hasWaiters(lock + MUTEX_QUEUE) != 0) wakeOne(self, lock + MUTEX_QUEUE)\n  endAnnouncement(self)\n',
          '  const waits = hasWaiters(lock + MUTEX_QUEUE)\n  store(lock + MUTEX_LOCK, 0)\n  if (waits != 0) wakeOne(self, lock + MUTEX_QUEUE)\n  endAnnouncement(self)\n',
        ),
      ],
    },
    {
      ...nesting(2, 1, 1),
      twins: [
        twin(
          'the reaper frees the lock and wakes no waiter',
          '  store(lock + MUTEX_LOCK, 0)\n  wakeOne(self, lock + MUTEX_QUEUE)\n}',
          '  store(lock + MUTEX_LOCK, 0)\n}',
        ),
      ],
    },
    { ...nesting(3, 0, 1), deep: true },
  ],
} satisfies ModelFile<Life>
