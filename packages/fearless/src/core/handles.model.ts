/** A sent handle has one owner at every moment, and a slow sender does not overwrite the receiver's ownership. */
import { assertInvariant, newCoreHarness, runThreads, type Core } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

function handing(threads: number): DescribedModel<Core> {
  return {
    name: threads === 2 ? 'a handle is sent to another thread' : 'a handle is sent from thread to thread',
    threads,
    operations: 1,
    program: core => () => {
      const stage = newCoreHarness(core)
      const { handles, layout, memory } = core
      const slots = Array.from({ length: threads }, (_, i) => stage.slot(i + 1))
      const messages = Array.from({ length: threads }, () => stage.zeroed(4))
      const handle = stage.zeroed(32)
      handles.adoptHandle(slots[0], handle, 1)
      const bodies = slots.map((self, i) => () => {
        if (i > 0) {
          while (memory.load(messages[i]) === 0) memory.pause()
          handles.adoptHandle(self, handle, 1)
        }
        assertInvariant(memory.get(self + layout.SLOT_HANDLES) === handle, 'the handle is in no list')
        if (i === threads - 1) return
        handles.packHandle(self, handle)
        handles.endPacking(self)
        memory.store(messages[i + 1], handle)
        handles.markInTransit(self, handle)
        assertInvariant(memory.get(self + layout.SLOT_HANDLES) === 0, 'the handle is in two lists')
      })
      runThreads(...bodies)
      assertInvariant(memory.load(handle + handles.HANDLE_OWNER) === threads, 'the last thread does not own the handle')
    },
  }
}

export default {
  source: 'core/handles.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...handing(2),
      twins: [
        {
          name: 'the sender stores IN_TRANSIT although the receiver may own the handle',
          file: 'core/handles.ts',
          from: '  cas(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID), IN_TRANSIT)',
          to: '  store(handle + HANDLE_OWNER, IN_TRANSIT)',
        },
      ],
    },
    handing(3),
  ],
} satisfies ModelFile<Core>
