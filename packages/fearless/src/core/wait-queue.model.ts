/**
 * No wake-up is lost: a waiter that registers and then checks is woken by a notifier that changes the object and then
 * checks the queue. A woken waiter that takes no resource passes the wake-up on.
 */
import {
  assertInvariant,
  newCoreHarness,
  runThreads,
  type Core,
  type CoreHarness,
} from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel, Twin } from '../model/harness/described.ts'
import { world } from '../model/drivers/world.ts'

/** Takes one of the tokens counted at `tokens`. Returns false if there is none. */
function takeToken({ core }: CoreHarness, tokens: number): boolean {
  for (;;) {
    const left = core.memory.load(tokens)
    if (left === 0) return false
    if (core.memory.cas(tokens, left, left - 1) === left) return true
  }
}

function giveToken({ core }: CoreHarness, self: number, tokens: number, queue: number): void {
  core.memory.add(tokens, 1)
  if (core.waitQueue.hasWaiters(queue) !== 0) core.waitQueue.wakeOne(self, queue)
}

/** All threads wait for one word to change. */
function event(waiting: number): DescribedModel<Core> {
  return {
    name: 'all threads wait for an event and are woken together',
    threads: waiting + 1,
    operations: 1,
    program: core => () => {
      const stage = newCoreHarness(core)
      const { load, store } = core.memory
      const [queue, flag] = [stage.zeroed(12), stage.zeroed(4)]
      const bodies = Array.from({ length: waiting }, (_, i) => {
        const self = stage.slot(i + 2)
        const waiter = stage.waiter(self)
        return () => {
          while (load(flag) === 0) {
            core.waitQueue.registerWaiter(self, queue, waiter)
            if (load(flag) === 0) stage.sleep(waiter)
            core.waitQueue.unregisterWaiter(self, waiter)
          }
        }
      })
      const waker = stage.slot(1)
      runThreads(...bodies, () => {
        store(flag, 1)
        core.waitQueue.wakeAll(waker, queue)
      })
    },
  }
}

/** Takers wait for tokens. Some unregister at once, and pass on a wake-up that they received before that. */
function tokens(takers: number, giversUp: number): DescribedModel<Core> {
  return {
    name: giversUp === 0 ? 'each taker gets a token' : 'a taker unregisters while it is woken',
    threads: takers + giversUp + 1,
    operations: 1,
    program: core => () => {
      const stage = newCoreHarness(core)
      const [queue, word] = [stage.zeroed(12), stage.zeroed(4)]
      const bodies = Array.from({ length: takers + giversUp }, (_, i) => {
        const self = stage.slot(i + 2)
        const waiter = stage.waiter(self)
        const { registerWaiter, unregisterWaiter, wakeOne } = core.waitQueue
        if (i >= takers) {
          return () => {
            registerWaiter(self, queue, waiter)
            if (unregisterWaiter(self, waiter) === 0) wakeOne(self, queue)
          }
        }
        return () => {
          while (!takeToken(stage, word)) {
            registerWaiter(self, queue, waiter)
            if (core.memory.load(word) === 0) stage.sleep(waiter)
            unregisterWaiter(self, waiter)
          }
        }
      })
      const giver = stage.slot(1)
      runThreads(...bodies, () => {
        for (let i = 0; i < takers; i++) giveToken(stage, giver, word, queue)
      })
      assertInvariant(core.memory.get(word) === 0, 'a token was not taken')
    },
  }
}

/**
 * A waiter of an event loop is put on the ready list once, and the bell of a sleeping loop is rung (as wait/yield.ts
 * arms it).
 */
const yields: DescribedModel<Core> = {
  name: 'a notifier pushes a waiter on the ready list and rings the bell',
  threads: 3,
  operations: 1,
  program: core => () => {
    const stage = newCoreHarness(core)
    const { layout, memory, waitQueue } = core
    const loop = stage.slot(1)
    const queues = [stage.zeroed(12), stage.zeroed(12)]
    const waiters = queues.map(() => stage.waiter(loop, 1))
    const wakers = queues.map((queue, i) => {
      const self = stage.slot(i + 2)
      return () => {
        while (waitQueue.wakeOne(self, queue) === 0) world().pause()
      }
    })
    runThreads(
      () => {
        queues.forEach((queue, i) => waitQueue.registerWaiter(loop, queue, waiters[i]))
        let woken = 0
        while (woken < waiters.length) {
          memory.store(loop + layout.SLOT_BELL, layout.BELL_ASLEEP)
          if (memory.load(loop + layout.SLOT_READY) === 0) {
            world().wait(loop + layout.SLOT_BELL, layout.BELL_ASLEEP, Infinity)
          }
          memory.store(loop + layout.SLOT_BELL, layout.BELL_AWAKE)
          for (let at = waitQueue.takeReadyWaiters(loop); at !== 0; at = memory.get(at + waitQueue.WAITER_READY))
            woken++
        }
        assertInvariant(woken === waiters.length, 'a waiter is on the ready list twice')
      },
      ...wakers,
    )
  },
}

const DELIVERY =
  '    store(waiter + WAITER_STATE, WAITER_WOKEN)\n    notify(claim == 0 ? waiter + WAITER_STATE : claim, 1)'
const eager: Twin = {
  name: 'the notify precedes the store of the state',
  file: 'core/wait-queue.ts',
  from: DELIVERY,
  to: '    notify(claim == 0 ? waiter + WAITER_STATE : claim, 1)\n    store(waiter + WAITER_STATE, WAITER_WOKEN)',
}

export default {
  source: 'core/wait-queue.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...event(2),
      preemptions: 2,
      twins: [
        eager,
        {
          name: 'a waiter registers without the latch',
          file: 'core/wait-queue.ts',
          from: '  latchQueue(self, queue)\n  linkWaiter(queue, waiter)\n  unlatch(self, queue)',
          to: '  linkWaiter(queue, waiter)',
        },
      ],
    },
    { ...tokens(2, 0), preemptions: 2, twins: [eager] },
    { ...tokens(2, 0), deep: true },
    {
      ...tokens(1, 1),
      preemptions: 2,
      twins: [
        {
          name: 'the notifier stores the state of a free waiter',
          file: 'core/wait-queue.ts',
          from: DELIVERY,
          to: DELIVERY.replace('WAITER_WOKEN', 'WAITER_FREE'),
        },
        {
          name: 'a waiter unregisters without a second check under the latch',
          file: 'core/wait-queue.ts',
          from: '  const state = load(waiter + WAITER_STATE)\n  if (state == WAITER_WOKEN) return 0\n  // A',
          to: '  const state = load(waiter + WAITER_STATE)\n  // A',
        },
      ],
    },
    {
      ...yields,
      twins: [
        {
          name: 'the bell is rung before the push on the ready list',
          file: 'core/wait-queue.ts',
          from: '    const slot = get(waiter + WAITER_SLOT)\n',
          to: '    const slot = get(waiter + WAITER_SLOT)\n    ringBell(slot)\n    if (Number(slot) != 0) {\n      set(waiter + WAITER_READY, load(slot + SLOT_READY))\n      store(slot + SLOT_READY, waiter)\n      return\n    }\n',
        },
      ],
    },
    { ...tokens(2, 1), deep: true },
    { ...event(2), deep: true },
    { ...tokens(1, 1), deep: true },
    { ...event(3), deep: true },
  ],
} satisfies ModelFile<Core>
