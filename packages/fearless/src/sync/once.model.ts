/**
 * What is to happen once, by the waits that programs use: one calls its function, all see what it did, and of one that
 * fails or dies others hear, or do it in its place.
 */
import { MUTEX_OWNERS } from '../core/mutex.ts'
import { ONCE_DONE } from '../core/once.ts'
import { LAZY_CLAIM } from '../memory/handles/kinds.ts'
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { Once } from './once.ts'
import type { OnceLock } from './once-lock.ts'

type Life = typeof import('../model/harness/library-threads.ts')

/** A word that is reached by plain accesses: what nothing orders is a failure. */
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

/** All call it: one of them does it. */
function calling(threads: number, preemptions?: number): Model<Life> {
  return {
    name: 'all call a Once',
    threads,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.settle()
      const once = new life.Once()
      const [done, ran] = [newWord(life), life.core.allocate(life.self, 16)]
      life.core.wordStore(ran, 0)
      const body = (): void => {
        if (once.callOnce(() => done.set(done.get() + 1)).wait()) life.core.wordAdd(ran, 1)
        expect(done.get() === 1, 'it was done twice, or not at all')
      }
      life.play(...Array.from({ length: threads }, () => body))
      expect(life.core.wordLoad(ran) === 1, 'not one of them has done it')
    },
  }
}

/** The first to do it fails; whoever comes without force hears of it, whoever comes with force repairs it. */
const failing: Model<Life> = {
  name: 'a call of a Once fails, another one repairs it',
  threads: 3,
  operations: 1,
  preemptions: 2,
  program: life => () => {
    life.settle()
    const { play, Once, PoisonError } = life
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
        expect(!ran && done.get() === 2, 'it has not failed')
      } catch (error) {
        if (!(error instanceof PoisonError || error instanceof RangeError)) throw error
      }
    }
    play(fails, fails, () => {
      const ran = once
        .callOnceForce(({ isPoisoned }) => {
          expect(done.get() === (isPoisoned ? 1 : 0), 'it was told that it failed though it did not, or the reverse')
          done.set(2)
        })
        .wait()
      expect(ran && done.get() === 2, 'somebody else did it')
    })
    expect(once.isCompleted && done.get() === 2, 'it is not done')
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
  expect(value === 1 && made.get() === 1, 'it was made twice, or not at all')
}

/** Does not make it when its turn comes. */
const throws: Maker = (_, cell) => {
  try {
    const made = cell
      .getOrInit(() => {
        throw new RangeError('not today')
      })
      .wait()
    expect(made === 1, 'not what was made')
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
}

const reads: Maker = (_, cell, made) => {
  expect(cell.filled().wait() === 1 && made.get() === 1, 'not what was made')
}

const sets: Maker = (_, cell, made) => {
  const value = made.get() + 1
  if (cell.set(value).wait()) return
  expect(cell.get() === 1, 'not what was set')
}

function filling(name: string, acts: readonly Maker[], preemptions?: number): Model<Life> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: life => () => {
      life.settle()
      const cell = new life.OnceLock<number>()
      const made = newWord(life)
      life.play(...acts.map(act => () => act(life, cell, made)))
      expect(cell.get() === 1, 'it is empty')
    },
  }
}

/** One dies somewhere: the other hears of it, unless nothing or everything was done. */
const dyingCall: Model<Life> = {
  name: 'one that calls a Once dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const { core, playWith, self, Once, PoisonError } = life
    const once: Once = new Once()
    const steps = core.allocate(self, 16)
    core.wordStore(steps, 0)
    const body = (): void => {
      try {
        once
          .callOnce(() => {
            expect(core.wordAdd(steps, 1) === 0, 'it was done again')
            core.wordAdd(steps, 1)
          })
          .wait()
        expect(core.wordLoad(steps) === 2, 'it is half done, and nobody is told')
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error
        expect(!once.isCompleted, 'it is done and poisoned')
      }
    }
    playWith(1, [() => body, () => body])
    body()
  },
}

/** One dies somewhere: the other makes the value. */
const dyingMaker: Model<Life> = {
  name: 'one that fills a OnceLock dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const { playWith, OnceLock } = life
    const cell = new OnceLock<number>()
    const body = (): void => expect(cell.getOrInit(() => 1).wait() === 1, 'not what was made')
    playWith(1, [() => body, () => body])
    expect(cell.get() === 1, 'it is empty')
  },
}

/** As a LazyLock is made: whoever has claimed it does it, and if it dies the others hear of that. */
const dyingClaim: Model<Life> = {
  name: 'one that claims a Once dies',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const { core, playWith, thingOf, Once, PoisonError } = life
    const once: Once = new Once()
    const done = newWord(life)
    const lock = thingOf(once)
    const body = (): void => {
      const record = core.newOwner(life.self, LAZY_CLAIM, lock, lock + MUTEX_OWNERS)
      if (core.claimOnce(lock, record) !== 0) {
        done.set(done.get() + 1)
        core.endClaim(life.self, lock, record, ONCE_DONE)
      }
      core.endClaimant(life.self, lock, record)
      core.release(life.self, record)
      try {
        once.completed().wait()
        expect(done.get() === 1, 'it was done twice, or not at all')
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error
      }
    }
    playWith(1, [() => body, () => body])
  },
}

export default {
  of: 'sync/once.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...calling(2),
      twins: [
        {
          name: 'says that it is done before it is',
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
          name: 'counts as done though it has failed',
          file: 'sync/once.ts',
          from: '    let outcome = ONCE_POISONED\n',
          to: '    let outcome = ONCE_DONE\n',
        },
      ],
    },
    {
      ...filling('two make a value, one waits for it', [makes, makes, reads], 2),
      twins: [
        {
          name: 'wakes one and not all',
          file: 'core/wait-queue.ts',
          from: '    deliver(waiter)\n    woken++\n',
          to: '    deliver(waiter)\n    woken++\n    break\n',
        },
      ],
    },
    {
      ...filling('one throws, another makes the value', [throws, makes]),
      twins: [
        {
          name: 'who throws does not give it back',
          file: 'sync/once-lock.ts',
          from: '      core.onceEnd(self, cell, outcome)\n',
          to: '      if (outcome === ONCE_DONE) core.onceEnd(self, cell, outcome)\n',
        },
      ],
    },
    filling('two set a value', [sets, sets]),
    {
      ...dyingCall,
      twins: [
        {
          name: 'the reaper says that it never began',
          file: 'thread/pool/locks.ts',
          from: '      return core.onceAbandoned(self, lock, ONCE_POISONED)\n',
          to: '      return core.onceAbandoned(self, lock, ONCE_NEW)\n',
        },
        {
          name: 'the reaper wakes nobody',
          file: 'core/once.ts',
          from: '  store(once + MUTEX_LOST, get(once + MUTEX_LOST) + 1)\n  store(once + MUTEX_LOCK, 0)\n  wakeAll(self, once + ONCE_LINE)\n',
          to: '  store(once + MUTEX_LOST, get(once + MUTEX_LOST) + 1)\n  store(once + MUTEX_LOCK, 0)\n',
        },
      ],
    },
    {
      ...dyingMaker,
      twins: [
        {
          name: 'the reaper takes a cell for a Mutex',
          file: 'thread/pool/locks.ts',
          from: '    case LOCK_CELL:\n      return core.onceAbandoned(self, lock, ONCE_NEW)\n',
          to: '',
        },
      ],
    },
    {
      ...dyingClaim,
      twins: [
        {
          name: 'one that claims can die before its record says so',
          file: 'core/once.ts',
          from: '    set(record + HANDLE_NOTE, 1)\n    return 1\n',
          to: '    deathPoint()\n    set(record + HANDLE_NOTE, 1)\n    return 1\n',
        },
        {
          // A function was entered between the two: what a thread claimed that died there stayed claimed for ever.
          name: 'one that has done it can die between its record and the state',
          file: 'core/once.ts',
          from: '  if (record != 0) set(record + HANDLE_NOTE, 0)\n',
          to: '  if (record != 0) set(record + HANDLE_NOTE, 0)\n  deathPoint()\n',
        },
        {
          name: 'the end of a claim that died leaves it undone',
          file: 'core/once.ts',
          from: '  endClaim(self, once, record, ONCE_POISONED)\n',
          to: '',
        },
      ],
    },
    ...[calling(3, 2)].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
