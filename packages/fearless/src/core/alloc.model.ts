/**
 * No block has two owners, also while threads take from and give back to the central lists at the same time. Blocks of
 * 16 KiB travel one by one: a third release spills, and whoever has none refills.
 */
import { expect, newStage, together, type Core } from '../model/stage.ts'
import type { Described, Model } from '../model/described.ts'

const BYTES = 16384

function exchange(...rounds: readonly number[]): Model<Core> {
  return {
    name: 'refill and spill',
    threads: rounds.length,
    operations: Math.max(...rounds) * 6,
    program: core => () => {
      const stage = newStage(core)
      const { alloc, layout, memory } = core
      memory.set(layout.HEAP_TOP, layout.FIRST_SPAN)
      memory.set(layout.HEAP_END, layout.FIRST_SPAN + 4 * layout.SPAN_SIZE)
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
  entry: 'model/core.ts',
  models: [
    {
      ...exchange(2, 1),
      preemptions: 2,
      twins: [
        {
          name: 'refills without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  let first = get(central + CLASS_FREE)',
          to: '  let first = get(central + CLASS_FREE)',
        },
        {
          name: 'spills without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  set(last, get(central + CLASS_FREE))',
          to: '  set(last, get(central + CLASS_FREE))',
        },
        {
          name: 'leaves the list it takes from as it is',
          file: 'core/alloc.ts',
          from: '    set(central + CLASS_FREE, get(last))\n    set(last, 0)',
          to: '    set(last, 0)',
        },
      ],
    },
    { ...exchange(1, 1), deep: true },
    { ...exchange(2, 1), deep: true },
    { ...exchange(2, 2), deep: true },
    { ...exchange(1, 1, 1), deep: true },
  ],
} satisfies Described<Core>
