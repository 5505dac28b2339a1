/**
 * Every queued thread is taken once, an idle worker is woken for it, and every joining thread sees the outcome. A park
 * returns if the thread is unparked before or after.
 */
import {
  assertInvariant,
  newCoreHarness,
  runThreads,
  type Core,
  type CoreHarness,
} from '../model/harness/core-threads.ts'
import type { ModelFile, DescribedModel } from '../model/harness/described.ts'

/** Pops a thread from the queue, as an idle worker does (thread/pool/worker.ts). */
function nextThread({ core, sleep }: CoreHarness, self: number, waiter: number): number {
  const { layout, memory, runQueue, waitQueue } = core
  for (;;) {
    const thread = runQueue.popThread(self)
    if (thread !== 0) return thread
    waitQueue.registerWaiter(self, layout.IDLE_QUEUE, waiter)
    if (memory.load(layout.RUN_HEAD) === 0) sleep(waiter)
    waitQueue.unregisterWaiter(self, waiter)
  }
}

function pool(workers: number, spawners: number): DescribedModel<Core> {
  return {
    name: `${workers} workers, ${spawners === 1 ? 'a thread spawns' : `${spawners} threads spawn`}`,
    threads: workers + spawners,
    operations: 1,
    program: core => () => {
      const stage = newCoreHarness(core)
      const { memory, runQueue } = core
      const each = workers / spawners
      const bodies = Array.from({ length: workers }, (_, i) => {
        const self = stage.slot(i + 1)
        const waiter = stage.waiter(self)
        return () => {
          const thread = nextThread(stage, self, waiter)
          memory.set(thread + runQueue.THREAD_SPARE, memory.get(thread + runQueue.THREAD_SPARE) + 1)
        }
      })
      const records: number[] = []
      for (let i = 0; i < spawners; i++) {
        const self = stage.slot(workers + 1 + i)
        const own = Array.from({ length: each }, () => stage.zeroed(runQueue.THREAD_BYTES))
        records.push(...own)
        bodies.push(() => {
          for (const thread of own) runQueue.pushThread(self, thread)
        })
      }
      runThreads(...bodies)
      for (const thread of records)
        assertInvariant(memory.get(thread + runQueue.THREAD_SPARE) === 1, 'a thread did not run once')
      assertInvariant(memory.get(core.layout.RUN_LENGTH) === 0, 'the length of the run queue is wrong')
    },
  }
}

const joining: DescribedModel<Core> = {
  name: 'two threads join a thread that finishes',
  threads: 3,
  operations: 1,
  program: core => () => {
    const stage = newCoreHarness(core)
    const { memory, runQueue, waitQueue } = core
    const thread = stage.zeroed(runQueue.THREAD_BYTES)
    const joiners = [2, 3].map(id => {
      const self = stage.slot(id)
      const waiter = stage.waiter(self)
      const done = (): boolean => memory.load(thread + runQueue.THREAD_STATE) === runQueue.THREAD_DONE
      return () => {
        while (!done()) {
          waitQueue.registerWaiter(self, thread + runQueue.THREAD_JOINING, waiter)
          if (!done()) stage.sleep(waiter)
          waitQueue.unregisterWaiter(self, waiter)
        }
        assertInvariant(
          memory.get(thread + runQueue.THREAD_OUTCOME) === runQueue.OUTCOME_VALUE,
          'a thread has finished without an outcome',
        )
      }
    })
    const self = stage.slot(1)
    runThreads(() => runQueue.finishThread(self, thread, runQueue.OUTCOME_VALUE), ...joiners)
  },
}

const parking: DescribedModel<Core> = {
  name: 'two threads unpark a thread that parks',
  threads: 3,
  operations: 1,
  program: core => () => {
    const stage = newCoreHarness(core)
    const { memory, runQueue, waitQueue } = core
    const thread = stage.zeroed(runQueue.THREAD_BYTES)
    const self = stage.slot(1)
    const waiter = stage.waiter(self)
    const unparkers = [2, 3].map(id => {
      const slot = stage.slot(id)
      return () => runQueue.unparkThread(slot, thread)
    })
    runThreads(
      () => {
        while (memory.swap(thread + runQueue.THREAD_TOKEN, 0) === 0) {
          waitQueue.registerWaiter(self, thread + runQueue.THREAD_PARKING, waiter)
          if (memory.load(thread + runQueue.THREAD_TOKEN) === 0) stage.sleep(waiter)
          waitQueue.unregisterWaiter(self, waiter)
        }
      },
      ...unparkers,
    )
  },
}

const LOOK = 'hasWaiters(IDLE_QUEUE) != 0 ? wakeOne(self, IDLE_QUEUE) : 0'
const QUEUES =
  '  latch(self, RUN_LATCH)\n' +
  '  set(self + SLOT_POOL, pool)\n' +
  '  const place: i32 = pool == 0 ? 0 : placeOf(pool, 0)\n' +
  '  const waits = pool != 0 && place == 0\n' +
  '  if (place != 0) store(place, thread)\n' +
  '  // The queue owns the thread from here on: a reaper that repairs the queue finds the thread there.\n' +
  '  set(self + SLOT_SPAWNING, 0)\n' +
  '  if (waits) enqueue(pool + POOL_HEAD, pool + POOL_TAIL, pool + POOL_QUEUED, thread)\n' +
  '  else enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, thread)\n' +
  '  set(self + SLOT_POOL, 0)\n' +
  '  unlatch(self, RUN_LATCH)\n'
const WAKE = `  const woken: i32 = !waits && ${LOOK}\n`

export default {
  source: 'core/run-queue.ts',
  entry: 'model/harness/core-entry.ts',
  models: [
    {
      ...pool(1, 1),
      twins: [
        {
          name: 'a thread is queued after the check for idle workers',
          file: 'core/run-queue.ts',
          from: `${QUEUES}${WAKE}`,
          to: `  const woken: i32 = ${LOOK}\n${QUEUES}`,
        },
      ],
    },
    {
      ...pool(2, 1),
      preemptions: 2,
      twins: [
        {
          name: 'a thread is popped without the latch',
          file: 'core/run-queue.ts',
          from: '  latch(self, RUN_LATCH)\n  const thread = get(RUN_HEAD)',
          to: '  const thread = get(RUN_HEAD)',
        },
      ],
    },
    { ...pool(2, 1), deep: true },
    { ...joining, deep: true },
    { ...pool(2, 2), deep: true },
    {
      ...joining,
      preemptions: 2,
      twins: [
        {
          name: 'joining threads are woken before the state is stored',
          file: 'core/run-queue.ts',
          from: '  store(thread + THREAD_STATE, THREAD_DONE)\n  if (hasWaiters(thread + THREAD_JOINING) != 0) wakeAll(self, thread + THREAD_JOINING)',
          to: '  if (hasWaiters(thread + THREAD_JOINING) != 0) wakeAll(self, thread + THREAD_JOINING)\n  store(thread + THREAD_STATE, THREAD_DONE)',
        },
        {
          name: 'the outcome is stored after the state',
          file: 'core/run-queue.ts',
          from: '  set(thread + THREAD_OUTCOME, outcome)\n  store(thread + THREAD_STATE, THREAD_DONE)',
          to: '  store(thread + THREAD_STATE, THREAD_DONE)\n  set(thread + THREAD_OUTCOME, outcome)',
        },
        {
          name: 'only one joining thread is woken',
          file: 'core/run-queue.ts',
          from: 'wakeAll(self, thread + THREAD_JOINING)',
          to: 'wakeOne(self, thread + THREAD_JOINING)',
        },
      ],
    },
    {
      ...parking,
      twins: [
        {
          name: 'the parked thread is woken before the token is stored',
          file: 'core/run-queue.ts',
          from: '  store(thread + THREAD_TOKEN, 1)\n  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)',
          to: '  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)\n  store(thread + THREAD_TOKEN, 1)',
        },
      ],
    },
  ],
} satisfies ModelFile<Core>
