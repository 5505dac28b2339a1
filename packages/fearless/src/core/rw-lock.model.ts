/**
 * The seats and the writer word: a writer excludes readers and other writers, and every waiter gets the lock. A waiter
 * waits as in sync/rw-wait.ts: register, check once more, sleep, unregister, and wake the waiters that it excluded.
 */
import {
  assertInvariant,
  newCoreHarness,
  runThreads,
  type Core,
  type CoreHarness,
} from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'

/** A thread that uses a lock whose value is a separate word. */
interface Party {
  readonly stage: CoreHarness
  readonly self: number
  readonly lock: number
  readonly waiter: number
  readonly value: number
}

type Act = (party: Party) => void

/** Waits until `attempt` returns another value than 0. */
function wait({ stage, self, lock, waiter }: Party, line: number, may: () => number, attempt: () => number): number {
  const { registerWaiter, hasWaiters, unregisterWaiter } = stage.core.waitQueue
  const { RW_READERS, wakeAdmitted } = stage.core.rwLock
  for (;;) {
    const got = attempt()
    if (got !== 0) return got
    registerWaiter(self, lock + line, waiter)
    if (may() === 0) stage.sleep(waiter)
    unregisterWaiter(self, waiter)
    if (line !== RW_READERS && hasWaiters(lock + RW_READERS) !== 0) wakeAdmitted(self, lock)
  }
}

function read(party: Party): number {
  const { RW_READERS, mayRead, readTry } = party.stage.core.rwLock
  const { self, lock } = party
  return wait(
    party,
    RW_READERS,
    () => mayRead(lock),
    () => readTry(self, lock),
  )
}

function write(party: Party): void {
  const { RW_WRITERS, mayWrite, writeTry } = party.stage.core.rwLock
  const { self, lock } = party
  wait(
    party,
    RW_WRITERS,
    () => mayWrite(lock),
    () => writeTry(self, lock),
  )
}

/** Reads the value twice, because a reader's value must not change. */
function look({ stage, value }: Party): number {
  const { get } = stage.core.memory
  const seen = get(value)
  assertInvariant(seen === get(value), 'the value changed while a reader held the lock')
  return seen
}

function reading(party: Party): void {
  const seat = read(party)
  look(party)
  party.stage.core.rwLock.readUnlock(party.self, party.lock, seat)
}

function writing(party: Party): void {
  write(party)
  party.stage.core.memory.set(party.value, look(party) + 1)
  party.stage.core.rwLock.writeUnlock(party.self, party.lock)
}

function downgrading(party: Party): void {
  const { self, lock, stage, value } = party
  write(party)
  const mine = look(party) + 1
  stage.core.memory.set(value, mine)
  const seat = stage.core.rwLock.downgrade(self, lock)
  assertInvariant(look(party) === mine, 'another thread wrote during the downgrade')
  stage.core.rwLock.readUnlock(self, lock, seat)
}

function upgrading(party: Party): void {
  const { self, lock, stage, value } = party
  const { RW_READERS, RW_UPGRADE, mayReadUpgradable, mayUpgrade, upgradableTry, upgradeTry, writeUnlock } =
    stage.core.rwLock
  wait(
    party,
    RW_READERS,
    () => mayReadUpgradable(lock),
    () => upgradableTry(self, lock),
  )
  const seen = look(party)
  wait(
    party,
    RW_UPGRADE,
    () => mayUpgrade(lock),
    () => upgradeTry(self, lock),
  )
  assertInvariant(look(party) === seen, 'another thread wrote during the upgrade')
  stage.core.memory.set(value, seen + 1)
  writeUnlock(self, lock)
}

function leavingUpgrade(party: Party): void {
  const { self, lock, stage } = party
  const { RW_READERS, downgradeUpgradable, mayReadUpgradable, readUnlock, upgradableTry } = stage.core.rwLock
  wait(
    party,
    RW_READERS,
    () => mayReadUpgradable(lock),
    () => upgradableTry(self, lock),
  )
  const seen = look(party)
  const seat = downgradeUpgradable(self, lock)
  assertInvariant(look(party) === seen, 'another thread wrote while the upgrade seat was exchanged for a seat')
  readUnlock(self, lock, seat)
}

/** Writes if the lock is free. */
function trying({ self, lock, stage, value }: Party): void {
  const { HOLDS_WRITE, rwHeld, writeUnlock, writeTry } = stage.core.rwLock
  if (writeTry(self, lock) === 0) return
  // The write does not change the value, so it need not be counted.
  stage.core.memory.set(value, stage.core.memory.get(value))
  assertInvariant(rwHeld(self, lock) === HOLDS_WRITE, 'the writer does not hold the lock')
  writeUnlock(self, lock)
}

/** Reads if no writer holds or awaits the lock. */
function glancing({ self, lock, stage }: Party): void {
  const { readUnlock, readTry } = stage.core.rwLock
  const seat = readTry(self, lock)
  if (seat !== 0) readUnlock(self, lock, seat)
}

/** Is registered as a writer until the lock is free. The thread that releases the lock must wake it. */
function standing({ self, lock, stage, waiter }: Party): void {
  const { RW_WRITERS, mayWrite } = stage.core.rwLock
  const { registerWaiter, unregisterWaiter } = stage.core.waitQueue
  registerWaiter(self, lock + RW_WRITERS, waiter)
  if (mayWrite(lock) !== 0) unregisterWaiter(self, waiter)
}

/**
 * While a reader holds a seat, no writer unregisters. So no other thread may start to read once a writer is registered.
 */
function readingTwice(party: Party): void {
  const { self, lock, stage } = party
  const { RW_WRITERS, readUnlock, readTry } = stage.core.rwLock
  const seat = read(party)
  if (stage.core.waitQueue.hasWaiters(lock + RW_WRITERS) !== 0) {
    assertInvariant(readTry(self, lock) === 0, 'a reader was admitted although a writer waits')
  }
  readUnlock(self, lock, seat)
}

const WRITING: readonly Act[] = [writing, downgrading, upgrading]

function sharing(name: string, acts: readonly Act[], preemptions?: number): DescribedModel<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newCoreHarness(core)
      const [lock, value] = [stage.zeroed(128), stage.zeroed(4)]
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, lock, waiter: stage.waiter(self), value }
        return () => act(party)
      })
      runThreads(...bodies)
      assertInvariant(core.memory.get(value) === acts.filter(act => WRITING.includes(act)).length, 'a change was lost')
      const { RW_READERS, RW_UPGRADE, RW_WRITERS, rwInUse } = core.rwLock
      assertInvariant(rwInUse(lock) === 0, 'a thread still holds the lock')
      for (const line of [RW_READERS, RW_UPGRADE, RW_WRITERS]) {
        assertInvariant(core.waitQueue.hasWaiters(lock + line) === 0, 'a waiter is left in a queue')
      }
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/rw-lock.ts', from, to })

/** Of several threads that try a free lock at the same time, at least one succeeds: they do not exclude each other. */
function meeting(
  name: string,
  acts: readonly ((party: Party) => number)[],
  preemptions?: number,
): DescribedModel<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newCoreHarness(core)
      const [lock, value, got] = [stage.zeroed(128), stage.zeroed(4), stage.zeroed(4)]
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        return (): void => {
          if (act({ stage, self, lock, waiter: 0, value }) !== 0) core.memory.store(got, 1)
        }
      })
      runThreads(...bodies)
      assertInvariant(core.memory.load(got) !== 0, 'all threads backed off')
    },
  }
}

const readTries = ({ self, lock, stage }: Party): number => stage.core.rwLock.readTry(self, lock)
const writeTries = ({ self, lock, stage }: Party): number => stage.core.rwLock.writeTry(self, lock)
const upgradableTries = ({ self, lock, stage }: Party): number => stage.core.rwLock.upgradableTry(self, lock)

/** If no reader removes a writer's announcement, a concurrent reader and writer both back off. */
const bothStepBack = twin(
  'a concurrent reader and writer both back off',
  '    if (cas(lock + WRITER, writer, 0) == writer) return 1\n',
  '    if (writer < 0) return 0\n',
)

export default {
  source: 'core/rw-lock.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...sharing('a reader and a writer', [reading, writing]),
      twins: [
        twin(
          'a reader with a seat does not check the writer word',
          '  if (withoutWriter(lock) != 0) {\n    set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)\n    return seat\n  }',
          '  set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)\n  if (seat != 0) return seat',
        ),
        twin(
          'an announced writer does not check the seats',
          '  if (load(lock + RW_UPGRADER) == 0 && anyReader(lock) == 0 && cas(lock + WRITER, 0 - id, id) == 0 - id) {',
          '  if (cas(lock + WRITER, 0 - id, id) == 0 - id) {',
        ),
        twin(
          'a writer does not notice that its announcement was removed',
          'anyReader(lock) == 0 && cas(lock + WRITER, 0 - id, id) == 0 - id) {\n    return writes',
          'anyReader(lock) == 0) {\n    store(lock + WRITER, id)\n    return writes',
        ),
        twin(
          'a reader checks for writers before it releases its seat',
          '  store(seat, 0)\n  if (hasWaiters(lock + RW_WRITERS) != 0 || hasWaiters(lock + RW_UPGRADE) != 0) wakeAdmitted(self, lock)',
          '  const waits = hasWaiters(lock + RW_WRITERS)\n  store(seat, 0)\n  if (waits != 0) wakeAdmitted(self, lock)',
        ),
        twin(
          'a writer wakes waiters before it releases the writer word',
          '  store(lock + WRITER, 0)\n  wakeAdmitted(self, lock)\n}',
          '  wakeAdmitted(self, lock)\n  store(lock + WRITER, 0)\n}',
        ),
      ],
    },
    {
      ...sharing('two writers', [writing, writing]),
      twins: [
        twin(
          'a writer announces itself in two steps',
          '  if (cas(lock + WRITER, 0, 0 - id) != 0) return 0\n  if (load(lock + RW_UPGRADER) == 0',
          '  if (load(lock + WRITER) != 0) return 0\n  store(lock + WRITER, 0 - id)\n  if (load(lock + RW_UPGRADER) == 0',
        ),
      ],
    },
    {
      ...sharing('readers and a writer', [reading, reading, writing], 2),
      twins: [
        twin(
          'a writer wakes only one reader',
          '  if (hasWaiters(lock + RW_READERS) != 0) wakeAll(self, lock + RW_READERS)',
          '  if (hasWaiters(lock + RW_READERS) != 0) wakeOne(self, lock + RW_READERS)',
        ),
      ],
    },
    sharing('a reader and two writers', [reading, writing, writing], 2),
    {
      ...sharing('a reader and a writer only try while another writer is registered', [glancing, trying, standing]),
      twins: [
        twin(
          'a reader backs off without a wake-up',
          '  store(seat, 0)\n  wakeAdmitted(self, lock)\n  return READ_PENDING',
          '  store(seat, 0)\n  return READ_PENDING',
        ),
      ],
    },
    {
      ...sharing('two writers and a reader only try', [trying, trying, glancing]),
      twins: [
        twin(
          'a writer that backs off removes the announcement of another one',
          '  cas(lock + WRITER, 0 - id, 0)\n  wakeAdmitted',
          '  store(lock + WRITER, 0)\n  wakeAdmitted',
        ),
      ],
    },
    {
      ...sharing('two readers wait while a writer only tries', [reading, reading, trying], 2),
      twins: [
        twin(
          'a writer backs off without a wake-up',
          '  cas(lock + WRITER, 0 - id, 0)\n  wakeAdmitted(self, lock)\n',
          '  cas(lock + WRITER, 0 - id, 0)\n',
        ),
      ],
    },
    {
      ...sharing('no reader is admitted while a writer waits', [readingTwice, writing]),
      twins: [
        twin(
          'readers do not check for registered writers',
          '  return hasWaiters(lock + RW_WRITERS) == 0 && hasWaiters(lock + RW_UPGRADE) == 0 ? 1 : 0\n',
          '  return hasWaiters(lock + RW_UPGRADE) == 0 ? 1 : 0\n',
        ),
      ],
    },
    {
      ...sharing('a writer downgrades while another thread writes', [downgrading, writing]),
      twins: [
        twin(
          'a writer releases the writer word before it has a seat',
          '  const seat = takeSeat(self, lock)\n  if (seat <= 0) return seat\n  store(lock + WRITER, 0)\n',
          '  store(lock + WRITER, 0)\n  const seat = takeSeat(self, lock)\n',
        ),
      ],
    },
    {
      ...sharing('a writer downgrades while another thread reads', [downgrading, reading]),
      twins: [
        twin(
          'a downgrade does not wake readers',
          '  store(lock + WRITER, 0)\n  wakeAdmitted(self, lock)\n  return seat\n',
          '  store(lock + WRITER, 0)\n  return seat\n',
        ),
      ],
    },
    {
      ...sharing('a reader leaves the upgrade seat while another thread writes', [leavingUpgrade, writing]),
      twins: [
        twin(
          'a reader releases the upgrade seat before it has another seat',
          '  const seat = takeSeat(self, lock)\n  if (seat <= 0) return seat\n  // ORDER: the seat, then the upgrade',
          '  store(lock + RW_UPGRADER, 0)\n  const seat = takeSeat(self, lock)\n  // ORDER: the seat, then the upgrade',
        ),
      ],
    },
    {
      ...sharing('a reader leaves the upgrade seat while another thread wants it', [leavingUpgrade, upgrading]),
      twins: [
        twin(
          'a reader leaves the upgrade seat without a wake-up',
          '  wakeAll(self, lock + RW_UPGRADE)\n  wakeAdmitted(self, lock)\n',
          '  wakeAll(self, lock + RW_UPGRADE)\n',
        ),
      ],
    },
    {
      ...sharing('two readers upgrade', [upgrading, upgrading]),
      twins: [
        twin(
          'the upgrade seat is acquired in two steps',
          '  if (mayRead(lock) == 0 || cas(lock + RW_UPGRADER, 0, get(self + SLOT_ID)) != 0) return 0\n',
          '  if (mayRead(lock) == 0 || load(lock + RW_UPGRADER) != 0) return 0\n  store(lock + RW_UPGRADER, get(self + SLOT_ID))\n',
        ),
      ],
    },
    {
      ...sharing('a reader upgrades while another thread reads', [upgrading, reading]),
      twins: [
        twin(
          'a reader releases its seat without a check for an upgrade',
          'if (hasWaiters(lock + RW_WRITERS) != 0 || hasWaiters(lock + RW_UPGRADE) != 0) wakeAdmitted(self, lock)',
          'if (hasWaiters(lock + RW_WRITERS) != 0) wakeAdmitted(self, lock)',
        ),
      ],
    },
    {
      ...sharing('a reader upgrades while another thread writes', [upgrading, writing]),
      twins: [
        twin(
          'an upgrade releases the upgrade seat before it is the writer',
          '  if (anyReader(lock) != 0) return 0\n  const id = get(self + SLOT_ID)\n  // A writer may',
          '  store(lock + RW_UPGRADER, 0)\n  if (anyReader(lock) != 0) return 0\n  const id = get(self + SLOT_ID)\n  // A writer may',
        ),
        twin(
          'an announced writer does not check the upgrade seat',
          '  if (load(lock + RW_UPGRADER) == 0 && anyReader(lock) == 0 && cas(',
          '  if (anyReader(lock) == 0 && cas(',
        ),
      ],
    },
    { ...meeting('a reader and a writer try at the same time', [readTries, writeTries]), twins: [bothStepBack] },
    {
      ...meeting('an upgradable reader and a writer try at the same time', [upgradableTries, writeTries]),
      twins: [bothStepBack],
    },
    meeting('a reader and two writers try at the same time', [readTries, writeTries, writeTries]),
    meeting('two readers and a writer try at the same time', [readTries, readTries, writeTries]),
    ...[
      sharing('a reader and two writers', [reading, writing, writing], 3),
      sharing('readers and a writer', [reading, reading, writing], 3),
      sharing('a reader upgrades while other threads read and write', [upgrading, reading, writing], 2),
      sharing('a writer downgrades while other threads read and write', [downgrading, reading, writing], 2),
      sharing(
        'a writer downgrades and a reader upgrades while another thread reads',
        [downgrading, upgrading, reading],
        2,
      ),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Core>
