/** Model of WaitGroup: a wait completes once no member is left and never before, however the members end. */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Members count up and are dropped. One thread waits and checks that all have counted. */
function leaving(members: number, mortals: number, preemptions?: number): DescribedModel<Life> {
  return {
    name: mortals === 0 ? 'members are dropped, one thread waits' : 'members are dropped or die, one thread waits',
    threads: members + 1,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const { WaitGroup, core, dropResource, transferHandle, runThreadsWithDeaths, self } = life
      const group = new WaitGroup()
      const done = core.allocate(self, 16)
      core.wordStore(done, 0)
      const takes = Array.from({ length: members }, () => transferHandle(group.clone()))
      const takeGroup = transferHandle(group)
      runThreadsWithDeaths(mortals, [
        ...takes.map(take => () => {
          const mine = take()
          return () => {
            core.wordAdd(done, 1)
            dropResource(mine)
          }
        }),
        () => {
          const mine = takeGroup()
          return () => {
            assertInvariant(mine.finished().wait(), 'the wait did not return true')
            if (mortals === 0)
              assertInvariant(core.wordLoad(done) === members, 'the wait ended before all members had been dropped')
            dropResource(mine)
          }
        },
      ])
      // If a group was freed twice, two allocations return the same address.
      const [a, b] = [core.allocate(self, 32), core.allocate(self, 32)]
      assertInvariant(a !== b, 'the group was freed twice')
    },
  }
}

/** Two threads wait, and neither waits for the other. */
const waiting: DescribedModel<Life> = {
  name: 'two threads wait for a third, and not for each other',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { WaitGroup, dropResource, transferHandle, runThreads } = life
    const group = new WaitGroup()
    const takes = [transferHandle(group.clone()), transferHandle(group.clone())]
    const takeGroup = transferHandle(group)
    runThreads(
      ...takes.map(take => () => {
        const mine = take()
        assertInvariant(mine.finished().wait(), 'the wait did not return true')
        dropResource(mine)
      }),
      () => dropResource(takeGroup()),
    )
  },
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/wait-group.ts', from, to })

export default {
  source: 'sync/wait-group.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...leaving(2, 0),
      twins: [
        twin(
          'a member counts itself out in two steps',
          '  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_QUEUE)\n',
          '  const before = load(group + GROUP_MEMBERS)\n  store(group + GROUP_MEMBERS, before - 1)\n  if (before == 1) wakeAll(self, group + GROUP_QUEUE)\n',
        ),
        twin(
          'wakes the waiters before the member is counted out',
          '  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_QUEUE)\n',
          '  if (load(group + GROUP_MEMBERS) == 1) wakeAll(self, group + GROUP_QUEUE)\n  add(group + GROUP_MEMBERS, -1)\n',
        ),
        twin('a waiting handle counts itself out at each poll', '  if (get(handle + HANDLE_STATE) == 0) return\n', ''),
      ],
    },
    {
      ...waiting,
      twins: [
        twin(
          'a waiting handle stays a member',
          '  set(handle + HANDLE_STATE, 0)\n  if (add(group + GROUP_MEMBERS, -1) == 1)',
          '  set(handle + HANDLE_STATE, 0)\n  if (add(group + GROUP_MEMBERS, 0) == 1)',
        ),
        {
          name: 'wakes one waiter instead of all',
          file: 'core/wait-queue.ts',
          from: '    wakeWaiter(waiter)\n    woken++\n',
          to: '    wakeWaiter(waiter)\n    woken++\n    break\n',
        },
      ],
    },
    {
      ...leaving(1, 2, 1),
      twins: [
        twin(
          'a member can die between its word and the count',
          '  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_QUEUE)\n',
          '  deathPoint()\n  if (add(group + GROUP_MEMBERS, -1) == 1) wakeAll(self, group + GROUP_QUEUE)\n',
        ),
        twin('a dying member leaves no pending wake-up', '  announceWakeUp(self, group + GROUP_QUEUE)\n', ''),
      ],
    },
    ...[{ ...waiting, preemptions: 2 }, leaving(2, 2, 1)].map(each => ({
      ...each,
      deep: true as const,
    })),
  ],
} satisfies ModelFile<Life>
