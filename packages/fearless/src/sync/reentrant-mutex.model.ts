/** A lock that its thread takes again: nobody else has it before it was released as often as it was taken. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model, Twin } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function nesting(threads: number, mortals: number, preemptions?: number): Model<Life> {
  return {
    name: mortals === 0 ? 'a lock inside of the same lock' : 'one that has locked it twice dies',
    threads,
    operations: 2,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.settle()
      const mutex = new life.ReentrantMutex(0)
      const body = (): void => {
        const outer = mutex.lock().wait()
        const before = outer.value
        const inner = mutex.lock().wait()
        inner.value = before + 1
        life.end(inner)
        expect(outer.value === before + 1, 'somebody else had it in between')
        outer.value = before + 2
        life.end(outer)
      }
      life.playWith(
        mortals,
        Array.from({ length: threads }, () => () => body),
      )
      const guard = mutex.lock().try()
      expect(guard !== undefined, 'somebody has it still')
      const most = 2 * threads
      expect(
        mortals === 0 ? guard!.value === most : guard!.value <= most && guard!.value >= most - 2,
        'a change was lost',
      )
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/reentrant-mutex.ts', from, to })

export default {
  of: 'sync/reentrant-mutex.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...nesting(2, 0),
      twins: [
        twin('is free when the inner one is released', '  if (depth > 0) return\n', ''),
        twin(
          'is taken by a look and a step',
          '  else if (cas(lock + MUTEX_LOCK, 0, id) == 0) set(lock + REENTRANT_DEPTH, 1)\n',
          '  else if (load(lock + MUTEX_LOCK) == 0) {\n    store(lock + MUTEX_LOCK, id)\n    set(lock + REENTRANT_DEPTH, 1)\n  }\n',
        ),
        twin(
          'looks for those who wait before it frees the lock',
          '  store(lock + MUTEX_LOCK, 0)\n  if (hasWaiters(lock + MUTEX_QUEUE) != 0) wakeOne(self, lock + MUTEX_QUEUE)\n  pay(self)\n',
          '  const waits = hasWaiters(lock + MUTEX_QUEUE)\n  store(lock + MUTEX_LOCK, 0)\n  if (waits != 0) wakeOne(self, lock + MUTEX_QUEUE)\n  pay(self)\n',
        ),
      ],
    },
    {
      ...nesting(2, 1, 1),
      twins: [
        twin(
          'the reaper frees it and wakes nobody',
          '  store(lock + MUTEX_LOCK, 0)\n  wakeOne(self, lock + MUTEX_QUEUE)\n}',
          '  store(lock + MUTEX_LOCK, 0)\n}',
        ),
      ],
    },
    { ...nesting(3, 0, 1), deep: true },
  ],
} satisfies Described<Life>
