/**
 * Model of Semaphore through its public waits. A wait that times out returns permits that arrive late. The permits of
 * a thread that dies return to the semaphore.
 */
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import type { Semaphore } from './semaphore.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Acquires `permits` permits and drops them. */
function uses({ dropResource }: Life, semaphore: Semaphore, permits: number, ms?: number): void {
  const permit = semaphore.acquire(permits).wait(ms)
  assertInvariant(permit.permits === permits, 'the wait returned another number of permits')
  dropResource(permit)
}

const limited: DescribedModel<Life> = {
  name: 'a wait for a permit times out while it is served',
  threads: 2,
  operations: 1,
  preemptions: 2,
  program: life => () => {
    life.loadThreadVariables()
    const semaphore = new life.Semaphore(1)
    life.runThreads(
      () => uses(life, semaphore, 1),
      () => {
        try {
          uses(life, semaphore, 1, 1)
        } catch (error) {
          if (!(error instanceof life.TimeoutError)) throw error
        }
      },
    )
    assertInvariant(semaphore.availablePermits === 1, 'a permit was lost')
  },
}

const forgetting: DescribedModel<Life> = {
  name: 'one thread forgets a permit and adds permits, another acquires one',
  threads: 2,
  operations: 2,
  preemptions: 2,
  program: life => () => {
    life.loadThreadVariables()
    const semaphore = new life.Semaphore(1)
    life.runThreads(
      () => {
        semaphore.acquire().wait().forget()
        semaphore.addPermits(2)
      },
      () => uses(life, semaphore, 1),
    )
    assertInvariant(semaphore.availablePermits === 2, 'a permit was lost, or a forgotten one was returned')
  },
}

type Act = (life: Life, semaphore: Semaphore) => void

/**
 * One of the first `mortals` threads dies at any point. The others get their permits, and at the end all permits are
 * available.
 */
function dying(
  name: string,
  permits: number,
  mortals: number,
  acts: readonly Act[],
  preemptions: number,
): DescribedModel<Life> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    preemptions,
    program: life => () => {
      life.loadThreadVariables()
      const semaphore = new life.Semaphore(permits)
      life.runThreadsWithDeaths(
        mortals,
        acts.map(act => () => () => act(life, semaphore)),
      )
      assertInvariant(semaphore.availablePermits === permits, 'a permit was lost or duplicated')
    },
  }
}

/** Acquires two permits, keeps one, returns one, and acquires it again. */
const splits: Act = (life, semaphore) => {
  const both = semaphore.acquire(2).wait()
  const mine = both.split(1)!
  assertInvariant(both.permits === 1 && mine.permits === 1, 'a permit was lost or duplicated')
  life.dropResource(both)
  const again = semaphore.acquire(1).wait()
  mine.merge(again)
  assertInvariant(mine.permits === 2, 'a permit was lost or duplicated')
  life.dropResource(mine)
}

const one: Act = (life, semaphore) => uses(life, semaphore, 1)
const both: Act = (life, semaphore) => uses(life, semaphore, 2)

export default {
  source: 'sync/semaphore.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...limited,
      twins: [
        {
          name: 'a served waiter tries again',
          file: 'sync/semaphore.ts',
          from: '    return core.isServed(waiter, this.#record) !== 0 ? this.#take() : this.tryComplete()',
          to: '    return this.tryComplete()',
        },
      ],
    },
    {
      ...forgetting,
      twins: [
        {
          name: 'forgotten permits return to the semaphore',
          file: 'sync/semaphore.ts',
          from: '    set(this.record + HANDLE_STATE, 0)\n',
          to: '',
        },
      ],
    },
    {
      ...dying('one of two threads that acquire a permit dies', 1, 2, [one, one], 1),
      twins: [
        {
          name: 'the reaper does not release the latch of a dead thread',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => mendLatch(slot, id))\n',
          to: '',
        },
        {
          name: 'a transfer is not recorded before it happens',
          file: 'core/semaphore.ts',
          from: '  store(semaphore + STEP, record)\n  completeTransfer(semaphore)\n',
          to: '  deathPoint()\n  if (record != NO_RECORD) set(record + HANDLE_STATE, permits)\n  deathPoint()\n  store(semaphore + SEMAPHORE_AVAILABLE, available)\n',
        },
      ],
    },
    dying('a thread that acquires both permits dies', 2, 1, [both, one, one], 0),
    {
      ...dying('a thread that splits and merges its permits dies', 2, 1, [splits, one], 1),
      twins: [
        {
          name: 'permits are moved in two steps',
          file: 'core/semaphore.ts',
          from: '  set(to + HANDLE_STATE, get(to + HANDLE_STATE) + permits)\n',
          to: '  set(to + HANDLE_STATE, get(to + HANDLE_STATE) + permits)\n  deathPoint()\n',
        },
        {
          name: 'merged permits also stay in their old record',
          file: 'core/semaphore.ts',
          from: '  set(from + HANDLE_STATE, get(from + HANDLE_STATE) - permits)\n',
          to: '',
        },
      ],
    },
    ...[
      dying('one of two threads that acquire a permit dies', 1, 2, [one, one], 2),
      dying('a thread that acquires both permits dies', 2, 1, [both, one, one], 1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
