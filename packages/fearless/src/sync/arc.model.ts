/** Model of Arc: the last owner drops the contents once. The contents are a Mutex with the only sender of a channel. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function owners(threads: number): Model<Life> {
  return {
    name: 'all owners drop an Arc',
    threads,
    operations: 1,
    program: life => () => {
      const { Arc, Mutex, core, end, give, mpsc, play, self } = life
      life.settle()
      const [tx, rx] = mpsc.channel<number>()
      const first = new Arc(new Mutex(tx))
      const all = [first]
      while (all.length < threads) all.push(Arc.clone(first))
      const takes = all.map(arc => give(arc as unknown as Parameters<typeof give>[0]))
      play(...takes.map(take => () => end(take() as unknown as Disposable)))
      for (const value of rx) expect(value === 0, 'no message was sent')
      // If a lock was freed twice, two allocations return the same address.
      const [a, b] = [core.takeThing(self, core.LOCKS), core.takeThing(self, core.LOCKS)]
      expect(a !== b, 'the lock was freed twice')
    },
  }
}

export default {
  of: 'sync/arc.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...owners(2),
      twins: [
        {
          name: 'an owner counts itself out in two steps',
          file: 'core/handles.ts',
          from: '  if (leftOwners(owners) != 0) {\n    set(handle + HANDLE_NOTE, LAST_OWNER)',
          to: '  const before = get(owners)\n  store(owners, before - 1)\n  if (before == 1) {\n    set(handle + HANDLE_NOTE, LAST_OWNER)',
        },
      ],
    },
    { ...owners(3), deep: true },
  ],
} satisfies Described<Life>
