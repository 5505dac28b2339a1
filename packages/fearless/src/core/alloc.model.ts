/**
 * A block has one owner, also if threads refill and spill their caches at the same time. Blocks of 16 KiB have batches
 * of one: a third release spills, and an allocation with an empty cache refills.
 */
import { assertInvariant, newCoreHarness, runThreads, type Core } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

const BYTES = 16384
/** Sixteen of them are the reserve. */
const PAGES = 32

function exchange(...rounds: readonly number[]): DescribedModel<Core> {
  return {
    name: 'threads refill and spill their caches',
    threads: rounds.length,
    operations: Math.max(...rounds) * 6,
    program: core => () => {
      const stage = newCoreHarness(core)
      const {
        alloc,
        firstWords: { firstWords },
        layout,
        memory,
      } = core
      const bytes = ((layout.PAGE_TABLE >> layout.PAGE_SHIFT) + 1 + PAGES) << layout.PAGE_SHIFT
      for (const [at, value] of firstWords(bytes)) memory.set(at, value)
      const bodies = rounds.map((times, i) => {
        const self = stage.slot(i + 1)
        return () => {
          for (let n = 0; n < times; n++) {
            const blocks = [0, 0, 0].map(() => alloc.allocate(self, BYTES))
            for (const block of blocks) {
              assertInvariant(block !== 0, 'the heap is full')
              // If another thread has the same block, this store races, or one of them reads the other's mark.
              memory.set(block + 8, self)
            }
            for (const block of blocks) {
              assertInvariant(memory.get(block + 8) === self, 'a block has two owners')
              alloc.free(self, block)
            }
          }
        }
      })
      runThreads(...bodies)
    },
  }
}

export default {
  source: 'core/alloc.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...exchange(2, 1),
      preemptions: 2,
      twins: [
        {
          name: 'a cache is refilled without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  if (get(central + CLASS_ROOM) == 0) {',
          to: '  if (get(central + CLASS_ROOM) == 0) {',
        },
        {
          name: 'a cache is spilled without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  while (count > 0) {\n    count--\n    if (returnBlock',
          to: '  while (count > 0) {\n    count--\n    if (returnBlock',
        },
        {
          name: 'a span with a block in use is returned',
          file: 'core/alloc.ts',
          from: '  if (live != 0 || (get',
          to: '  if (live > 1 || (get',
        },
      ],
    },
    { ...exchange(1, 1), deep: true },
    { ...exchange(2, 1), deep: true },
    { ...exchange(2, 2), deep: true },
    { ...exchange(1, 1, 1), deep: true },
  ],
} satisfies ModelFile<Core>
