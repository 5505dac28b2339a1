/** A latch has one holder at a time, and every thread that spins on it gets it. */
import { assertInvariant, newCoreHarness, runThreads, type Core } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

function exclusion(threads: number, operations: number): DescribedModel<Core> {
  return {
    name: 'a latch has one holder at a time',
    threads,
    operations,
    program: core => () => {
      const stage = newCoreHarness(core)
      const { get, set } = core.memory
      const at = stage.zeroed(4)
      const count = stage.zeroed(4)
      const bodies = Array.from({ length: threads }, (_, i) => {
        const self = stage.slot(i + 1)
        return () => {
          for (let n = 0; n < operations; n++) {
            core.latch.latch(self, at)
            set(count, get(count) + 1)
            core.latch.unlatch(self, at)
          }
        }
      })
      runThreads(...bodies)
      assertInvariant(get(count) === threads * operations, 'an increment was lost')
    },
  }
}

export default {
  source: 'core/latch.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...exclusion(2, 2),
      twins: [
        {
          name: 'the latch is acquired in two steps',
          file: 'core/latch.ts',
          from: 'if (cas(at, 0, get(self + SLOT_ID)) != 0) latchContended(self, at)',
          to: 'if (load(at) == 0) store(at, get(self + SLOT_ID)); else latchContended(self, at)',
        },
        {
          name: 'the exchange is tried although the load before it found the latch held',
          file: 'core/latch.ts',
          from: 'if (load(at) == 0 && cas(at, 0, id) == 0) return',
          to: 'if (Number(load(at) == 0) & Number(cas(at, 0, id) == 0)) return',
        },
        {
          name: 'the latch is never released',
          file: 'core/latch.ts',
          from: '  store(at, 0)\n  set(self + SLOT_LATCH, 0)',
          to: '  set(self + SLOT_LATCH, 0)',
        },
      ],
    },
    exclusion(3, 1),
    { ...exclusion(3, 2), deep: true },
  ],
} satisfies ModelFile<Core>
