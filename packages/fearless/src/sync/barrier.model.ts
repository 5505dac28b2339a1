/**
 * Model of Barrier: all parties pass or none, with one leader per generation. A wait that gives up, or whose thread
 * dies, has not arrived. The parties read each other's writes by plain accesses, so the checker reports a missing
 * happens-before edge.
 */
import { BARRIER_GENERATION } from '../core/barrier.ts'
import { SLOT_ID } from '../core/layout.ts'
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/**
 * Each party writes the round, passes the barrier, and reads the others' writes. They pass it again before the next
 * round.
 */
function rounds(threads: number, count: number, preemptions?: number): DescribedModel<Life> {
  return {
    name: "all parties arrive, read each other's writes, and arrive again",
    threads,
    operations: 2 * count,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const { core, runThreads, self, Barrier } = life
      const barrier = new Barrier(threads)
      const written = core.allocate(self, 64)
      const leaders = core.allocate(self, 16)
      core.wordStore(leaders, 0)
      const meet = (): void => {
        if (barrier.arrive().wait().isLeader) core.wordAdd(leaders, 1)
      }
      const bodies = Array.from({ length: threads }, (_, i) => () => {
        for (let round = 1; round <= count; round++) {
          world().set(written + 4 * i, round, 'i32')
          meet()
          for (let k = 0; k < threads; k++) {
            assertInvariant(world().get(written + 4 * k, 'i32') === round, 'a party passed before another had arrived')
          }
          meet()
        }
      })
      runThreads(...bodies)
      assertInvariant(core.wordLoad(leaders) === 2 * count, 'not exactly one leader per generation')
    },
  }
}

const givingUp: DescribedModel<Life> = {
  name: 'a party times out and arrives again',
  threads: 2,
  operations: 1,
  preemptions: 2,
  program: life => () => {
    life.loadThreadVariables()
    const { core, runThreads, self, liveObjectOf, Barrier, TimeoutError } = life
    const barrier = new Barrier(2)
    const leaders = core.allocate(self, 16)
    core.wordStore(leaders, 0)
    const meet = (ms?: number): void => {
      if (barrier.arrive().wait(ms).isLeader) core.wordAdd(leaders, 1)
    }
    runThreads(
      () => {
        try {
          meet(1)
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
          meet()
        }
      },
      () => meet(),
    )
    assertInvariant(core.wordLoad(leaders) === 1, 'not exactly one leader')
    assertInvariant(
      core.wordLoad(liveObjectOf(barrier) + BARRIER_GENERATION) === 2,
      'the barrier did not open exactly once',
    )
  },
}

/** A party that arrives after the reaper has removed a dead one is alone. */
const dying: DescribedModel<Life> = {
  name: 'one of two parties dies',
  threads: 2,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { core, runThreadsWithDeaths, self, liveObjectOf, Barrier, TimeoutError } = life
    const barrier = new Barrier(2)
    const mortal = core.allocate(self, 16)
    core.wordStore(mortal, 0)
    const opened = (): boolean => core.wordLoad(liveObjectOf(barrier) + BARRIER_GENERATION) === 2
    /** Returns whether the barrier opened before the time limit. */
    const meets = (): boolean => {
      try {
        barrier.arrive().wait(1)
        return true
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
        return false
      }
    }
    runThreadsWithDeaths(1, [
      () => {
        core.wordStore(mortal, life.self)
        return () => void meets()
      },
      () => () => {
        const its = core.wordLoad(mortal)
        const isAlone = its !== 0 && core.wordLoad(its + SLOT_ID) === 0 && !opened()
        const hasMet = meets()
        assertInvariant(!hasMet || !isAlone, 'the barrier opened for a dead party')
        assertInvariant(hasMet === opened(), 'a party passed before the other had arrived, or timed out afterwards')
      },
    ])
  },
}

export default {
  source: 'sync/barrier.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...rounds(2, 1),
      preemptions: 2,
      twins: [
        {
          name: 'moves the generation after it has woken the others and released the latch',
          file: 'core/barrier.ts',
          from: '    store(barrier + BARRIER_GENERATION, get(barrier + BARRIER_GENERATION) + 1)\n    while (true) {\n      const waiter = claimFirstWaiter(line)\n      if (waiter == 0) break\n      wakeWaiter(waiter)\n    }\n  }\n  unlatch(self, line)\n  endAnnouncement(self)\n  return last\n}\n',
          to: '    while (true) {\n      const waiter = claimFirstWaiter(line)\n      if (waiter == 0) break\n      wakeWaiter(waiter)\n    }\n  }\n  unlatch(self, line)\n  if (last != 0) store(barrier + BARRIER_GENERATION, get(barrier + BARRIER_GENERATION) + 1)\n  endAnnouncement(self)\n  return last\n}\n',
        },
        {
          name: 'registers without checking whether it is the last',
          file: 'core/barrier.ts',
          from: '  const last = isLast(barrier)\n  if (last == 0) {\n    set(waiter',
          to: '  const last: i32 = 0\n  if (Number(last) == 0) {\n    set(waiter',
        },
        {
          name: 'registers without noting the generation',
          file: 'core/barrier.ts',
          from: '    set(waiter + WAITER_DATA, get(barrier + BARRIER_GENERATION))\n',
          to: '    set(waiter + WAITER_DATA, 2)\n',
        },
      ],
    },
    {
      ...rounds(3, 1, 1),
      twins: [
        {
          name: 'wakes one waiter instead of all',
          file: 'core/barrier.ts',
          from: '      if (waiter == 0) break\n      wakeWaiter(waiter)\n    }\n  }\n  unlatch(self, line)\n  endAnnouncement(self)\n  return last\n',
          to: '      if (waiter == 0) break\n      wakeWaiter(waiter)\n      break\n    }\n  }\n  unlatch(self, line)\n  endAnnouncement(self)\n  return last\n',
        },
        {
          name: 'opens while one party is missing',
          file: 'core/barrier.ts',
          from: '  return missing <= 0 ? 1 : 0',
          to: '  return missing <= 1 ? 1 : 0',
        },
      ],
    },
    {
      ...givingUp,
      twins: [
        {
          name: 'a wait that times out stays in the queue',
          file: 'core/barrier.ts',
          from: '  const left = unregisterLatched(line, waiter)\n',
          to: '  const left: i32 = 1\n',
        },
      ],
    },
    {
      ...dying,
      twins: [
        {
          name: 'the reaper leaves dead waiters in the queue',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => dropWaiters(slot))\n',
          to: '',
        },
      ],
    },
    ...[rounds(2, 2, 2), { ...givingUp, preemptions: 3 }].map(each => ({
      ...each,
      deep: true as const,
    })),
  ],
} satisfies ModelFile<Life>
