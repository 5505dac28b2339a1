/** The memory of a vec is one owner's at a time: what its next owner does comes after all that the one before did. */
import { VEC_AT } from '../core/vecs.ts'
import { expect } from '../model/stage.ts'
import type { Described, Model, Twin } from '../model/described.ts'
import { world } from '../model/world.ts'

type Life = typeof import('../model/cast.ts')

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

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/vecs.ts', from, to })

export default {
  of: 'core/vecs.ts',
  entry: 'model/cast.ts',
  models: [
    {
      ...using(2),
      twins: [
        twin(
          'takes a free one without the latch',
          '  latch(self, VEC_LATCH)\n  let vec = get(free)\n  if (vec != 0) set(free, get(vec + NEXT))\n  unlatch(self, VEC_LATCH)\n',
          '  let vec = get(free)\n  if (vec != 0) set(free, get(vec + NEXT))\n',
        ),
        twin('takes a free one and leaves it in the list', '  if (vec != 0) set(free, get(vec + NEXT))\n', ''),
      ],
    },
    { ...using(3, 2), deep: true },
  ],
} satisfies Described<Life>
