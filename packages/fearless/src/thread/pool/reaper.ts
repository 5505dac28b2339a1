/**
 * The reaper: completes the operations of a dead worker. Runs in the supervisor, after the worker has certainly
 * stopped.
 *
 * It completes the worker's joins, releases and poisons its locks, drops its handles and makes its pending wake-ups.
 *
 * The order matters: first the structures that the worker may have left half changed, then the panic of its thread,
 * then the wake-ups, then the objects on which other threads wait.
 */
import { HANDLES, SEMAPHORES, WAITERS } from '../../core/alloc.ts'
import { CREATING } from '../../core/handles.ts'
import { core, self } from '../../core/index.ts'
import {
  RUN_HEAD,
  RUN_LATCH,
  SLOT_ASLEEP,
  SLOT_EXIT,
  SLOT_ID,
  SLOT_LATCH,
  SLOT_PENDING,
  SLOT_PACKING,
  SLOT_RECHECK_WAITERS,
  SLOT_CODEC_BUFFER,
  SLOT_SPAWNING,
  SLOT_THREAD,
} from '../../core/layout.ts'
import { get, load, set, store } from '../../core/memory.ts'
import { SEMAPHORE_QUEUE } from '../../core/semaphore.ts'
import {
  ENDED_BY_ABORT,
  OUTCOME_CANCELLED,
  OUTCOME_DIED,
  OUTCOME_ERROR,
  THREAD_DONE,
  THREAD_END_CAUSE,
  THREAD_OUTCOME,
  THREAD_RESULT,
  THREAD_RESULT_LENGTH,
  THREAD_STATE,
} from '../../core/run-queue.ts'
import {
  WAITER_QUEUE,
  WAITER_QUEUED,
  WAITER_SLOT,
  WAITER_STATE,
  WAITER_TOKEN,
  WAITER_WOKEN,
  WAITER_YIELDS,
} from '../../core/wait-queue.ts'
import { platform } from '#platform'
import { ALL_QUEUES } from '../../core/channel.ts'
import { dropReceivedMessages, dropMessage } from '../../channel/rendezvous-message.ts'
import { dropDeadRecord, ownerOf } from '../../memory/handles/handle.ts'
import { i32, objectsOfClass } from '../../memory/heap.ts'
import { discardBlock } from '../../memory/codec/message.ts'
import { monotonicNow } from '../../wait/operation.ts'
import { releaseLocks } from './release-locks.ts'
import { diedError, storePanic } from '../panic.ts'
import { publishPanic, dropThread, publishOutcome, endUnstartedThread, reportDetachedPanic } from './thread-owners.ts'
import { useAbortReason } from './thread-record.ts'

/** More time than a notifier needs that has lost its processor, in milliseconds. */
const LONGEST_DELIVERY = 100

/** Callbacks of higher layers for a dead worker, called before its thread is finished. */
export const workerDeathHooks: ((slot: number, reason: string | undefined) => void)[] = []

export function reapWorker(slot: number, reason: string | undefined): void {
  const id = get(slot + SLOT_ID)
  if (id === 0) return
  attempt(() => mendLatch(slot, id))
  attempt(() => core.returnRunOf(self, slot))
  attempt(() => announceDeath(slot, reason))
  attempt(() => payDebt(get(slot + SLOT_PENDING)))
  attempt(() => dropWaiters(slot))
  attempt(() => releaseLocks(id))
  attempt(() => dropReceivedMessages(slot))
  // Handles that the worker was packing are still its own if it died before it published the message.
  const packing = get(slot + SLOT_PACKING) !== 0
  for (const record of objectsOfClass(HANDLES)) {
    const owner = ownerOf(record)
    if (owner === id || (packing && owner === -1 - id)) attempt(() => dropDeadRecord(record))
    else if (owner === CREATING - id) core.freeHandleOfDead(self, record)
    // It travels, marked with the dead thread's slot; the next thread in that slot must not be taken for its packer.
    else if (owner === -1 - id) core.markInTransit(slot, record)
  }
  for (const rite of workerDeathHooks) attempt(() => rite(slot, reason))
  attempt(() => finishThreadOf(slot))
  attempt(() => dropUnstartedThread(slot))
  attempt(() => freeScratch(slot))
  store(slot + SLOT_ASLEEP, 0)
  core.freeSlot(self, slot)
}

/** Runs one step of the reaper: its error must not prevent the other steps. */
function attempt(step: () => void): void {
  try {
    step()
  } catch (error) {
    platform.printError(
      `The library failed to clean up after a dead worker. Report this error as a bug of fearless.\n${platform.show(error)}\n`,
    )
  }
}

function mendLatch(slot: number, id: number): void {
  const word = get(slot + SLOT_LATCH)
  const latch = word & ~1
  if (latch === 0 || load(latch) !== id) return
  if ((word & 1) !== 0) {
    if (core.isOfClass(SEMAPHORES, latch) !== 0) core.completeTransferOfDead(latch - SEMAPHORE_QUEUE)
    core.repairQueue(latch)
    wakeUndelivered(latch)
  } else if (latch === RUN_LATCH) {
    // `popThread` stores the thread in the slot before it removes the thread from the queue.
    if (get(slot + SLOT_THREAD) === get(RUN_HEAD)) set(slot + SLOT_THREAD, 0)
    core.repairRunQueue(slot)
  }
  store(latch, 0)
}

/** Wakes waiters that the dead thread removed from a wait queue and had not woken yet. The reaper holds its latch. */
function wakeUndelivered(queue: number): void {
  for (const waiter of objectsOfClass(WAITERS)) {
    const slot = load(waiter + WAITER_SLOT)
    if (slot === 0 || load(waiter + WAITER_QUEUE) !== queue) continue
    const state = load(waiter + WAITER_STATE)
    if (state === WAITER_QUEUED && core.isRegistered(queue, waiter) === 0) core.wakeWaiter(waiter)
    else if (state === WAITER_WOKEN && load(waiter + WAITER_YIELDS) === 1) {
      // The waiter may be missing on its loop's ready list, so the loop must check all of its waiters.
      store(slot + SLOT_RECHECK_WAITERS, 1)
      core.ringBell(slot)
    }
  }
}

/**
 * Makes a pending wake-up: wakes all waiters of the queue, or of all queues of the channel. A spurious wake-up is
 * harmless, a lost one is a hang.
 */
function payDebt(debt: number): void {
  if ((debt & ALL_QUEUES) !== 0) core.wakeAllQueues(self, debt & ~ALL_QUEUES)
  else if (debt !== 0) core.wakeAll(self, debt)
}

function dropWaiters(slot: number): void {
  for (const waiter of objectsOfClass(WAITERS)) {
    if (load(waiter + WAITER_SLOT) !== slot) continue
    const state = load(waiter + WAITER_STATE)
    // A waiter that was woken may not have used the wake-up, so it is passed on to the waiters of the queue.
    const woken = state === WAITER_WOKEN || (state === WAITER_QUEUED && core.unregisterWaiter(self, waiter) === 0)
    if (woken) {
      waitForDelivery(waiter)
      payDebt(get(waiter + WAITER_QUEUE))
    }
    // The message of a rendezvous that no receiver took, or that the dead thread received and did not decode.
    const message = get(waiter + WAITER_TOKEN)
    if (message !== 0) dropMessage(message)
    store(waiter + WAITER_SLOT, 0)
    core.free(self, waiter)
  }
}

/**
 * RACE: the notifier of an event loop's waiter marks the waiter first and then pushes it on the loop's ready list, both
 * under the latch of the wait queue. Once the latch was free or has another holder, that notifier no longer uses the
 * waiter and the slot.
 */
function waitForDelivery(waiter: number): void {
  if (get(waiter + WAITER_YIELDS) === 0) return
  const latch = get(waiter + WAITER_QUEUE) >> 2
  const holder = Atomics.load(i32, latch)
  for (
    const end = monotonicNow() + LONGEST_DELIVERY;
    holder !== 0 && Atomics.load(i32, latch) === holder && monotonicNow() < end;
  );
}

/** Reports the death before a handle is dropped, because a drop may end the process. */
function announceDeath(slot: number, reason: string | undefined): void {
  const thread = get(slot + SLOT_THREAD)
  if (thread === 0 || load(thread + THREAD_STATE) === THREAD_DONE) return
  const stored = get(thread + THREAD_OUTCOME)
  if (stored !== 0) return reportDetachedPanic(thread)
  // A result that was stored and not published.
  const [at, length] = [get(thread + THREAD_RESULT), get(thread + THREAD_RESULT_LENGTH)]
  set(thread + THREAD_RESULT, 0)
  if (load(thread + THREAD_END_CAUSE) === ENDED_BY_ABORT) {
    set(thread + THREAD_OUTCOME, useAbortReason(thread) ? OUTCOME_CANCELLED : OUTCOME_DIED)
    if (at !== 0) discardBlock(at, length)
    return
  }
  const error = diedError(thread, get(slot + SLOT_EXIT), reason)
  publishPanic(thread, storePanic(thread, error) ? OUTCOME_ERROR : OUTCOME_DIED, error)
  if (at !== 0) discardBlock(at, length)
}

function finishThreadOf(slot: number): void {
  const thread = get(slot + SLOT_THREAD)
  if (thread === 0) return
  if (load(thread + THREAD_STATE) !== THREAD_DONE) {
    publishOutcome(thread, get(thread + THREAD_OUTCOME) || OUTCOME_DIED)
  }
  dropThread(thread)
}

/**
 * Ends a thread that the worker created and did not queue, or withdrew: no worker will run it, but others may wait for
 * it.
 */
function dropUnstartedThread(slot: number): void {
  const thread = get(slot + SLOT_SPAWNING)
  if (thread === 0) return
  endUnstartedThread(thread)
  dropThread(thread)
}

/** Frees the scratch buffer of the worker's codec. */
function freeScratch(slot: number): void {
  const scratch = get(slot + SLOT_CODEC_BUFFER)
  set(slot + SLOT_CODEC_BUFFER, 0)
  if (scratch !== 0) core.free(self, scratch)
}
