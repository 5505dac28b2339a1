/**
 * The seats and the writer's word: nobody reads while one writes, nobody else writes, and nobody who waits is forgotten.
 * How one waits is as in sync/rw-wait.ts: enter the line, look once more, sleep, leave, and let in whom one kept out.
 */
import { expect, newStage, together, type Core, type Stage } from '../model/harness/core-threads.ts'
import type { Described, Model, Twin } from '../model/harness/described.ts'

/** One thread at a lock whose value is a word beside it. */
interface Party {
  readonly stage: Stage
  readonly self: number
  readonly lock: number
  readonly waiter: number
  readonly value: number
}

type Act = (party: Party) => void

/** Waits until `attempt` answers something else than 0. */
function wait({ stage, self, lock, waiter }: Party, line: number, may: () => number, attempt: () => number): number {
  const { enterQueue, hasWaiters, leaveQueue } = stage.core.waitQueue
  const { RW_READERS, settle } = stage.core.rwLock
  for (;;) {
    const got = attempt()
    if (got !== 0) return got
    enterQueue(self, lock + line, waiter)
    if (may() === 0) stage.sleep(waiter)
    leaveQueue(self, waiter)
    if (line !== RW_READERS && hasWaiters(lock + RW_READERS) !== 0) settle(self, lock)
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

/** Reads twice: what a reader sees does not change under it. */
function look({ stage, value }: Party): number {
  const { get } = stage.core.memory
  const seen = get(value)
  expect(seen === get(value), 'it changed under a reader')
  return seen
}

function reading(party: Party): void {
  const seat = read(party)
  look(party)
  party.stage.core.rwLock.readEnd(party.self, party.lock, seat)
}

function writing(party: Party): void {
  write(party)
  party.stage.core.memory.set(party.value, look(party) + 1)
  party.stage.core.rwLock.writeEnd(party.self, party.lock)
}

function downgrading(party: Party): void {
  const { self, lock, stage, value } = party
  write(party)
  const mine = look(party) + 1
  stage.core.memory.set(value, mine)
  const seat = stage.core.rwLock.downgrade(self, lock)
  expect(look(party) === mine, 'somebody wrote between the writer and the reader that it became')
  stage.core.rwLock.readEnd(self, lock, seat)
}

function upgrading(party: Party): void {
  const { self, lock, stage, value } = party
  const { RW_READERS, RW_UPGRADE, mayReadUpgradable, mayUpgrade, upgradableTry, upgradeTry, writeEnd } =
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
  expect(look(party) === seen, 'somebody wrote between the reader and the writer that it became')
  stage.core.memory.set(value, seen + 1)
  writeEnd(self, lock)
}

function leavingUpgrade(party: Party): void {
  const { self, lock, stage } = party
  const { RW_READERS, leaveUpgrade, mayReadUpgradable, readEnd, upgradableTry } = stage.core.rwLock
  wait(
    party,
    RW_READERS,
    () => mayReadUpgradable(lock),
    () => upgradableTry(self, lock),
  )
  const seen = look(party)
  const seat = leaveUpgrade(self, lock)
  expect(look(party) === seen, 'somebody wrote between the upgradable reader and the reader that it became')
  readEnd(self, lock, seat)
}

/** Writes if it need not wait. */
function trying({ self, lock, stage, value }: Party): void {
  const { HOLDS_WRITE, rwHeld, writeEnd, writeTry } = stage.core.rwLock
  if (writeTry(self, lock) === 0) return
  // Not counted: what it writes is what was there.
  stage.core.memory.set(value, stage.core.memory.get(value))
  expect(rwHeld(self, lock) === HOLDS_WRITE, 'a writer has lost its lock')
  writeEnd(self, lock)
}

/** Reads if it need not wait. */
function glancing({ self, lock, stage }: Party): void {
  const { readEnd, readTry } = stage.core.rwLock
  const seat = readTry(self, lock)
  if (seat !== 0) readEnd(self, lock, seat)
}

/** Stands in the line of writers until the lock is free for it: whoever frees it, wakes it. */
function standing({ self, lock, stage, waiter }: Party): void {
  const { RW_WRITERS, mayWrite } = stage.core.rwLock
  const { enterQueue, leaveQueue } = stage.core.waitQueue
  enterQueue(self, lock + RW_WRITERS, waiter)
  if (mayWrite(lock) !== 0) leaveQueue(self, waiter)
}

/** While a reader has its share, no writer leaves the line; so nobody else reads from when one stands there. */
function readingTwice(party: Party): void {
  const { self, lock, stage } = party
  const { RW_WRITERS, readEnd, readTry } = stage.core.rwLock
  const seat = read(party)
  if (stage.core.waitQueue.hasWaiters(lock + RW_WRITERS) !== 0) {
    expect(readTry(self, lock) === 0, 'a reader was let in though a writer waits')
  }
  readEnd(self, lock, seat)
}

const WRITING: readonly Act[] = [writing, downgrading, upgrading]

function sharing(name: string, acts: readonly Act[], preemptions?: number): Model<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newStage(core)
      const [lock, value] = [stage.place(128), stage.place(4)]
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, lock, waiter: stage.waiter(self), value }
        return () => act(party)
      })
      together(...bodies)
      expect(core.memory.get(value) === acts.filter(act => WRITING.includes(act)).length, 'a change was lost')
      const { RW_READERS, RW_UPGRADE, RW_WRITERS, rwInUse } = core.rwLock
      expect(rwInUse(lock) === 0, 'somebody has the lock')
      for (const line of [RW_READERS, RW_UPGRADE, RW_WRITERS]) {
        expect(core.waitQueue.hasWaiters(lock + line) === 0, 'somebody stands in line')
      }
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/rw-lock.ts', from, to })

/** Of all who come at once to a lock that is free, and only try it, somebody gets it: they do not keep each other out. */
function meeting(name: string, acts: readonly ((party: Party) => number)[], preemptions?: number): Model<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newStage(core)
      const [lock, value, got] = [stage.place(128), stage.place(4), stage.place(4)]
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        return (): void => {
          if (act({ stage, self, lock, waiter: 0, value }) !== 0) core.memory.store(got, 1)
        }
      })
      together(...bodies)
      expect(core.memory.load(got) !== 0, 'all stepped back')
    },
  }
}

const readTries = ({ self, lock, stage }: Party): number => stage.core.rwLock.readTry(self, lock)
const writeTries = ({ self, lock, stage }: Party): number => stage.core.rwLock.writeTry(self, lock)
const upgradableTries = ({ self, lock, stage }: Party): number => stage.core.rwLock.upgradableTry(self, lock)

/** Where nobody takes off the announcement of a writer, a reader and a writer that meet step back both. */
const bothStepBack = twin(
  'a reader and a writer that meet step back both',
  '    if (cas(lock + WRITER, writer, 0) == writer) return 1\n',
  '    if (writer < 0) return 0\n',
)

export default {
  of: 'core/rw-lock.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...sharing('a reader and a writer', [reading, writing]),
      twins: [
        twin(
          'a reader does not look for a writer once it has its seat',
          '  if (withoutWriter(lock) != 0) {\n    set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)\n    return seat\n  }',
          '  set(self + SLOT_HELD, get(self + SLOT_HELD) + 1)\n  if (seat != 0) return seat',
        ),
        twin(
          'a writer does not look for readers once it has its word',
          '  if (load(lock + RW_UPGRADER) == 0 && anyReader(lock) == 0 && cas(lock + WRITER, 0 - id, id) == 0 - id) {',
          '  if (cas(lock + WRITER, 0 - id, id) == 0 - id) {',
        ),
        twin(
          'a writer does not notice that its announcement was taken off',
          'anyReader(lock) == 0 && cas(lock + WRITER, 0 - id, id) == 0 - id) {\n    return writes',
          'anyReader(lock) == 0) {\n    store(lock + WRITER, id)\n    return writes',
        ),
        twin(
          'a reader looks for writers before it gives its seat back',
          '  store(seat, 0)\n  if (hasWaiters(lock + RW_WRITERS) != 0 || hasWaiters(lock + RW_UPGRADE) != 0) settle(self, lock)',
          '  const waits = hasWaiters(lock + RW_WRITERS)\n  store(seat, 0)\n  if (waits != 0) settle(self, lock)',
        ),
        twin(
          'a writer lets others in before it gives its word back',
          '  store(lock + WRITER, 0)\n  settle(self, lock)\n}',
          '  settle(self, lock)\n  store(lock + WRITER, 0)\n}',
        ),
      ],
    },
    {
      ...sharing('two writers', [writing, writing]),
      twins: [
        twin(
          'a writer takes its word in two steps',
          '  if (cas(lock + WRITER, 0, 0 - id) != 0) return 0\n  if (load(lock + RW_UPGRADER) == 0',
          '  if (load(lock + WRITER) != 0) return 0\n  store(lock + WRITER, 0 - id)\n  if (load(lock + RW_UPGRADER) == 0',
        ),
      ],
    },
    {
      ...sharing('readers and a writer', [reading, reading, writing], 2),
      twins: [
        twin(
          'a writer wakes one of the readers',
          '  if (hasWaiters(lock + RW_READERS) != 0) wakeAll(self, lock + RW_READERS)',
          '  if (hasWaiters(lock + RW_READERS) != 0) wakeOne(self, lock + RW_READERS)',
        ),
      ],
    },
    sharing('a reader and two writers', [reading, writing, writing], 2),
    {
      ...sharing('a reader and a writer that only try, another writer stands in line', [glancing, trying, standing]),
      twins: [
        twin(
          'a reader steps back and tells nobody',
          '  store(seat, 0)\n  settle(self, lock)\n  return READ_PENDING',
          '  store(seat, 0)\n  return READ_PENDING',
        ),
      ],
    },
    {
      ...sharing('two writers that only try, and a reader', [trying, trying, glancing]),
      twins: [
        twin(
          'a writer that steps back takes off what another one has announced',
          '  cas(lock + WRITER, 0 - id, 0)\n  settle',
          '  store(lock + WRITER, 0)\n  settle',
        ),
      ],
    },
    {
      ...sharing('two readers and a writer that only tries', [reading, reading, trying], 2),
      twins: [
        twin(
          'a writer steps back and tells nobody',
          '  cas(lock + WRITER, 0 - id, 0)\n  settle(self, lock)\n',
          '  cas(lock + WRITER, 0 - id, 0)\n',
        ),
      ],
    },
    {
      ...sharing('while a writer waits nobody reads', [readingTwice, writing]),
      twins: [
        twin(
          'readers do not look for a writer that waits',
          '  return hasWaiters(lock + RW_WRITERS) == 0 && hasWaiters(lock + RW_UPGRADE) == 0 ? 1 : 0\n',
          '  return hasWaiters(lock + RW_UPGRADE) == 0 ? 1 : 0\n',
        ),
      ],
    },
    {
      ...sharing('a writer goes on as a reader, another writes', [downgrading, writing]),
      twins: [
        twin(
          'the writer gives its word back before it has a seat',
          '  const seat = takeSeat(self, lock)\n  if (seat <= 0) return seat\n  store(lock + WRITER, 0)\n',
          '  store(lock + WRITER, 0)\n  const seat = takeSeat(self, lock)\n',
        ),
      ],
    },
    {
      ...sharing('a writer goes on as a reader, another reads', [downgrading, reading]),
      twins: [
        twin(
          'who goes on as a reader lets nobody in',
          '  store(lock + WRITER, 0)\n  settle(self, lock)\n  return seat\n',
          '  store(lock + WRITER, 0)\n  return seat\n',
        ),
      ],
    },
    {
      ...sharing('an upgradable reader goes on as one of many, another writes', [leavingUpgrade, writing]),
      twins: [
        twin(
          'the reader gives the upgrade seat back before it has another',
          '  const seat = takeSeat(self, lock)\n  if (seat <= 0) return seat\n  // ORDER: the seat, then the upgrade',
          '  store(lock + RW_UPGRADER, 0)\n  const seat = takeSeat(self, lock)\n  // ORDER: the seat, then the upgrade',
        ),
      ],
    },
    {
      ...sharing('an upgradable reader goes on as one of many, another wants its seat', [leavingUpgrade, upgrading]),
      twins: [
        twin(
          'who leaves the upgrade seat lets nobody in',
          '  wakeAll(self, lock + RW_UPGRADE)\n  settle(self, lock)\n',
          '  wakeAll(self, lock + RW_UPGRADE)\n',
        ),
      ],
    },
    {
      ...sharing('two readers go on as writers', [upgrading, upgrading]),
      twins: [
        twin(
          'the upgrade seat is taken in two steps',
          '  if (mayRead(lock) == 0 || cas(lock + RW_UPGRADER, 0, get(self + SLOT_ID)) != 0) return 0\n',
          '  if (mayRead(lock) == 0 || load(lock + RW_UPGRADER) != 0) return 0\n  store(lock + RW_UPGRADER, get(self + SLOT_ID))\n',
        ),
      ],
    },
    {
      ...sharing('a reader goes on as a writer, another reads', [upgrading, reading]),
      twins: [
        twin(
          'a reader that leaves does not look for who upgrades',
          'if (hasWaiters(lock + RW_WRITERS) != 0 || hasWaiters(lock + RW_UPGRADE) != 0) settle(self, lock)',
          'if (hasWaiters(lock + RW_WRITERS) != 0) settle(self, lock)',
        ),
      ],
    },
    {
      ...sharing('a reader goes on as a writer, another writes', [upgrading, writing]),
      twins: [
        twin(
          'who upgrades gives its seat back before it is the writer',
          '  if (anyReader(lock) != 0) return 0\n  const id = get(self + SLOT_ID)\n  // Another',
          '  store(lock + RW_UPGRADER, 0)\n  if (anyReader(lock) != 0) return 0\n  const id = get(self + SLOT_ID)\n  // Another',
        ),
        twin(
          'a writer does not look for the upgrade seat once it has its word',
          '  if (load(lock + RW_UPGRADER) == 0 && anyReader(lock) == 0 && cas(',
          '  if (anyReader(lock) == 0 && cas(',
        ),
      ],
    },
    { ...meeting('a reader and a writer meet', [readTries, writeTries]), twins: [bothStepBack] },
    { ...meeting('an upgradable reader and a writer meet', [upgradableTries, writeTries]), twins: [bothStepBack] },
    meeting('a reader and two writers meet', [readTries, writeTries, writeTries]),
    meeting('two readers and a writer meet', [readTries, readTries, writeTries]),
    ...[
      sharing('a reader and two writers', [reading, writing, writing], 3),
      sharing('readers and a writer', [reading, reading, writing], 3),
      sharing('a reader goes on as a writer, others read and write', [upgrading, reading, writing], 2),
      sharing('a writer goes on as a reader, others read and write', [downgrading, reading, writing], 2),
      sharing('a writer becomes a reader, a reader a writer, another reads', [downgrading, upgrading, reading], 2),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Core>
