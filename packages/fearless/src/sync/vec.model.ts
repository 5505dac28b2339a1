/**
 * Model of a vec's memory: it has one owner at a time, and the accesses of one owner happen before those of the next.
 */
import { VEC_ELEMENTS } from '../core/vecs.ts'
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Each thread allocates a vec, writes to it by plain accesses, and frees it. One freed vec exists at the start. */
function using(threads: number, preemptions?: number): DescribedModel<Life> {
  return {
    name: 'vecs are allocated, written and freed',
    threads,
    operations: 2,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const { core, runThreads } = life
      core.freeVec(life.self, core.newVec(life.self, 1024))
      const body = (i: number) => (): void => {
        const vec = core.newVec(life.self, 1024)
        const at = core.wordLoad(vec + VEC_ELEMENTS)
        world().set(at, i, 'i32')
        assertInvariant(world().get(at, 'i32') === i, 'another owner has written to the memory')
        core.freeVec(life.self, vec)
      }
      runThreads(...Array.from({ length: threads }, (_, i) => body(i)))
      const [a, b] = [core.newVec(life.self, 1024), core.newVec(life.self, 1024)]
      assertInvariant(core.wordLoad(a + VEC_ELEMENTS) !== core.wordLoad(b + VEC_ELEMENTS), 'the memory was freed twice')
    },
  }
}

/** Parallel work holds a vec and reads it, while the vec's owner in another thread tries to write. */
const held: DescribedModel<Life> = {
  name: 'a vec is held while its owner tries to write',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { dropResource, transferHandle, holdVec, runThreads, refuseHeldVec, vec } = life
    const numbers = vec.i32(1)
    const { at } = numbers.memory
    const hold = holdVec(numbers)
    const [takeVec, takeHold] = [transferHandle(numbers), transferHandle(hold)]
    runThreads(
      () => {
        const mine = takeHold() as unknown as Disposable
        const before = world().get(at, 'i32')
        assertInvariant(world().get(at, 'i32') === before, 'the vec was written while it was held')
        dropResource(mine)
      },
      () => {
        const mine = takeVec() as unknown as typeof numbers
        try {
          refuseHeldVec(mine)
          world().set(at, 7, 'i32')
        } catch (error) {
          assertInvariant((error as { code?: string }).code === 'FL0013', 'another error was thrown')
        }
        dropResource(mine)
      },
    )
  },
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/vecs.ts', from, to })

export default {
  source: 'core/vecs.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...using(2),
      twins: [
        {
          name: 'allocates without the latch',
          file: 'core/alloc.ts',
          from: '  latch(self, central + CLASS_LATCH)\n  if (get(central + CLASS_ROOM) == 0) {',
          to: '  if (get(central + CLASS_ROOM) == 0) {',
        },
        twin('frees the memory twice', '  free(self, vec)\n}\n', '  free(self, get(vec + VEC_ELEMENTS))\n}\n'),
      ],
    },
    {
      ...held,
      twins: [
        {
          name: 'the owner writes although the vec is held',
          file: 'sync/vec.ts',
          from: '  if (Atomics.load(i32, (liveObjectOf(numbers) + VEC_OWNERS) >> 2) === 1) return\n',
          to: '  if (Atomics.load(i32, (liveObjectOf(numbers) + VEC_OWNERS) >> 2) > 0) return\n',
        },
        {
          name: 'the owner checks with a plain read',
          file: 'sync/vec.ts',
          from: '  if (Atomics.load(i32, (liveObjectOf(numbers) + VEC_OWNERS) >> 2) === 1) return\n',
          to: '  if (i32[(liveObjectOf(numbers) + VEC_OWNERS) >> 2] === 1) return\n',
        },
      ],
    },
    { ...using(3, 2), deep: true },
  ],
} satisfies ModelFile<Life>
