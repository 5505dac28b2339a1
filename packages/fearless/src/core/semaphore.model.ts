/**
 * Permits are in the semaphore or in a record, whoever came first is served first, and nobody who could be served waits.
 * How one waits is as in sync/semaphore.ts: stand in line unless there are enough, sleep, look into one's record.
 */
import { expect, newStage, together, type Core, type Stage } from '../model/harness/core-threads.ts'
import type { Described, Model, Twin } from '../model/harness/described.ts'

interface Party {
  readonly stage: Stage
  readonly self: number
  readonly semaphore: number
  readonly waiter: number
  readonly record: number
  /** How many permits are out, by the count of those who have them. */
  readonly out: number
  readonly permits: number
}

/** Waits for permits: 1, or 0 if the semaphore is closed. */
function acquire({ stage, self, semaphore, waiter, record }: Party, wanted: number): number {
  const { ACQUIRED, ACQUIRE_CLOSED, acquireEnter, acquireLeave, acquireTry, isServed, mayAcquire } =
    stage.core.semaphore
  for (;;) {
    const answer = mayAcquire(semaphore, wanted) === 0 ? 0 : acquireTry(self, semaphore, record, wanted)
    if (answer === ACQUIRED) return 1
    if (answer === ACQUIRE_CLOSED) return 0
    if (acquireEnter(self, semaphore, waiter, record, wanted) === 0) continue
    stage.sleep(waiter)
    if (acquireLeave(self, semaphore, waiter) === 0 && isServed(waiter, record) !== 0) return 1
  }
}

/** Gives them back, as at the end of a permit: the record is new again. */
function giveBack({ stage, self, semaphore, record }: Party): void {
  stage.core.semaphore.endPermit(self, semaphore, record)
  stage.core.memory.add(semaphore + stage.core.semaphore.SEMAPHORE_OWNERS, 1)
}

type Act = (party: Party) => void

function using(wanted: number): Act {
  return party => {
    const { add, get, load } = party.stage.core.memory
    expect(acquire(party, wanted) === 1, 'it is closed')
    expect(load(party.semaphore) >= 0, 'it got what was not there')
    expect(get(party.record) === wanted, 'not as many as it wanted')
    expect(add(party.out, wanted) + wanted <= party.permits, 'more permits than there are')
    add(party.out, -wanted)
    giveBack(party)
  }
}

/** Who has a permit keeps whoever wants all of them in line; and then nobody else is served. */
const usingTwice: Act = party => {
  const { stage, self, semaphore, record } = party
  const { acquireTry, SEMAPHORE_LINE } = stage.core.semaphore
  acquire(party, 1)
  if (stage.core.waitQueue.hasWaiters(semaphore + SEMAPHORE_LINE) !== 0) {
    expect(acquireTry(self, semaphore, record, 1) === 0, 'who waits was overtaken')
  }
  giveBack(party)
}

/** Stands in line for more than there will be before it leaves again. */
function leaving(wanted: number): Act {
  return party => {
    const { stage, self, semaphore, waiter, record } = party
    const { acquireEnter, acquireLeave, isServed } = stage.core.semaphore
    if (acquireEnter(self, semaphore, waiter, record, wanted) === 0) return
    if (acquireLeave(self, semaphore, waiter) !== 0) return
    expect(isServed(waiter, record) !== 0, 'it was woken for nothing')
    giveBack(party)
  }
}

/** Has a permit until the next one has another. */
const staying: Act = party => {
  const { load, pause } = party.stage.core.memory
  acquire(party, 1)
  while (load(party.out) === 0) pause()
  giveBack(party)
}

const following: Act = party => {
  acquire(party, 1)
  party.stage.core.memory.add(party.out, 1)
  giveBack(party)
}

const adding: Act = ({ stage, self, semaphore }) => stage.core.semaphore.addPermits(self, semaphore, 1)

function sharing(name: string, permits: number, acts: readonly Act[], preemptions?: number): Model<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newStage(core)
      const [semaphore, out] = [stage.place(64), stage.place(4)]
      const added = acts.filter(act => act === adding).length
      core.memory.store(semaphore, permits - added)
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, semaphore, waiter: stage.waiter(self), record: stage.place(32), out, permits }
        return () => act(party)
      })
      together(...bodies)
      expect(core.memory.load(semaphore) === permits, 'not as many permits as before')
      expect(core.waitQueue.hasWaiters(semaphore + core.semaphore.SEMAPHORE_LINE) === 0, 'somebody stands in line')
    },
  }
}

/** Whoever waits learns that it is closed; who has a permit keeps it. */
function closing(waiting: number, permits: number): Model<Core> {
  return {
    name: permits === 0 ? 'it is closed while one waits' : 'it is closed while one waits and one has a permit',
    threads: waiting + 1,
    operations: 1,
    program: core => () => {
      const stage = newStage(core)
      const [semaphore, out] = [stage.place(64), stage.place(4)]
      core.memory.store(semaphore, permits)
      const acting = Array.from({ length: waiting }, (_, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, semaphore, waiter: stage.waiter(self), record: stage.place(32), out, permits }
        return () => {
          if (acquire(party, 1) === 0) return
          expect(permits > 0, 'a permit that was never there')
          giveBack(party)
        }
      })
      const closer = stage.slot(waiting + 1)
      together(...acting, () => core.semaphore.closeSemaphore(closer, semaphore))
      expect(core.memory.load(semaphore) === permits, 'a permit is lost')
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/semaphore.ts', from, to })

export default {
  of: 'core/semaphore.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...sharing('one permit, two want it', 1, [using(1), using(1)]),
      twins: [
        twin(
          'who gives back serves nobody',
          'load(semaphore) + get(record + HANDLE_NOTE))\n  serve(semaphore)\n',
          'load(semaphore) + get(record + HANDLE_NOTE))\n',
        ),
        twin(
          'who finds none stands in line without looking again',
          '  const stands: i32 = load(semaphore + SEMAPHORE_CLOSED) != 0 || isOpen(semaphore, wanted) != 0 ? 0 : 1\n',
          '  const stands: i32 = 1\n',
        ),
        twin(
          'permits are given to two by a look and a step',
          '  latchQueue(self, semaphore + SEMAPHORE_LINE)\n  let answer = ACQUIRE_PENDING\n',
          '  let answer = ACQUIRE_PENDING\n',
        ),
      ],
    },
    sharing('two permits, one wants both', 2, [using(2), using(1)]),
    {
      ...sharing('nobody overtakes one who waits for both', 2, [usingTwice, using(2)]),
      twins: [
        twin(
          'who comes does not look whether others wait',
          '  return firstInLine(semaphore + SEMAPHORE_LINE) == 0 && load(semaphore) >= wanted ? 1 : 0',
          '  return load(semaphore) >= wanted ? 1 : 0',
        ),
      ],
    },
    {
      ...sharing('who leaves the line lets those behind it be served', 2, [staying, leaving(2), following], 1),
      twins: [
        twin(
          'who leaves serves nobody',
          '  const left = leave(semaphore + SEMAPHORE_LINE, waiter)\n  serve(semaphore)\n',
          '  const left = leave(semaphore + SEMAPHORE_LINE, waiter)\n',
        ),
      ],
    },
    {
      ...sharing('permits are added while two wait', 2, [adding, adding, using(2)]),
      twins: [
        twin(
          'who is first is served though there is not enough',
          '    if (isChosen == 0 && wanted > load(semaphore)) return\n',
          '    if (isChosen == 0 && load(semaphore) == 0) return\n',
        ),
        twin(
          'who adds serves nobody',
          '  move(semaphore, NO_RECORD, 0, load(semaphore) + count)\n  serve(semaphore)\n',
          '  move(semaphore, NO_RECORD, 0, load(semaphore) + count)\n',
        ),
        twin(
          'who adds takes no latch',
          '  latchQueue(self, semaphore + SEMAPHORE_LINE)\n  move(semaphore, NO_RECORD, 0, load(semaphore) + count)',
          '  move(semaphore, NO_RECORD, 0, load(semaphore) + count)',
        ),
      ],
    },
    {
      ...closing(1, 0),
      twins: [
        twin(
          'it is closed after those who wait were told',
          '  store(semaphore + SEMAPHORE_CLOSED, 1)\n  while (true) {\n    const waiter = takeFirst(line)\n    if (waiter == 0) break\n    deliver(waiter)\n  }\n  unlatch(self, line)\n',
          '  while (true) {\n    const waiter = takeFirst(line)\n    if (waiter == 0) break\n    deliver(waiter)\n  }\n  unlatch(self, line)\n  store(semaphore + SEMAPHORE_CLOSED, 1)\n',
        ),
        twin(
          'who stands in line does not look whether it is closed',
          '  const stands: i32 = load(semaphore + SEMAPHORE_CLOSED) != 0 || isOpen(semaphore, wanted) != 0 ? 0 : 1\n',
          '  const stands: i32 = isOpen(semaphore, wanted) != 0 ? 0 : 1\n',
        ),
      ],
    },
    ...[
      sharing('one permit, three want it', 1, [using(1), using(1), using(1)], 2),
      sharing('two permits, three want some or both', 2, [using(2), using(1), using(1)], 2),
      sharing('who leaves the line lets those behind it be served', 2, [staying, leaving(2), following], 2),
      closing(2, 1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Core>
