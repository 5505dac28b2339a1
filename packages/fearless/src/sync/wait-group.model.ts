/** Whoever waits for a group goes on when nobody is a member, never before, and however a member ends. */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model, Twin } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Members do something and leave; one waits and looks whether all have done it. */
function leaving(members: number, mortals: number, preemptions?: number): Model<Life> {
  return {
    name: mortals === 0 ? 'members leave, one waits' : 'members leave or die, one waits',
    threads: members + 1,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.settle()
      const { WaitGroup, core, end, give, playWith, self } = life
      const group = new WaitGroup()
      const done = core.allocate(self, 16)
      core.wordStore(done, 0)
      const takes = Array.from({ length: members }, () => give(group.clone()))
      const takeGroup = give(group)
      playWith(mortals, [
        ...takes.map(take => () => {
          const mine = take()
          return () => {
            core.wordAdd(done, 1)
            end(mine)
          }
        }),
        () => {
          const mine = takeGroup()
          return () => {
            expect(mine.finished().wait(), 'it has not ended')
            if (mortals === 0) expect(core.wordLoad(done) === members, 'it went on before all had left')
            end(mine)
          }
        },
      ])
      // A group that was freed twice is given to two.
      const [a, b] = [core.allocate(self, 32), core.allocate(self, 32)]
      expect(a !== b, 'it was freed twice')
    },
  }
}

/** Two wait, and none of them for the other. */
const waiting: Model<Life> = {
  name: 'two wait, neither for the other, but both for a third',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    life.settle()
    const { WaitGroup, end, give, play } = life
    const group = new WaitGroup()
    const takes = [give(group.clone()), give(group.clone())]
    const takeGroup = give(group)
    play(
      ...takes.map(take => () => {
        const mine = take()
        expect(mine.finished().wait(), 'it has not ended')
        end(mine)
      }),
      () => end(takeGroup()),
    )
  },
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/wait-group.ts', from, to })

export default {
  of: 'sync/wait-group.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...leaving(2, 0),
      twins: [
        twin(
          'a member counts itself out in two steps',
          '  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_LINE)\n',
          '  const before = load(group + GROUP_MEMBERS)\n  store(group + GROUP_MEMBERS, before - 1)\n  if (before == 1) wakeAll(self, group + GROUP_LINE)\n',
        ),
        twin(
          'tells those who wait before it is counted out',
          '  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_LINE)\n',
          '  if (load(group + GROUP_MEMBERS) == 1) wakeAll(self, group + GROUP_LINE)\n  add(group + GROUP_MEMBERS, -1)\n',
        ),
        twin('who waits counts itself out each time it looks', '  if (get(handle + HANDLE_NOTE) == 0) return\n', ''),
      ],
    },
    {
      ...waiting,
      twins: [
        twin(
          'who waits stays a member',
          '  set(handle + HANDLE_NOTE, 0)\n  if (add(group + GROUP_MEMBERS, -1) == 1)',
          '  set(handle + HANDLE_NOTE, 0)\n  if (add(group + GROUP_MEMBERS, 0) == 1)',
        ),
        {
          name: 'wakes one and not all',
          file: 'core/wait-queue.ts',
          from: '    deliver(waiter)\n    woken++\n',
          to: '    deliver(waiter)\n    woken++\n    break\n',
        },
      ],
    },
    {
      ...leaving(1, 2, 1),
      twins: [
        twin(
          'a member can die between its word and the count',
          '  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_LINE)\n',
          '  deathPoint()\n  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_LINE)\n',
        ),
        twin('a member that dies owes nobody', '  owe(self, group + GROUP_LINE)\n', ''),
      ],
    },
    ...[{ ...waiting, preemptions: 2 }, leaving(2, 2, 1)].map(each => ({
      ...each,
      deep: true as const,
    })),
  ],
} satisfies Described<Life>
