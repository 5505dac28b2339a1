/**
 * No block has two owners, also while threads take from and give back to the central lists at the same time. Blocks of
 * 16 KiB travel one by one: a third release spills, and whoever has none refills.
 */
import { expect, newStage, together, type Core } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

const BYTES = 16384
/** Of which the reserve takes sixteen. */
const PAGES = 32

function exchange(...rounds: readonly number[]): Model<Core> {
  return {
    name: 'refill and spill',
    threads: rounds.length,
    operations: Math.max(...rounds) * 6,
    program: core => () => {
      const stage = newStage(core)
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
              expect(block !== 0, 'the heap is full')
              // A block that another thread has too is a race here, or shows the other's mark.
              memory.set(block + 8, self)
            }
            for (const block of blocks) {
              expect(memory.get(block + 8) === self, 'a block has two owners')
              alloc.release(self, block)
            }
          }
        }
      })
      together(...bodies)
    },
  }
}

export default {
  of: 'core/alloc.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...exchange(2, 1),
      preemptions: 2,
      twins: [
        {
          name: 'refills without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  if (get(central + CLASS_ROOM) == 0) {',
          to: '  if (get(central + CLASS_ROOM) == 0) {',
        },
        {
          name: 'spills without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  while (count > 0) {\n    count--\n    if (returnBlock',
          to: '  while (count > 0) {\n    count--\n    if (returnBlock',
        },
        {
          name: 'returns a span that has a block in use',
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
} satisfies Described<Core>
