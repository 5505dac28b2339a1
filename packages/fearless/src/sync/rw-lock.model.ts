/**
 * Model of RwLock through its public waits.
 *
 * - A writer that gives up admits the readers that it kept out.
 * - There are seats for any number of readers.
 * - A thread that dies leaves nothing behind, except that a writer poisons the lock.
 */
import { RW_SEATS } from '../core/rw-lock.ts'
import { assertInvariant } from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'
import type { RwLock } from './rw-lock.ts'

type Life = typeof import('../model/harness/library-threads.ts')

function reads({ dropResource }: Life, lock: RwLock<number>): number {
  const guard = lock.read().wait()
  const seen = guard.value
  assertInvariant(guard.value === seen, 'the value changed under a reader')
  dropResource(guard)
  return seen
}

function adds({ dropResource }: Life, lock: RwLock<number>): void {
  const guard = lock.write().wait()
  guard.value += 1
  dropResource(guard)
}

const sharing: DescribedModel<Life> = {
  name: 'one thread reads, one writes',
  threads: 2,
  operations: 1,
  program: life => () => {
    life.loadThreadVariables()
    const lock = new life.RwLock(0)
    life.runThreads(
      () => void reads(life, lock),
      () => adds(life, lock),
    )
    assertInvariant(reads(life, lock) === 1, 'a change was lost')
  },
}

/** The first reader keeps its lock until the second one has read. A waiting writer keeps the second one out. */
const givingUp: DescribedModel<Life> = {
  name: 'a writer that gives up admits waiting readers',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { core, dropResource, runThreads, self, RwLock, TimeoutError } = life
    const lock = new RwLock(0)
    const hasRead = core.allocate(self, 16)
    core.wordStore(hasRead, 0)
    runThreads(
      () => {
        const guard = lock.read().wait()
        while (core.wordLoad(hasRead) === 0) world().pause()
        assertInvariant(guard.value === 0, 'a writer wrote beside a reader')
        dropResource(guard)
      },
      () => {
        try {
          dropResource(lock.write().wait(1))
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
        }
      },
      () => {
        dropResource(lock.read().wait())
        core.wordStore(hasRead, 1)
      },
    )
  },
}

/** The id of no thread's slot. It fills the inline seats, as if as many threads were reading. */
const NO_THREAD = 200

const crowd: DescribedModel<Life> = {
  name: 'readers without a free seat add seats',
  threads: 3,
  operations: 1,
  preemptions: 1,
  program: life => () => {
    life.loadThreadVariables()
    const { core, runThreads, liveObjectOf, RwLock } = life
    const lock = new RwLock(0)
    const seats = Array.from({ length: 8 }, (_, i) => liveObjectOf(lock) + RW_SEATS + 4 * i)
    for (const seat of seats) core.wordStore(seat, NO_THREAD)
    const mayRead = (): void => assertInvariant(reads(life, lock) <= 1, 'the value is not the one that was written')
    runThreads(mayRead, mayRead, () => {
      assertInvariant(lock.write().try() === undefined, 'a writer acquired the lock beside readers')
      for (const seat of seats) core.wordStore(seat, 0)
      adds(life, lock)
    })
    assertInvariant(reads(life, lock) === 1, 'a change was lost')
  },
}

/** Writes 2n + 1 and then 2n + 2. A reader may see the odd number only through a `PoisonError`. */
function writesTwice({ dropResource }: Life, lock: RwLock<number>): void {
  const guard = lock.write().wait()
  const even = guard.value
  assertInvariant(even % 2 === 0, 'the value of a dead writer is not poisoned')
  guard.value = even + 1
  guard.value = even + 2
  dropResource(guard)
}

function readsEven(life: Life, lock: RwLock<number>): void {
  assertInvariant(reads(life, lock) % 2 === 0, 'the value of a dead writer is not poisoned')
}

function upgrades({ dropResource }: Life, lock: RwLock<number>): void {
  const seat = lock.upgradableRead().wait()
  const seen = seat.value
  const guard = seat.upgrade().wait()
  assertInvariant(guard.value === seen, 'a writer wrote during an upgrade')
  guard.value = seen + 2
  dropResource(guard)
}

function downgrades({ dropResource }: Life, lock: RwLock<number>): void {
  const guard = lock.write().wait()
  const mine = guard.value + 2
  guard.value = mine
  const share = guard.downgrade()
  assertInvariant(share.value === mine, 'a writer wrote during a downgrade')
  dropResource(share)
}

function leavesUpgrade({ dropResource }: Life, lock: RwLock<number>): void {
  const seat = lock.upgradableRead().wait()
  const seen = seat.value
  const share = seat.downgrade()
  assertInvariant(share.value === seen, 'a writer wrote while an upgradable reader became an ordinary one')
  dropResource(share)
}

type Act = (life: Life, lock: RwLock<number>) => void

/**
 * One of the first `mortals` threads dies at any point. The others continue, the lock is free at the end, and only
 * writers poison it.
 */
function dying(name: string, mortals: number, acts: readonly Act[], preemptions = 0): DescribedModel<Life> {
  const poisons = acts.slice(0, mortals).some(act => act !== reads && act !== leavesUpgrade)
  return {
    name,
    threads: acts.length,
    operations: 1,
    preemptions,
    program: life => () => {
      life.loadThreadVariables()
      const lock = new life.RwLock(0)
      const mayBePoisoned = (act: () => void) => (): void => {
        try {
          act()
        } catch (error) {
          if (!poisons || !(error instanceof life.PoisonError)) throw error
        }
      }
      life.runThreadsWithDeaths(
        mortals,
        acts.map(act => () => mayBePoisoned(() => act(life, lock))),
      )
      mayBePoisoned(() => assertInvariant(lock.write().try() !== undefined, 'the lock is still held'))()
    },
  }
}

export default {
  source: 'sync/rw-lock.ts',
  entry: 'model/harness/library-threads.ts',
  models: [
    {
      ...sharing,
      twins: [
        {
          name: 'checks for readers before it registers, not afterwards',
          file: 'wait/park.ts',
          from: '      if (!attempt.isReady()) {',
          to: '      {',
        },
      ],
    },
    {
      ...givingUp,
      twins: [
        {
          name: 'a writer that gives up wakes no reader',
          file: 'sync/rw-wait.ts',
          from: 'if (load(lock + RW_READERS + QUEUE_FIRST) !== 0 || writerWaits(lock)) core.wakeAdmitted(self, lock)',
          to: '',
        },
      ],
    },
    {
      ...crowd,
      twins: [
        {
          name: 'a block of seats is lost when two threads add one at the same time',
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
          name: 'the reaper wakes no waiter',
          file: 'core/rw-lock.ts',
          from: '    store(lock + WRITER, 0)\n  }\n  wakeAdmitted(self, lock)\n',
          to: '    store(lock + WRITER, 0)\n  }\n',
        },
      ],
    },
    {
      ...dying('a reader dies', 1, [reads, writesTwice], 1),
      twins: [
        {
          name: 'the reaper does not check the seats',
          file: 'core/rw-lock.ts',
          from: '  for (let at: i32 = RW_SEATS; at < SEATS_END; at += 4) vacate(lock + at, id)\n',
          to: '',
        },
      ],
    },
    {
      ...dying('a reader dies, or the writer that waits for it', 2, [reads, writesTwice, writesTwice]),
      twins: [
        {
          name: 'the reaper checks only locks that the dead thread held for writing',
          file: 'thread/pool/release-locks.ts',
          from: '    core.rwAbandoned(self, lock, id)\n',
          to: '    if (load(lock + MUTEX_LOCK) === id) core.rwAbandoned(self, lock, id)\n',
        },
      ],
    },
    {
      ...dying('a reader that upgrades to a writer dies', 1, [upgrades, writesTwice], 1),
      twins: [
        {
          name: 'the reaper does not check the upgrade seat',
          file: 'core/rw-lock.ts',
          from: '  vacate(lock + RW_UPGRADER, id)\n',
          to: '',
        },
      ],
    },
    dying('a writer that downgrades to a reader dies', 1, [downgrades, writesTwice], 1),
    dying('an upgradable reader that becomes an ordinary one dies', 1, [leavesUpgrade, writesTwice], 1),
    ...[
      { ...givingUp, preemptions: 2 },
      { ...crowd, preemptions: 2 },
      dying('a writer dies', 1, [writesTwice, readsEven], 2),
      dying('a reader dies, or the writer that waits for it', 2, [reads, writesTwice, writesTwice], 1),
      dying('a reader that upgrades to a writer dies', 1, [upgrades, writesTwice, reads], 1),
      dying('a writer that downgrades to a reader dies', 1, [downgrades, writesTwice, reads], 1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Life>
