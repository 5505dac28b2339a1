/**
 * One thread at a time runs the initialisation, none runs it once it is done, and a thread that sees ONCE_DONE sees the
 * initialisation's stores. A waiter waits as in sync/once-wait.ts: register, check once more, sleep, unregister.
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
  readonly once: number
  readonly waiter: number
  readonly record: number
  /** The word that the initialisation increments. */
  readonly value: number
}

/**
 * Runs the initialisation with the given outcome, or waits for another thread's. Returns ONCE_DONE or ONCE_POISONED.
 */
function call({ stage, self, once, waiter, value }: Party, outcome: number): number {
  const { get, load, set } = stage.core.memory
  const { ONCE_BUSY, ONCE_QUEUE, ONCE_NEW, ONCE_RUN, ONCE_STATE, onceComplete, onceBegin } = stage.core.once
  for (;;) {
    const state = onceBegin(self, once, 0)
    if (state === ONCE_RUN) {
      set(value, get(value) + 1)
      onceComplete(self, once, outcome)
      return outcome
    }
    if (state !== ONCE_BUSY) return state
    stage.core.waitQueue.registerWaiter(self, once + ONCE_QUEUE, waiter)
    const isReady = load(once + ONCE_STATE) !== ONCE_NEW || load(once + stage.core.mutex.MUTEX_LOCK) === 0
    if (!isReady) stage.sleep(waiter)
    stage.core.waitQueue.unregisterWaiter(self, waiter)
  }
}

/** Claims and runs the initialisation, or waits for another thread's (as LazyLock does). */
function claim({ stage, self, once, waiter, record, value }: Party): number {
  const { get, load, set, store } = stage.core.memory
  const { ONCE_DONE, ONCE_QUEUE, ONCE_NEW, ONCE_STATE, claimOnce, dropClaimant, endClaim } = stage.core.once
  for (;;) {
    const state = load(once + ONCE_STATE)
    if (state !== ONCE_NEW) return state
    if (load(once + stage.core.mutex.MUTEX_LOCK) === 0) {
      set(record + stage.core.handles.HANDLE_STATE, 0)
      store(once + stage.core.mutex.MUTEX_OWNERS, 9)
      if (claimOnce(once, record) !== 0) {
        set(value, get(value) + 1)
        endClaim(self, once, record, ONCE_DONE)
      }
      dropClaimant(self, once, record)
    }
    stage.core.waitQueue.registerWaiter(self, once + ONCE_QUEUE, waiter)
    const isReady = load(once + ONCE_STATE) !== ONCE_NEW || load(once + stage.core.mutex.MUTEX_LOCK) === 0
    if (!isReady) stage.sleep(waiter)
    stage.core.waitQueue.unregisterWaiter(self, waiter)
  }
}

type Act = (party: Party) => void

/** After the call the initialisation is done, and its store is visible. */
const calling: Act = party => {
  const { ONCE_DONE } = party.stage.core.once
  assertInvariant(call(party, ONCE_DONE) === ONCE_DONE, 'the initialisation is not done')
  assertInvariant(party.stage.core.memory.get(party.value) === 1, 'the initialisation ran twice, or not at all')
}

const claiming: Act = party => {
  assertInvariant(claim(party) === party.stage.core.once.ONCE_DONE, 'the initialisation is not done')
  assertInvariant(party.stage.core.memory.get(party.value) === 1, 'the initialisation ran twice, or not at all')
}

/** If one initialisation fails, all callers learn of the failure. */
const failing: Act = party => {
  const { ONCE_POISONED } = party.stage.core.once
  assertInvariant(call(party, ONCE_POISONED) === ONCE_POISONED, 'the initialisation has not failed')
  assertInvariant(party.stage.core.memory.get(party.value) === 1, 'the initialisation was tried again')
}

/** Starts the initialisation and leaves the Once new, so that another thread must run it. */
const leavingIt: Act = party => {
  const { ONCE_NEW, ONCE_RUN, onceComplete, onceBegin } = party.stage.core.once
  if (onceBegin(party.self, party.once, 0) === ONCE_RUN) onceComplete(party.self, party.once, ONCE_NEW)
}

function meeting(name: string, acts: readonly Act[], preemptions?: number): DescribedModel<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newCoreHarness(core)
      const [once, value] = [stage.zeroed(64), stage.zeroed(4)]
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, once, waiter: stage.waiter(self), record: stage.zeroed(32), value }
        return () => act(party)
      })
      runThreads(...bodies)
      assertInvariant(core.memory.load(once + core.mutex.MUTEX_LOCK) === 0, 'the lock word is still held')
      assertInvariant(core.waitQueue.hasWaiters(once + core.once.ONCE_QUEUE) === 0, 'a waiter is left in the queue')
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/once.ts', from, to })

export default {
  source: 'core/once.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...meeting('two threads call a Once', [calling, calling]),
      twins: [
        twin(
          'the initialisation is started in two steps',
          '  if (cas(once + MUTEX_LOCK, 0, get(self + SLOT_ID)) != 0) return ONCE_BUSY\n',
          '  if (load(once + MUTEX_LOCK) != 0) return ONCE_BUSY\n  store(once + MUTEX_LOCK, get(self + SLOT_ID))\n',
        ),
        twin(
          'the state is not checked again after the exchange',
          '  if (settled != 0) {\n',
          '  if (Number(settled) != Number(settled)) {\n',
        ),
        twin(
          'the lock word is released before the state is stored',
          '  store(once + ONCE_STATE, state)\n  store(once + MUTEX_LOCK, 0)\n  wakeAll(self, once + ONCE_QUEUE)\n  endAnnouncement(self)\n',
          '  store(once + MUTEX_LOCK, 0)\n  store(once + ONCE_STATE, state)\n  wakeAll(self, once + ONCE_QUEUE)\n  endAnnouncement(self)\n',
        ),
        twin(
          'waiters are woken before the state is stored',
          '  store(once + ONCE_STATE, state)\n  store(once + MUTEX_LOCK, 0)\n  wakeAll(self, once + ONCE_QUEUE)\n  endAnnouncement(self)\n',
          '  wakeAll(self, once + ONCE_QUEUE)\n  store(once + ONCE_STATE, state)\n  store(once + MUTEX_LOCK, 0)\n  endAnnouncement(self)\n',
        ),
      ],
    },
    {
      ...meeting('three threads call a Once', [calling, calling, calling], 2),
      twins: [
        {
          name: 'only one waiter is woken',
          file: 'core/wait-queue.ts',
          from: '    wakeWaiter(waiter)\n    woken++\n',
          to: '    wakeWaiter(waiter)\n    woken++\n    break\n',
        },
      ],
    },
    {
      ...meeting('two threads learn that the initialisation failed', [failing, failing]),
      twins: [
        twin(
          'a failed initialisation is tried again',
          '  return state == ONCE_DONE || (state == ONCE_POISONED && force == 0) ? 1 : 0',
          '  return state == ONCE_DONE ? 1 : 0',
        ),
      ],
    },
    {
      ...meeting('a thread leaves a Once new and another initialises it', [leavingIt, calling], 3),
      twins: [
        twin(
          'a thread leaves a Once new without a wake-up',
          '  wakeAll(self, once + ONCE_QUEUE)\n  endAnnouncement(self)\n',
          '  if (state != ONCE_NEW) wakeAll(self, once + ONCE_QUEUE)\n  endAnnouncement(self)\n',
        ),
      ],
    },
    {
      ...meeting('two threads claim a Once', [claiming, claiming], 3),
      twins: [
        twin(
          'a Once is claimed without a check of the state',
          '  if (load(once + ONCE_STATE) == ONCE_NEW) {\n',
          '  {\n',
        ),
        twin('a claim of a completed Once is kept', '  store(once + MUTEX_LOCK, 0)\n  return 0\n', '  return 0\n'),
      ],
    },
    ...[
      meeting('three threads call a Once', [calling, calling, calling]),
      meeting('three threads claim a Once', [claiming, claiming, claiming], 2),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies ModelFile<Core>
