/** A handle that is handed over has one owner at every moment; a sender that is late does not take it back. */
import { expect, newStage, together, type Core } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'

function handing(threads: number): Model<Core> {
  return {
    name: threads === 2 ? 'a handle is handed to another thread' : 'a handle goes round',
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
        expect(memory.get(self + layout.SLOT_HANDLES) === handle, 'it is in no list')
        if (i === threads - 1) return
        handles.giveHandle(self, handle)
        handles.handOver(self)
        memory.store(messages[i + 1], handle)
        handles.sendHandle(self, handle)
        expect(memory.get(self + layout.SLOT_HANDLES) === 0, 'it is in two lists')
      })
      together(...bodies)
      expect(memory.load(handle + handles.HANDLE_OWNER) === threads, 'the last one is not its owner')
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
          name: 'the sender writes that it travels, whoever has it',
          file: 'core/handles.ts',
          from: '  cas(handle + HANDLE_OWNER, -1 - get(self + SLOT_ID), IN_TRANSIT)',
          to: '  store(handle + HANDLE_OWNER, IN_TRANSIT)',
        },
      ],
    },
    handing(3),
  ],
} satisfies Described<Core>
