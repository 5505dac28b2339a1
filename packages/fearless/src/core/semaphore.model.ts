/**
 * Every permit is in the semaphore or in a record, waiters are served in FIFO order, and no waiter waits while it could
 * be served. A waiter waits as in sync/semaphore.ts: register unless enough are available, sleep, check its record.
 */
import {
  assertInvariant,
  newCoreHarness,
  runThreads,
  type Core,
  type CoreHarness,
} from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'

interface Party {
  readonly stage: CoreHarness
  readonly self: number
  readonly semaphore: number
  readonly waiter: number
  readonly record: number
  /** Address of the number of permits in use, counted by their holders. */
  readonly out: number
  readonly permits: number
}

/** Waits for permits. Returns 1, or 0 if the semaphore is closed. */
function acquire({ stage, self, semaphore, waiter, record }: Party, wanted: number): number {
  const { ACQUIRED, ACQUIRE_CLOSED, acquireRegister, acquireUnregister, acquireTry, isServed, mayAcquire } =
    stage.core.semaphore
  for (;;) {
    const answer = mayAcquire(semaphore, wanted) === 0 ? 0 : acquireTry(self, semaphore, record, wanted)
    if (answer === ACQUIRED) return 1
    if (answer === ACQUIRE_CLOSED) return 0
    if (acquireRegister(self, semaphore, waiter, record, wanted) === 0) continue
    stage.sleep(waiter)
    if (acquireUnregister(self, semaphore, waiter) === 0 && isServed(waiter, record) !== 0) return 1
  }
}

/** Returns the permits like the drop of a permit, and makes the record usable again. */
function giveBack({ stage, self, semaphore, record }: Party): void {
  stage.core.semaphore.dropPermit(self, semaphore, record)
  stage.core.memory.add(semaphore + stage.core.semaphore.SEMAPHORE_OWNERS, 1)
}

type Act = (party: Party) => void

function using(wanted: number): Act {
  return party => {
    const { add, get, load } = party.stage.core.memory
    assertInvariant(acquire(party, wanted) === 1, 'the semaphore is closed')
    assertInvariant(load(party.semaphore) >= 0, 'the number of available permits is negative')
    assertInvariant(get(party.record) === wanted, 'the record has another number of permits than requested')
    assertInvariant(add(party.out, wanted) + wanted <= party.permits, 'more permits are in use than exist')
    add(party.out, -wanted)
    giveBack(party)
  }
}

/** Holds a permit. While a waiter for all permits is registered, no other request is served. */
const usingTwice: Act = party => {
  const { stage, self, semaphore, record } = party
  const { acquireTry, SEMAPHORE_QUEUE } = stage.core.semaphore
  acquire(party, 1)
  if (stage.core.waitQueue.hasWaiters(semaphore + SEMAPHORE_QUEUE) !== 0) {
    assertInvariant(acquireTry(self, semaphore, record, 1) === 0, 'a waiter was overtaken')
  }
  giveBack(party)
}

/** Registers for more permits than will be available, and unregisters. */
function leaving(wanted: number): Act {
  return party => {
    const { stage, self, semaphore, waiter, record } = party
    const { acquireRegister, acquireUnregister, isServed } = stage.core.semaphore
    if (acquireRegister(self, semaphore, waiter, record, wanted) === 0) return
    if (acquireUnregister(self, semaphore, waiter) !== 0) return
    assertInvariant(isServed(waiter, record) !== 0, 'a waiter was woken without permits')
    giveBack(party)
  }
}

/** Holds a permit until the next thread has one, too. */
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

function sharing(name: string, permits: number, acts: readonly Act[], preemptions?: number): DescribedModel<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newCoreHarness(core)
      const [semaphore, out] = [stage.zeroed(64), stage.zeroed(4)]
      const added = acts.filter(act => act === adding).length
      core.memory.store(semaphore, permits - added)
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, semaphore, waiter: stage.waiter(self), record: stage.zeroed(32), out, permits }
        return () => act(party)
      })
      runThreads(...bodies)
      assertInvariant(core.memory.load(semaphore) === permits, 'the number of permits has changed')
      assertInvariant(
        core.waitQueue.hasWaiters(semaphore + core.semaphore.SEMAPHORE_QUEUE) === 0,
        'a waiter is left in the queue',
      )
    },
  }
}

/** A close wakes every waiter, and a holder keeps its permit. */
function closing(waiting: number, permits: number): DescribedModel<Core> {
  return {
    name:
      permits === 0
        ? 'a semaphore is closed while a thread waits'
        : 'a semaphore is closed while a thread waits and another has a permit',
    threads: waiting + 1,
    operations: 1,
    program: core => () => {
      const stage = newCoreHarness(core)
      const [semaphore, out] = [stage.zeroed(64), stage.zeroed(4)]
      core.memory.store(semaphore, permits)
      const acting = Array.from({ length: waiting }, (_, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, semaphore, waiter: stage.waiter(self), record: stage.zeroed(32), out, permits }
        return () => {
          if (acquire(party, 1) === 0) return
          assertInvariant(permits > 0, 'a thread got a permit that never existed')
          giveBack(party)
        }
      })
      const closer = stage.slot(waiting + 1)
      runThreads(...acting, () => core.semaphore.closeSemaphore(closer, semaphore))
      assertInvariant(core.memory.load(semaphore) === permits, 'a permit was lost')
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/semaphore.ts', from, to })

export default {
  source: 'core/semaphore.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...sharing('two threads want one permit', 1, [using(1), using(1)]),
      twins: [
        twin(
          'a dropped permit does not serve the queue',
          'load(semaphore) + get(record + HANDLE_STATE))\n  serve(semaphore)\n',
          'load(semaphore) + get(record + HANDLE_STATE))\n',
        ),
        twin(
          'a waiter registers without a second check',
          '  const stands: i32 = load(semaphore + SEMAPHORE_CLOSED) != 0 || isOpen(semaphore, wanted) != 0 ? 0 : 1\n',
          '  const stands: i32 = 1\n',
        ),
        twin(
          'permits are acquired without the latch',
          '  latchQueue(self, semaphore + SEMAPHORE_QUEUE)\n  let answer = ACQUIRE_PENDING\n',
          '  let answer = ACQUIRE_PENDING\n',
        ),
      ],
    },
    sharing('of two threads one wants both permits', 2, [using(2), using(1)]),
    {
      ...sharing('no request overtakes a waiter for both permits', 2, [usingTwice, using(2)]),
      twins: [
        twin(
          'a request does not check for earlier waiters',
          '  return firstWaiter(semaphore + SEMAPHORE_QUEUE) == 0 && load(semaphore) >= wanted ? 1 : 0',
          '  return load(semaphore) >= wanted ? 1 : 0',
        ),
      ],
    },
    {
      ...sharing('a waiter that unregisters lets later waiters be served', 2, [staying, leaving(2), following], 1),
      twins: [
        twin(
          'an unregistering waiter does not serve the queue',
          '  const left = unregisterLatched(semaphore + SEMAPHORE_QUEUE, waiter)\n  serve(semaphore)\n',
          '  const left = unregisterLatched(semaphore + SEMAPHORE_QUEUE, waiter)\n',
        ),
      ],
    },
    {
      ...sharing('permits are added while a thread waits for two', 2, [adding, adding, using(2)]),
      twins: [
        twin(
          'the first waiter is served without enough permits',
          '    if (isChosen == 0 && wanted > load(semaphore)) return\n',
          '    if (isChosen == 0 && load(semaphore) == 0) return\n',
        ),
        twin(
          'added permits do not serve the queue',
          '  transfer(semaphore, NO_RECORD, 0, load(semaphore) + count)\n  serve(semaphore)\n',
          '  transfer(semaphore, NO_RECORD, 0, load(semaphore) + count)\n',
        ),
        twin(
          'permits are added without the latch',
          '  latchQueue(self, semaphore + SEMAPHORE_QUEUE)\n  transfer(semaphore, NO_RECORD, 0, load(semaphore) + count)',
          '  transfer(semaphore, NO_RECORD, 0, load(semaphore) + count)',
        ),
      ],
    },
    {
      ...closing(1, 0),
      twins: [
        twin(
          'the closed word is stored after the wake-ups',
          '  store(semaphore + SEMAPHORE_CLOSED, 1)\n  while (true) {\n    const waiter = claimFirstWaiter(line)\n    if (waiter == 0) break\n    wakeWaiter(waiter)\n  }\n  unlatch(self, line)\n',
          '  while (true) {\n    const waiter = claimFirstWaiter(line)\n    if (waiter == 0) break\n    wakeWaiter(waiter)\n  }\n  unlatch(self, line)\n  store(semaphore + SEMAPHORE_CLOSED, 1)\n',
        ),
        twin(
          'a waiter registers without a check for the closed word',
          '  const stands: i32 = load(semaphore + SEMAPHORE_CLOSED) != 0 || isOpen(semaphore, wanted) != 0 ? 0 : 1\n',
          '  const stands: i32 = isOpen(semaphore, wanted) != 0 ? 0 : 1\n',
        ),
      ],
    },
    ...[
      sharing('three threads want one permit', 1, [using(1), using(1), using(1)], 2),
      sharing('three threads want one or both of two permits', 2, [using(2), using(1), using(1)], 2),
      sharing('a waiter that unregisters lets later waiters be served', 2, [staying, leaving(2), following], 2),
      closing(2, 1),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Core>
