/** Model of Arc: the last owner drops the contents once. The contents are a Mutex with the only sender of a channel. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function owners(threads: number): DescribedModel<Life> {
  return {
    name: 'all owners drop an Arc',
    threads,
    operations: 1,
    program: life => () => {
      const { Arc, Mutex, core, dropResource, transferHandle, mpsc, runThreads, self } = life
      life.loadThreadVariables()
      const [tx, rx] = mpsc.channel<number>()
      const first = new Arc(new Mutex(tx))
      const all = [first]
      while (all.length < threads) all.push(Arc.clone(first))
      const takes = all.map(arc => transferHandle(arc as unknown as Parameters<typeof transferHandle>[0]))
      runThreads(...takes.map(take => () => dropResource(take() as unknown as Disposable)))
      for (const value of rx) assertInvariant(value === 0, 'no message was sent')
      // If a lock was freed twice, two allocations return the same address.
      const [a, b] = [core.allocateOfClass(self, core.LOCKS), core.allocateOfClass(self, core.LOCKS)]
      assertInvariant(a !== b, 'the lock was freed twice')
    },
  }
}

export default {
  source: 'sync/arc.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...owners(2),
      twins: [
        {
          name: 'an owner counts itself out in two steps',
          file: 'core/handles.ts',
          from: '  if (removeOwner(owners) != 0) {\n    set(handle + HANDLE_STATE, LAST_OWNER)',
          to: '  const before = get(owners)\n  store(owners, before - 1)\n  if (before == 1) {\n    set(handle + HANDLE_STATE, LAST_OWNER)',
        },
      ],
    },
    { ...owners(3), deep: true },
  ],
} satisfies ModelFile<Life>
