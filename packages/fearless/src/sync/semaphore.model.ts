/**
 * Permits by the waits that programs use: a time limit gives back what came too late, and of a thread that dies its
 * permits go back, whatever it did with them.
 */
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import type { Semaphore } from './semaphore.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** Takes so many, and gives them back. */
function uses({ end }: Life, semaphore: Semaphore, permits: number, ms?: number): void {
  const permit = semaphore.acquire(permits).wait(ms)
  expect(permit.permits === permits, 'not as many as it wanted')
  end(permit)
}

const limited: Model<Life> = {
  name: 'a wait for a permit runs out of time while it is served',
  threads: 2,
  operations: 1,
  preemptions: 2,
  program: life => () => {
    life.settle()
    const semaphore = new life.Semaphore(1)
    life.play(
      () => uses(life, semaphore, 1),
      () => {
        try {
          uses(life, semaphore, 1, 1)
        } catch (error) {
          if (!(error instanceof life.TimeoutError)) throw error
        }
      },
    )
    expect(semaphore.availablePermits === 1, 'a permit is lost')
  },
}

const forgetting: Model<Life> = {
  name: 'a permit is forgotten, permits are added',
  threads: 2,
  operations: 2,
  preemptions: 2,
  program: life => () => {
    life.settle()
    const semaphore = new life.Semaphore(1)
    life.play(
      () => {
        semaphore.acquire().wait().forget()
        semaphore.addPermits(2)
      },
      () => uses(life, semaphore, 1),
    )
    expect(semaphore.availablePermits === 2, 'a permit is lost, or came back')
  },
}

type Act = (life: Life, semaphore: Semaphore) => void

/** One of the first so many dies somewhere: the others get their permits, and in the end all are there. */
function dying(name: string, permits: number, mortals: number, acts: readonly Act[], preemptions: number): Model<Life> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    preemptions,
    program: life => () => {
      life.settle()
      const semaphore = new life.Semaphore(permits)
      life.playWith(
        mortals,
        acts.map(act => () => () => act(life, semaphore)),
      )
      expect(semaphore.availablePermits === permits, 'a permit is lost, or there are too many')
    },
  }
}

/** Takes both, keeps one, gives one back; then takes it again. */
const splits: Act = (life, semaphore) => {
  const both = semaphore.acquire(2).wait()
  const mine = both.split(1)!
  expect(both.permits === 1 && mine.permits === 1, 'a permit is lost, or came twice')
  life.end(both)
  const again = semaphore.acquire(1).wait()
  mine.merge(again)
  expect(mine.permits === 2, 'a permit is lost, or came twice')
  life.end(mine)
}

const one: Act = (life, semaphore) => uses(life, semaphore, 1)
const both: Act = (life, semaphore) => uses(life, semaphore, 2)

export default {
  of: 'sync/semaphore.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...limited,
      twins: [
        {
          name: 'who was served asks again',
          file: 'sync/semaphore.ts',
          from: '    return core.isServed(waiter, this.#record) !== 0 ? this.#take() : this.poll()',
          to: '    return this.poll()',
        },
      ],
    },
    {
      ...forgetting,
      twins: [
        {
          name: 'what is forgotten goes back',
          file: 'sync/semaphore.ts',
          from: '    i32[(this.record + HANDLE_NOTE) >> 2] = 0\n',
          to: '',
        },
      ],
    },
    {
      ...dying('one of two that want a permit dies', 1, 2, [one, one], 1),
      twins: [
        {
          name: 'the reaper does not free the latch of the dead',
          file: 'thread/pool/reaper.ts',
          from: '  attempt(() => mendLatch(slot, id))\n',
          to: '',
        },
        {
          name: 'a step is not written down',
          file: 'core/semaphore.ts',
          from: '  store(semaphore + STEP, record)\n  completeTransfer(semaphore)\n',
          to: '  deathPoint()\n  if (record != NO_RECORD) set(record + HANDLE_NOTE, permits)\n  deathPoint()\n  store(semaphore + SEMAPHORE_AVAILABLE, available)\n',
        },
      ],
    },
    dying('one that wants both permits dies', 2, 1, [both, one, one], 0),
    {
      ...dying('one that splits and merges its permits dies', 2, 1, [splits, one], 1),
      twins: [
        {
          name: 'permits are moved in two steps',
          file: 'core/semaphore.ts',
          from: '  set(to + HANDLE_NOTE, get(to + HANDLE_NOTE) + permits)\n',
          to: '  set(to + HANDLE_NOTE, get(to + HANDLE_NOTE) + permits)\n  deathPoint()\n',
        },
        {
          name: 'permits that are merged stay where they were',
          file: 'core/semaphore.ts',
          from: '  set(from + HANDLE_NOTE, get(from + HANDLE_NOTE) - permits)\n',
          to: '',
        },
      ],
    },
    ...[
      dying('one of two that want a permit dies', 1, 2, [one, one], 2),
      dying('one that wants both permits dies', 2, 1, [both, one, one], 1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
