/**
 * One does it at a time, nobody does it once it is done, and whoever learns that it is done sees what was done.
 * How one waits is as in sync/once-wait.ts: enter the line, look once more, sleep, leave.
 */
import { expect, newStage, together, type Core, type Stage } from '../model/harness/core-threads.ts'
import type { Described, Model, Twin } from '../model/harness/described.ts'

interface Party {
  readonly stage: Stage
  readonly self: number
  readonly once: number
  readonly waiter: number
  readonly record: number
  /** What it is to do: to add one. */
  readonly value: number
}

/** Does it, or waits until it is settled: ONCE_DONE or ONCE_POISONED. It ends with `outcome` if we do it. */
function call({ stage, self, once, waiter, value }: Party, outcome: number): number {
  const { get, load, set } = stage.core.memory
  const { ONCE_BUSY, ONCE_LINE, ONCE_NEW, ONCE_RUN, ONCE_STATE, onceEnd, onceTry } = stage.core.once
  for (;;) {
    const state = onceTry(self, once, 0)
    if (state === ONCE_RUN) {
      set(value, get(value) + 1)
      onceEnd(self, once, outcome)
      return outcome
    }
    if (state !== ONCE_BUSY) return state
    stage.core.waitQueue.enterQueue(self, once + ONCE_LINE, waiter)
    const isReady = load(once + ONCE_STATE) !== ONCE_NEW || load(once + stage.core.mutex.MUTEX_LOCK) === 0
    if (!isReady) stage.sleep(waiter)
    stage.core.waitQueue.leaveQueue(self, waiter)
  }
}

/** Claims it and does it, or waits until it is done by another (as LazyLock does). */
function claim({ stage, self, once, waiter, record, value }: Party): number {
  const { get, load, set, store } = stage.core.memory
  const { ONCE_DONE, ONCE_LINE, ONCE_NEW, ONCE_STATE, claimOnce, endClaimant, endClaim } = stage.core.once
  for (;;) {
    const state = load(once + ONCE_STATE)
    if (state !== ONCE_NEW) return state
    if (load(once + stage.core.mutex.MUTEX_LOCK) === 0) {
      set(record + stage.core.handles.HANDLE_NOTE, 0)
      store(once + stage.core.mutex.MUTEX_OWNERS, 9)
      if (claimOnce(once, record) !== 0) {
        set(value, get(value) + 1)
        endClaim(self, once, record, ONCE_DONE)
      }
      endClaimant(self, once, record)
    }
    stage.core.waitQueue.enterQueue(self, once + ONCE_LINE, waiter)
    const isReady = load(once + ONCE_STATE) !== ONCE_NEW || load(once + stage.core.mutex.MUTEX_LOCK) === 0
    if (!isReady) stage.sleep(waiter)
    stage.core.waitQueue.leaveQueue(self, waiter)
  }
}

type Act = (party: Party) => void

/** It is done, by whomever: what was done is there. */
const calling: Act = party => {
  const { ONCE_DONE } = party.stage.core.once
  expect(call(party, ONCE_DONE) === ONCE_DONE, 'it is not done')
  expect(party.stage.core.memory.get(party.value) === 1, 'it was done twice, or not at all')
}

const claiming: Act = party => {
  expect(claim(party) === party.stage.core.once.ONCE_DONE, 'it is not done')
  expect(party.stage.core.memory.get(party.value) === 1, 'it was done twice, or not at all')
}

/** Where one failed, all hear of it. */
const failing: Act = party => {
  const { ONCE_POISONED } = party.stage.core.once
  expect(call(party, ONCE_POISONED) === ONCE_POISONED, 'it has not failed')
  expect(party.stage.core.memory.get(party.value) === 1, 'it was tried again')
}

/** Tries and leaves it new: somebody else has to do it. */
const leavingIt: Act = party => {
  const { ONCE_NEW, ONCE_RUN, onceEnd, onceTry } = party.stage.core.once
  if (onceTry(party.self, party.once, 0) === ONCE_RUN) onceEnd(party.self, party.once, ONCE_NEW)
}

function meeting(name: string, acts: readonly Act[], preemptions?: number): Model<Core> {
  return {
    name,
    threads: acts.length,
    operations: 1,
    ...(preemptions === undefined ? {} : { preemptions }),
    program: core => () => {
      const stage = newStage(core)
      const [once, value] = [stage.place(64), stage.place(4)]
      const bodies = acts.map((act, i) => {
        const self = stage.slot(i + 1)
        const party = { stage, self, once, waiter: stage.waiter(self), record: stage.place(32), value }
        return () => act(party)
      })
      together(...bodies)
      expect(core.memory.load(once + core.mutex.MUTEX_LOCK) === 0, 'somebody is at it')
      expect(core.waitQueue.hasWaiters(once + core.once.ONCE_LINE) === 0, 'somebody stands in line')
    },
  }
}

const twin = (name: string, from: string, to: string): Twin => ({ name, file: 'core/once.ts', from, to })

export default {
  of: 'core/once.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...meeting('two call it', [calling, calling]),
      twins: [
        twin(
          'is begun by a look and a step',
          '  if (cas(once + MUTEX_LOCK, 0, get(self + SLOT_ID)) != 0) return ONCE_BUSY\n',
          '  if (load(once + MUTEX_LOCK) != 0) return ONCE_BUSY\n  store(once + MUTEX_LOCK, get(self + SLOT_ID))\n',
        ),
        twin(
          'does not look again whether it is done',
          '  if (settled != 0) {\n',
          '  if (Number(settled) != Number(settled)) {\n',
        ),
        twin(
          'says that nobody is at it before it says that it is done',
          '  store(once + ONCE_STATE, state)\n  store(once + MUTEX_LOCK, 0)\n  wakeAll(self, once + ONCE_LINE)\n  pay(self)\n',
          '  store(once + MUTEX_LOCK, 0)\n  store(once + ONCE_STATE, state)\n  wakeAll(self, once + ONCE_LINE)\n  pay(self)\n',
        ),
        twin(
          'wakes before it says that it is done',
          '  store(once + ONCE_STATE, state)\n  store(once + MUTEX_LOCK, 0)\n  wakeAll(self, once + ONCE_LINE)\n  pay(self)\n',
          '  wakeAll(self, once + ONCE_LINE)\n  store(once + ONCE_STATE, state)\n  store(once + MUTEX_LOCK, 0)\n  pay(self)\n',
        ),
      ],
    },
    {
      ...meeting('three call it', [calling, calling, calling], 2),
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
      ...meeting('it fails, and two hear of it', [failing, failing]),
      twins: [
        twin(
          'is tried again after it has failed',
          '  return state == ONCE_DONE || (state == ONCE_POISONED && force == 0) ? 1 : 0',
          '  return state == ONCE_DONE ? 1 : 0',
        ),
      ],
    },
    {
      ...meeting('one leaves it undone, another does it', [leavingIt, calling], 3),
      twins: [
        twin(
          'who leaves it undone tells nobody',
          '  wakeAll(self, once + ONCE_LINE)\n  pay(self)\n',
          '  if (state != ONCE_NEW) wakeAll(self, once + ONCE_LINE)\n  pay(self)\n',
        ),
      ],
    },
    {
      ...meeting('two claim it', [claiming, claiming], 3),
      twins: [
        twin('is claimed without a look whether it is done', '  if (load(once + ONCE_STATE) == ONCE_NEW) {\n', '  {\n'),
        twin('who claims what is done keeps it claimed', '  store(once + MUTEX_LOCK, 0)\n  return 0\n', '  return 0\n'),
      ],
    },
    ...[
      meeting('three call it', [calling, calling, calling]),
      meeting('three claim it', [claiming, claiming, claiming], 2),
    ].map(each => ({ ...each, deep: true as const })),
  ],
} satisfies Described<Core>
