/** Every pushed item is taken once, by the owner or by a thief. */
import { assertInvariant, newCoreHarness, runThreads, type Core } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

function stealing(thieves: number, items: number, steals: number): DescribedModel<Core> {
  return {
    name: `an owner pushes ${items} and pops, ${thieves === 1 ? 'a thief steals' : `${thieves} thieves steal`}`,
    threads: thieves + 1,
    operations: Math.max(items * 2, steals),
    program: core => () => {
      const stage = newCoreHarness(core)
      const { deque, memory } = core
      const at = stage.zeroed(deque.DEQUE_BYTES)
      const taken = Array.from({ length: items + 1 }, () => stage.zeroed(4))
      const take = (item: number): void => {
        assertInvariant(memory.get(item + 4) === memory.get(item) * 10, 'the words of an item do not belong together')
        assertInvariant(memory.add(taken[memory.get(item)], 1) === 0, `item ${memory.get(item)} was taken twice`)
      }
      deque.initDeque(at)
      const own = stage.zeroed(8)
      const robbers = Array.from({ length: thieves }, () => {
        const item = stage.zeroed(8)
        return () => {
          for (let i = 0; i < steals; i++) if (deque.steal(at, item, 0) === deque.STEAL_DONE) take(item)
        }
      })
      runThreads(
        () => {
          for (let i = 1; i <= items; i++) deque.pushBottom(at, i, i * 10)
          while (deque.popBottom(at, own) !== 0) take(own)
        },
        ...robbers,
      )
      for (let i = 1; i <= items; i++) assertInvariant(memory.get(taken[i]) === 1, `item ${i} was lost`)
    },
  }
}

export default {
  source: 'core/deque.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...stealing(1, 2, 2),
      twins: [
        {
          name: 'the owner pops the last item without an exchange',
          file: 'core/deque.ts',
          from: 'const won = cas(deque + TOP, top, top + 1) == top',
          to: 'const won = true\n    store(deque + TOP, top + 1)',
        },
        {
          name: 'the owner loads top before it announces its pop',
          file: 'core/deque.ts',
          from: '  store(deque + BOTTOM, bottom)\n  const top = load(deque + TOP)',
          to: '  const top = load(deque + TOP)\n  store(deque + BOTTOM, bottom)',
        },
        {
          name: 'the thief advances top in two steps',
          file: 'core/deque.ts',
          from: '  if (cas(deque + TOP, top, top + 1) != top) return STEAL_RETRY',
          to: '  if (load(deque + TOP) != top) return STEAL_RETRY\n  store(deque + TOP, top + 1)',
        },
        {
          name: 'an item is published before it is stored',
          file: 'core/deque.ts',
          from: '  set(item, low)\n  set(item + 4, high)\n  // Passes the item to the thread that takes it.\n  store(deque + BOTTOM, bottom + 1)',
          to: '  store(deque + BOTTOM, bottom + 1)\n  set(item, low)\n  set(item + 4, high)',
        },
      ],
    },
    stealing(2, 2, 1),
    { ...stealing(2, 3, 2), deep: true },
  ],
} satisfies ModelFile<Core>
