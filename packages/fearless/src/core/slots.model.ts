/** A slot belongs to one thread at a time, and a freed slot is used again. */
import { assertInvariant, newCoreHarness, runThreads, type Core } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

function lives(threads: number, operations: number): DescribedModel<Core> {
  return {
    name: 'threads allocate and free slots',
    threads,
    operations,
    program: core => () => {
      const stage = newCoreHarness(core)
      const { layout, memory, slots } = core
      memory.set(layout.NEXT_SLOT, threads + 1)
      const bodies = Array.from({ length: threads }, (_, i) => {
        const self = stage.slot(i + 1)
        return () => {
          for (let n = 0; n < operations; n++) {
            const slot = slots.newSlot(self)
            memory.set(slot + layout.SLOT_STATE, i + 1)
            assertInvariant(memory.load(slot + layout.SLOT_ID) !== 0, 'a slot has no id')
            assertInvariant(memory.get(slot + layout.SLOT_STATE) === i + 1, 'two threads have one slot')
            slots.freeSlot(self, slot)
          }
        }
      })
      runThreads(...bodies)
      assertInvariant(memory.load(layout.NEXT_SLOT) <= 2 * threads + 1, 'a free slot was not used again')
    },
  }
}

export default {
  source: 'core/slots.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...lives(2, 1),
      twins: [
        {
          name: 'a slot is allocated without the latch',
          file: 'core/slots.ts',
          from: '  latch(self, FREE_SLOTS_LATCH)\n  let slot = get(FREE_SLOTS)',
          to: '  let slot = get(FREE_SLOTS)',
        },
        {
          name: 'the id of a slot is cleared after the slot is in the free list',
          file: 'core/slots.ts',
          from: '  store(slot + SLOT_ID, 0)\n  latch(self, FREE_SLOTS_LATCH)\n  set(slot + SLOT_NEXT, get(FREE_SLOTS))\n  set(FREE_SLOTS, slot)\n  unlatch(self, FREE_SLOTS_LATCH)',
          to: '  latch(self, FREE_SLOTS_LATCH)\n  set(slot + SLOT_NEXT, get(FREE_SLOTS))\n  set(FREE_SLOTS, slot)\n  unlatch(self, FREE_SLOTS_LATCH)\n  store(slot + SLOT_ID, 0)',
        },
      ],
    },
    { ...lives(2, 2), preemptions: 2 },
    { ...lives(2, 2), deep: true },
    { ...lives(3, 1), deep: true },
  ],
} satisfies ModelFile<Core>
