/** A sent handle has one owner at every moment, and a slow sender does not overwrite the receiver's ownership. */
import { expect, newStage, together, type Core } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

function handing(threads: number): Model<Core> {
  return {
    name: threads === 2 ? 'a handle is sent to another thread' : 'a handle is sent from thread to thread',
    threads,
    operations: 1,
    program: core => () => {
      const stage = newStage(core)
      const { handles, layout, memory } = core
      const slots = Array.from({ length: threads }, (_, i) => stage.slot(i + 1))
      const messages = Array.from({ length: threads }, () => stage.place(4))
      const handle = stage.place(32)
      handles.adoptHandle(slots[0], handle, 1)
      const bodies = slots.map((self, i) => () => {
        if (i > 0) {
          while (memory.load(messages[i]) === 0) memory.pause()
          handles.adoptHandle(self, handle, 1)
        }
        expect(memory.get(self + layout.SLOT_HANDLES) === handle, 'the handle is in no list')
        if (i === threads - 1) return
        handles.giveHandle(self, handle)
        handles.handOver(self)
        memory.store(messages[i + 1], handle)
        handles.sendHandle(self, handle)
        expect(memory.get(self + layout.SLOT_HANDLES) === 0, 'the handle is in two lists')
      })
      together(...bodies)
      expect(memory.load(handle + handles.HANDLE_OWNER) === threads, 'the last thread does not own the handle')
    },
  }
}

export default {
  of: 'core/handles.ts',
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
} satisfies Described<Core>
