/**
 * Reading and writing by the waits that programs use: a writer who gives up lets in whom it kept out, there are seats for
 * any number of readers, and of a thread that dies nothing stays but the poison of a writer.
 */
import { RW_SEATS } from '../core/rw-lock.ts'
import { expect } from '../model/harness/core-threads.ts'
import type { Described, Model } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { RwLock } from './rw-lock.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function reads({ end }: Life, lock: RwLock<number>): number {
  const guard = lock.read().wait()
  const seen = guard.value
  expect(guard.value === seen, 'it changed under a reader')
  end(guard)
  return seen
}

function adds({ end }: Life, lock: RwLock<number>): void {
  const guard = lock.write().wait()
  guard.value += 1
  end(guard)
}

const sharing: Model<Life> = {
  name: 'one reads, one writes',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.settle()
    const lock = new life.RwLock(0)
    life.play(
      () => void reads(life, lock),
      () => adds(life, lock),
    )
    expect(reads(life, lock) === 1, 'a change was lost')
  },
}

/** The first reader stays until the second one has read, which a writer keeps out as long as it waits. */
const givingUp: Model<Life> = {
  name: 'a writer that gives up lets readers in',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    life.settle()
    const { core, end, play, self, RwLock, TimeoutError } = life
    const lock = new RwLock(0)
    const hasRead = core.allocate(self, 16)
    core.wordStore(hasRead, 0)
    play(
      () => {
        const guard = lock.read().wait()
        while (core.wordLoad(hasRead) === 0) world().pause()
        expect(guard.value === 0, 'somebody wrote beside a reader')
        end(guard)
      },
      () => {
        try {
          end(lock.write().wait(1))
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
        }
      },
      () => {
        end(lock.read().wait())
        core.wordStore(hasRead, 1)
      },
    )
  },
}

/** Nobody has these slots: as if as many threads read as there are seats in the lock itself. */
const STRANGERS = 200

const crowd: Model<Life> = {
  name: 'readers for whom there is no seat add some',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    life.settle()
    const { core, play, thingOf, RwLock } = life
    const lock = new RwLock(0)
    const seats = Array.from({ length: 8 }, (_, i) => thingOf(lock) + RW_SEATS + 4 * i)
    for (const seat of seats) core.wordStore(seat, STRANGERS)
    const mayRead = (): void => expect(reads(life, lock) <= 1, 'not what was written')
    play(mayRead, mayRead, () => {
      expect(lock.write().try() === undefined, 'somebody writes beside readers')
      for (const seat of seats) core.wordStore(seat, 0)
      adds(life, lock)
    })
    expect(reads(life, lock) === 1, 'a change was lost')
  },
}

/** Between 2n and 2n + 2 a writer leaves an odd number, which nobody may see but by the error that says so. */
function writesTwice({ end }: Life, lock: RwLock<number>): void {
  const guard = lock.write().wait()
  const even = guard.value
  expect(even % 2 === 0, 'what a dead writer left is not poisoned')
  guard.value = even + 1
  guard.value = even + 2
  end(guard)
}

function readsEven(life: Life, lock: RwLock<number>): void {
  expect(reads(life, lock) % 2 === 0, 'what a dead writer left is not poisoned')
}

function upgrades({ end }: Life, lock: RwLock<number>): void {
  const seat = lock.upgradableRead().wait()
  const seen = seat.value
  const guard = seat.upgrade().wait()
  expect(guard.value === seen, 'somebody wrote between the reader and the writer that it became')
  guard.value = seen + 2
  end(guard)
}

function downgrades({ end }: Life, lock: RwLock<number>): void {
  const guard = lock.write().wait()
  const mine = guard.value + 2
  guard.value = mine
  const share = guard.downgrade()
  expect(share.value === mine, 'somebody wrote between the writer and the reader that it became')
  end(share)
}

function leavesUpgrade({ end }: Life, lock: RwLock<number>): void {
  const seat = lock.upgradableRead().wait()
  const seen = seat.value
  const share = seat.downgrade()
  expect(share.value === seen, 'somebody wrote between the upgradable reader and the reader that it became')
  end(share)
}

type Act = (life: Life, lock: RwLock<number>) => void

/** One of the first so many dies somewhere; the others go on, the lock is free in the end, and only writers poison it. */
function dying(name: string, mortals: number, acts: readonly Act[], preemptions = 0): Model<Life> {
  const poisons = acts.slice(0, mortals).some(act => act !== reads && act !== leavesUpgrade)
  return {
    name,
    threads: acts.length,
    operations: 1,
    preemptions,
    program: life => () => {
      life.settle()
      const lock = new life.RwLock(0)
      const mayBePoisoned = (act: () => void) => (): void => {
        try {
          act()
        } catch (error) {
          if (!poisons || !(error instanceof life.PoisonError)) throw error
        }
      }
      life.playWith(
        mortals,
        acts.map(act => () => mayBePoisoned(() => act(life, lock))),
      )
      mayBePoisoned(() => expect(lock.write().try() !== undefined, 'somebody has the lock still'))()
    },
  }
}

export default {
  of: 'sync/rw-lock.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sharing,
      twins: [
        {
          name: 'looks for readers before it stands in line, not afterwards',
          file: 'wait/park.ts',
          from: '      if (!attempt.ready()) {',
          to: '      {',
        },
      ],
    },
    {
      ...givingUp,
      twins: [
        {
          name: 'a writer that gives up tells nobody',
          file: 'sync/rw-wait.ts',
          from: 'if (Atomics.load(i32, (lock + RW_READERS + 4) >> 2) !== 0 || writerWaits(lock)) core.settle(self, lock)',
          to: '',
        },
      ],
    },
    {
      ...crowd,
      twins: [
        {
          name: 'one block of seats is lost when two are added at once',
          file: 'core/rw-lock.ts',
          from: '    if (cas(lock + MORE, next, block) == next) return block + 4',
          to: '    store(lock + MORE, block)\n    return block + 4',
        },
      ],
    },
    {
      ...dying('a writer dies', 1, [writesTwice, readsEven], 1),
      twins: [
        {
          name: 'a writer that dies leaves no poison',
          file: 'core/rw-lock.ts',
          from: '    store(lock + MUTEX_POISONED, 1)\n',
          to: '',
        },
        {
          name: 'the reaper wakes nobody',
          file: 'core/rw-lock.ts',
          from: '    store(lock + WRITER, 0)\n  }\n  settle(self, lock)\n',
          to: '    store(lock + WRITER, 0)\n  }\n',
        },
      ],
    },
    {
      ...dying('a reader dies', 1, [reads, writesTwice], 1),
      twins: [
        {
          name: 'the reaper does not look at the seats',
          file: 'core/rw-lock.ts',
          from: '  for (let at: i32 = RW_SEATS; at < SEATS_END; at += 4) vacate(lock + at, id)\n',
          to: '',
        },
      ],
    },
    {
      ...dying('a reader or the writer that waits for it dies', 2, [reads, writesTwice, writesTwice]),
      twins: [
        {
          name: 'the reaper looks at those locks only that the dead thread had',
          file: 'thread/pool/locks.ts',
          from: '    core.rwAbandoned(self, lock, id)\n',
          to: '    if (Atomics.load(i32, (lock + MUTEX_LOCK) >> 2) === id) core.rwAbandoned(self, lock, id)\n',
        },
      ],
    },
    {
      ...dying('a reader that goes on as a writer dies', 1, [upgrades, writesTwice], 1),
      twins: [
        {
          name: 'the reaper does not look at the upgrade seat',
          file: 'core/rw-lock.ts',
          from: '  vacate(lock + RW_UPGRADER, id)\n',
          to: '',
        },
      ],
    },
    dying('a writer that goes on as a reader dies', 1, [downgrades, writesTwice], 1),
    dying('an upgradable reader that goes on as one of many dies', 1, [leavesUpgrade, writesTwice], 1),
    ...[
      { ...givingUp, preemptions: 2 },
      { ...crowd, preemptions: 2 },
      dying('a writer dies', 1, [writesTwice, readsEven], 2),
      dying('a reader or the writer that waits for it dies', 2, [reads, writesTwice, writesTwice], 1),
      dying('a reader that goes on as a writer dies', 1, [upgrades, writesTwice, reads], 1),
      dying('a writer that goes on as a reader dies', 1, [downgrades, writesTwice, reads], 1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Life>
