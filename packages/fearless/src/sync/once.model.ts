/**
 * Model of Once and OnceLock through their public waits: one thread calls its function, and all see its effects. If it
 * fails or dies, the others learn of that, or call their function instead.
 */
import { MUTEX_OWNERS } from '../core/mutex.ts'
import { ONCE_DONE } from '../core/once.ts'
import { LAZY_CLAIM } from '../memory/handles/kinds.ts'
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Once } from './once.ts'
import type { OnceLock } from './once-lock.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** A word with plain accesses. The checker reports an access that no happens-before edge orders. */
interface Word {
  get(): number
  set(value: number): void
}

function newWord({ core, self }: Life): Word {
  const at = core.allocate(self, 16)
  const word = {
    get: () => world().get(at, 'i32'),
    set: (value: number) => world().set(at, value, 'i32'),
  }
  word.set(0)
  return word
}

/** All threads call the Once, and one of them runs its function. */
function calling(threads: number, preemptions?: number): DescribedModel<Life> {
  return {
    name: 'all threads call a Once',
    threads,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const once = new life.Once()
      const [done, ran] = [newWord(life), life.core.allocate(life.self, 16)]
      life.core.wordStore(ran, 0)
      const body = (): void => {
        if (once.callOnce(() => done.set(done.get() + 1)).wait()) life.core.wordAdd(ran, 1)
        assertInvariant(done.get() === 1, 'the function ran twice, or not at all')
      }
      life.runThreads(...Array.from({ length: threads }, () => body))
      assertInvariant(life.core.wordLoad(ran) === 1, 'the function did not run in exactly one thread')
    },
  }
}

/** The first call fails. A call without force gets the `PoisonError`, a call with force repairs the Once. */
const failing: DescribedModel<Life> = {
  name: 'a call of a Once fails, another call repairs it',
  threads: 3,
  operations: 1,
  preemptions: 2,
  program: life => () => {
    life.loadThreadVariables()
    const { runThreads, Once, PoisonError } = life
    const once = new Once()
    const done = newWord(life)
    const fails = (): void => {
      try {
        const ran = once
          .callOnce(() => {
            done.set(1)
            throw new RangeError('half done')
          })
          .wait()
        assertInvariant(!ran && done.get() === 2, 'the call did not fail')
      } catch (error) {
        if (!(error instanceof PoisonError || error instanceof RangeError)) throw error
      }
    }
    runThreads(fails, fails, () => {
      const ran = once
        .callOnceForce(({ isPoisoned }) => {
          assertInvariant(done.get() === (isPoisoned ? 1 : 0), '`isPoisoned` is wrong')
          done.set(2)
        })
        .wait()
      assertInvariant(ran && done.get() === 2, 'another thread ran the function')
    })
    assertInvariant(once.isCompleted && done.get() === 2, 'the Once is not complete')
  },
}

type Maker = (life: Life, cell: OnceLock<number>, made: Word) => void

const makes: Maker = (_, cell, made) => {
  const value = cell
    .getOrInit(() => {
      made.set(made.get() + 1)
      return made.get()
    })
    .wait()
  assertInvariant(value === 1 && made.get() === 1, 'the value was created twice, or not at all')
}

/** Fails when it has to create the value. */
const throws: Maker = (_, cell) => {
  try {
    const made = cell
      .getOrInit(() => {
        throw new RangeError('not today')
      })
      .wait()
    assertInvariant(made === 1, 'the value is not the one that was created')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
}

const reads: Maker = (_, cell, made) => {
  assertInvariant(cell.filled().wait() === 1 && made.get() === 1, 'the value is not the one that was created')
}

const sets: Maker = (_, cell, made) => {
  const value = made.get() + 1
  if (cell.set(value).wait()) return
  assertInvariant(cell.get() === 1, 'the value is not the one that was set')
}

function filling(name: string, acts: readonly Maker[], preemptions?: number): DescribedModel<Life> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.loadThreadVariables()
      const cell = new life.OnceLock<number>()
      const made = newWord(life)
      life.runThreads(...acts.map(act => () => act(life, cell, made)))
      assertInvariant(cell.get() === 1, 'the cell is empty')
    },
  }
}

/** One thread dies at any point. The other gets a `PoisonError`, unless the function has not started or is complete. */
const dyingCall: DescribedModel<Life> = {
  name: 'a thread that calls a Once dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { core, runThreadsWithDeaths, self, Once, PoisonError } = life
    const once: Once = new Once()
    const steps = core.allocate(self, 16)
    core.wordStore(steps, 0)
    const body = (): void => {
      try {
        once
          .callOnce(() => {
            assertInvariant(core.wordAdd(steps, 1) === 0, 'the function ran again')
            core.wordAdd(steps, 1)
          })
          .wait()
        assertInvariant(core.wordLoad(steps) === 2, 'the function is half done, and the Once is not poisoned')
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error
        assertInvariant(!once.isCompleted, 'the Once is complete and poisoned')
      }
    }
    runThreadsWithDeaths(1, [() => body, () => body])
    body()
  },
}

/** One thread dies at any point. The other creates the value. */
const dyingMaker: DescribedModel<Life> = {
  name: 'a thread that fills a OnceLock dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { runThreadsWithDeaths, OnceLock } = life
    const cell = new OnceLock<number>()
    const body = (): void =>
      assertInvariant(cell.getOrInit(() => 1).wait() === 1, 'the value is not the one that was created')
    runThreadsWithDeaths(1, [() => body, () => body])
    assertInvariant(cell.get() === 1, 'the cell is empty')
  },
}

/** As LazyLock does: a thread claims the Once and completes it. If it dies, the others learn of that. */
const dyingClaim: DescribedModel<Life> = {
  name: 'a thread that claims a Once dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { core, runThreadsWithDeaths, liveObjectOf, Once, PoisonError } = life
    const once: Once = new Once()
    const done = newWord(life)
    const lock = liveObjectOf(once)
    const body = (): void => {
      const record = core.newOwner(life.self, LAZY_CLAIM, lock, lock + MUTEX_OWNERS)
      if (core.claimOnce(lock, record) !== 0) {
        done.set(done.get() + 1)
        core.endClaim(life.self, lock, record, ONCE_DONE)
      }
      core.dropClaimant(life.self, lock, record)
      core.free(life.self, record)
      try {
        once.completed().wait()
        assertInvariant(done.get() === 1, 'the function ran twice, or not at all')
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error
      }
    }
    runThreadsWithDeaths(1, [() => body, () => body])
  },
}

export default {
  source: 'sync/once.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...calling(2),
      twins: [
        {
          name: 'is marked as done before it is done',
          file: 'sync/once.ts',
          from: '    let outcome = ONCE_POISONED\n    try {\n      const answer: unknown = this.#f(',
          to: '    let outcome = ONCE_POISONED\n    core.wordStore(once, ONCE_DONE)\n    try {\n      const answer: unknown = this.#f(',
        },
      ],
    },
    {
      ...failing,
      twins: [
        {
          name: 'counts as done although it failed',
          file: 'sync/once.ts',
          from: '    let outcome = ONCE_POISONED\n',
          to: '    let outcome = ONCE_DONE\n',
        },
      ],
    },
    {
      ...filling('two threads create a value, one waits for it', [makes, makes, reads], 2),
      twins: [
        {
          name: 'wakes one waiter instead of all',
          file: 'core/wait-queue.ts',
          from: '    wakeWaiter(waiter)\n    woken++\n',
          to: '    wakeWaiter(waiter)\n    woken++\n    break\n',
        },
      ],
    },
    {
      ...filling('one thread throws, another creates the value', [throws, makes]),
      twins: [
        {
          name: 'a failed initialiser does not give the cell back',
          file: 'sync/once-lock.ts',
          from: '      core.onceComplete(self, cell, outcome)\n',
          to: '      if (outcome === ONCE_DONE) core.onceComplete(self, cell, outcome)\n',
        },
      ],
    },
    filling('two threads set a value', [sets, sets]),
    {
      ...dyingCall,
      twins: [
        {
          name: 'the reaper resets a Once instead of poisoning it',
          file: 'thread/pool/release-locks.ts',
          from: '      return core.onceAbandoned(self, lock, ONCE_POISONED)\n',
          to: '      return core.onceAbandoned(self, lock, ONCE_NEW)\n',
        },
        {
          name: 'the reaper wakes no waiter',
          file: 'core/once.ts',
          from: '  store(once + MUTEX_LOST, get(once + MUTEX_LOST) + 1)\n  store(once + MUTEX_LOCK, 0)\n  wakeAll(self, once + ONCE_QUEUE)\n',
          to: '  store(once + MUTEX_LOST, get(once + MUTEX_LOST) + 1)\n  store(once + MUTEX_LOCK, 0)\n',
        },
      ],
    },
    {
      ...dyingMaker,
      twins: [
        {
          name: 'the reaper treats a cell as a Mutex',
          file: 'thread/pool/release-locks.ts',
          from: '    case LOCK_CELL:\n      return core.onceAbandoned(self, lock, ONCE_NEW)\n',
          to: '',
        },
      ],
    },
    {
      ...dyingClaim,
      twins: [
        {
          name: 'a claiming thread can die before its record says so',
          file: 'core/once.ts',
          from: '    set(record + HANDLE_STATE, 1)\n    return 1\n',
          to: '    deathPoint()\n    set(record + HANDLE_STATE, 1)\n    return 1\n',
        },
        {
          // There was a function entry between the two. If a thread died there, its Once stayed claimed for ever.
          name: 'a thread that is done can die between its record and the state',
          file: 'core/once.ts',
          from: '  if (record != 0) set(record + HANDLE_STATE, 0)\n',
          to: '  if (record != 0) set(record + HANDLE_STATE, 0)\n  deathPoint()\n',
        },
        {
          name: "dropping a dead thread's claim leaves the Once incomplete",
          file: 'core/once.ts',
          from: '  endClaim(self, once, record, ONCE_POISONED)\n',
          to: '',
        },
      ],
    },
    ...[calling(3, 2)].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
