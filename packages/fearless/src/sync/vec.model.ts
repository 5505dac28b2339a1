/** The memory of a vec is one owner's at a time: what its next owner does comes after all that the one before did. */
import { VEC_AT } from '../core/vecs.ts'
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model, Twin } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Each thread takes a vec, writes into it by plain accesses, and frees it; one is free already. */
function using(threads: number, preemptions?: number): Model<Life> {
  return {
    name: 'vecs are taken, written and freed',
    threads,
    operations: 2,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.settle()
      const { core, play } = life
      core.freeVec(life.self, core.newVec(life.self, 1024))
      const body = (i: number) => (): void => {
        const vec = core.newVec(life.self, 1024)
        const at = core.wordLoad(vec + VEC_AT)
        world().set(at, i, 'i32')
        expect(world().get(at, 'i32') === i, 'another owner has written into it')
        core.freeVec(life.self, vec)
      }
      play(...Array.from({ length: threads }, (_, i) => body(i)))
      const [a, b] = [core.newVec(life.self, 1024), core.newVec(life.self, 1024)]
      expect(core.wordLoad(a + VEC_AT) !== core.wordLoad(b + VEC_AT), 'it was freed twice')
    },
  }
}

/** Parallel work holds a vec and reads it; the vec's owner, in another thread, would write. */
const held: Model<Life> = {
  name: 'a vec is held while its owner would write',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const { end, give, holdNumbers, play, refuseHeld, vec } = life
    const numbers = vec.i32(1)
    const { at } = numbers.memory
    const hold = holdNumbers(numbers)
    const [takeVec, takeHold] = [give(numbers), give(hold)]
    play(
      () => {
        const mine = takeHold() as unknown as Disposable
        const before = world().get(at, 'i32')
        expect(world().get(at, 'i32') === before, 'it was written while it was held')
        end(mine)
      },
      () => {
        const mine = takeVec() as unknown as typeof numbers
        try {
          refuseHeld(mine)
          world().set(at, 7, 'i32')
        } catch (error) {
          expect((error as { code?: string }).code === 'FL0013', 'another error came')
        }
        end(mine)
      },
    )
  },
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/vecs.ts', from, to })

export default {
  of: 'core/vecs.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...using(2),
      twins: [
        {
          name: 'takes memory without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  if (get(central + CLASS_ROOM) == 0) {',
          to: '  if (get(central + CLASS_ROOM) == 0) {',
        },
        twin('frees its memory twice', '  release(self, vec)\n}\n', '  release(self, get(vec + VEC_AT))\n}\n'),
      ],
    },
    {
      ...held,
      twins: [
        {
          name: 'the owner writes although it is held',
          file: 'sync/vec.ts',
          from: '  if (Atomics.load(i32, (thingOf(numbers) + VEC_OWNERS) >> 2) === 1) return\n',
          to: '  if (Atomics.load(i32, (thingOf(numbers) + VEC_OWNERS) >> 2) > 0) return\n',
        },
        {
          name: 'the owner looks by a plain read',
          file: 'sync/vec.ts',
          from: '  if (Atomics.load(i32, (thingOf(numbers) + VEC_OWNERS) >> 2) === 1) return\n',
          to: '  if (i32[(thingOf(numbers) + VEC_OWNERS) >> 2] === 1) return\n',
        },
      ],
    },
    { ...using(3, 2), deep: true },
  ],
} satisfies Described<Life>
