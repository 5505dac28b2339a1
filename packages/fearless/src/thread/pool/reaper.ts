/**
 * What a dead worker leaves behind, settled: every join ends, every lock it held is free and poisoned, every handle it
 * owned is dropped, every wake it owed is paid. Runs in the supervisor, after the worker has certainly stopped.
 *
 * The order matters: first the structures it may have left half done, then its thread's panic, then the wakes, then what
 * others wait for.
 */
import { HANDLES, SEMAPHORES, WAITERS } from '../../core/alloc.ts'
import { MAKING } from '../../core/handles.ts'
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
  SLOT_RECOUNT,
  SLOT_SCRATCH,
  SLOT_SPAWNING,
  SLOT_THREAD,
} from '../../core/layout.ts'
import { SEMAPHORE_LINE } from '../../core/semaphore.ts'
import {
  ENDED,
  OUTCOME_CANCELLED,
  OUTCOME_DIED,
  OUTCOME_ERROR,
  THREAD_DONE,
  THREAD_ENDING,
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
import { BOTH_LINES } from '../../core/channel.ts'
import { discardHand, discardMessage } from '../../channel/meeting.ts'
import { buryRecord, ownerOf } from '../../memory/handles/handle.ts'
import { i32, things } from '../../memory/heap.ts'
import { discardBlock } from '../../memory/codec/message.ts'
import { now } from '../../wait/attempt.ts'
import { releaseLocks } from './locks.ts'
import { diedError, storeError } from '../panic.ts'
import { announcePanic, dropThread, endThread, endUnstarted, reportDetached } from './owners.ts'
import { takeReason } from './record.ts'

/** More than a waker that lost its processor needs, in milliseconds. */
const LONGEST_DELIVERY = 100

/** What layers above do for a dead worker, before its thread is settled. */
export const lastRites: ((slot: number, reason: string | undefined) => void)[] = []

export function reap(slot: number, reason: string | undefined): void {
  const id = i32[(slot + SLOT_ID) >> 2]
  if (id === 0) return
  attempt(() => mendLatch(slot, id))
  attempt(() => core.returnRunOf(self, slot))
  attempt(() => announceDeath(slot, reason))
  attempt(() => payDebt(i32[(slot + SLOT_PENDING) >> 2]))
  attempt(() => dropWaiters(slot))
  attempt(() => releaseLocks(id))
  attempt(() => discardHand(slot))
  // Handles that it packed into a message are still its own if it died before it handed the message over.
  const packing = i32[(slot + SLOT_PACKING) >> 2] !== 0
  for (const record of things(HANDLES)) {
    const owner = ownerOf(record)
    if (owner === id || (packing && owner === -1 - id)) attempt(() => buryRecord(record))
    else if (owner === MAKING - id) core.buryHandle(self, record)
    // It travels in the dead thread's name; the slot's next thread must not be taken for the one that packed it.
    else if (owner === -1 - id) core.sendHandle(slot, record)
  }
  for (const rite of lastRites) attempt(() => rite(slot, reason))
  attempt(() => settleThread(slot))
  attempt(() => dropThreadOf(slot))
  attempt(() => freeScratch(slot))
  Atomics.store(i32, (slot + SLOT_ASLEEP) >> 2, 0)
  core.freeSlot(self, slot)
}

/** What cannot be settled must not keep the rest from being settled. */
function attempt(step: () => void): void {
  try {
    step()
  } catch (error) {
    platform.printError(`Error while a worker was buried:\n${platform.show(error)}\n`)
  }
}

function mendLatch(slot: number, id: number): void {
  const word = i32[(slot + SLOT_LATCH) >> 2]
  const latch = word & ~1
  if (latch === 0 || Atomics.load(i32, latch >> 2) !== id) return
  if ((word & 1) !== 0) {
    if (core.isOfClass(SEMAPHORES, latch) !== 0) core.redoStep(latch - SEMAPHORE_LINE)
    core.mendQueue(latch)
    wakeStrays(latch)
  } else if (latch === RUN_LATCH) {
    // It says which thread it takes before it takes it out of the line.
    if (i32[(slot + SLOT_THREAD) >> 2] === i32[RUN_HEAD >> 2]) i32[(slot + SLOT_THREAD) >> 2] = 0
    core.mendRunQueue(slot)
  }
  Atomics.store(i32, latch >> 2, 0)
}

/** Waiters that the dead thread took out of a line but had not woken yet. We hold the line's latch in its name. */
function wakeStrays(queue: number): void {
  for (const waiter of things(WAITERS)) {
    const slot = Atomics.load(i32, (waiter + WAITER_SLOT) >> 2)
    if (slot === 0 || Atomics.load(i32, (waiter + WAITER_QUEUE) >> 2) !== queue) continue
    const state = Atomics.load(i32, (waiter + WAITER_STATE) >> 2)
    if (state === WAITER_QUEUED && core.isInLine(queue, waiter) === 0) core.deliver(waiter)
    else if (state === WAITER_WOKEN && Atomics.load(i32, (waiter + WAITER_YIELDS) >> 2) === 1) {
      // It may or may not be on its loop's ready list: let the loop look itself.
      Atomics.store(i32, (slot + SLOT_RECOUNT) >> 2, 1)
      core.ring(slot)
    }
  }
}

/** A wake too many is harmless, a wake too few is a hang: everybody in that line, or in all of a channel's, looks again. */
function payDebt(debt: number): void {
  if ((debt & BOTH_LINES) !== 0) core.wakeLines(self, debt & ~BOTH_LINES)
  else if (debt !== 0) core.wakeAll(self, debt)
}

function dropWaiters(slot: number): void {
  for (const waiter of things(WAITERS)) {
    if (Atomics.load(i32, (waiter + WAITER_SLOT) >> 2) !== slot) continue
    const state = Atomics.load(i32, (waiter + WAITER_STATE) >> 2)
    // It was woken and may not have used the wake: the next in line looks instead.
    const woken = state === WAITER_WOKEN || (state === WAITER_QUEUED && core.leaveQueue(self, waiter) === 0)
    if (woken) {
      waitForDelivery(waiter)
      payDebt(i32[(waiter + WAITER_QUEUE) >> 2])
    }
    // What it had to give in a rendezvous and nobody took, or was given and has not read.
    const message = i32[(waiter + WAITER_TOKEN) >> 2]
    if (message !== 0) discardMessage(message)
    Atomics.store(i32, (waiter + WAITER_SLOT) >> 2, 0)
    core.release(self, waiter)
  }
}

/**
 * RACE: whoever wakes a waiter of an event loop marks it first, and then puts it on the loop's ready list; both under the
 * latch of the line. Once the latch was free or has changed hands, the waker is done with the waiter and the slot.
 */
function waitForDelivery(waiter: number): void {
  if (i32[(waiter + WAITER_YIELDS) >> 2] === 0) return
  const latch = i32[(waiter + WAITER_QUEUE) >> 2] >> 2
  const holder = Atomics.load(i32, latch)
  for (const end = now() + LONGEST_DELIVERY; holder !== 0 && Atomics.load(i32, latch) === holder && now() < end;);
}

/** Reports the death before anything is dropped: the process may end by that. */
function announceDeath(slot: number, reason: string | undefined): void {
  const thread = i32[(slot + SLOT_THREAD) >> 2]
  if (thread === 0 || Atomics.load(i32, (thread + THREAD_STATE) >> 2) === THREAD_DONE) return
  const stored = i32[(thread + THREAD_OUTCOME) >> 2]
  if (stored !== 0) return reportDetached(thread)
  // A result that was stored and never published.
  const [at, length] = [i32[(thread + THREAD_RESULT) >> 2], i32[(thread + THREAD_RESULT_LENGTH) >> 2]]
  i32[(thread + THREAD_RESULT) >> 2] = 0
  if (Atomics.load(i32, (thread + THREAD_ENDING) >> 2) === ENDED) {
    i32[(thread + THREAD_OUTCOME) >> 2] = takeReason(thread) ? OUTCOME_CANCELLED : OUTCOME_DIED
    if (at !== 0) discardBlock(at, length)
    return
  }
  const error = diedError(thread, i32[(slot + SLOT_EXIT) >> 2], reason)
  announcePanic(thread, storeError(thread, error) ? OUTCOME_ERROR : OUTCOME_DIED, error)
  if (at !== 0) discardBlock(at, length)
}

function settleThread(slot: number): void {
  const thread = i32[(slot + SLOT_THREAD) >> 2]
  if (thread === 0) return
  if (Atomics.load(i32, (thread + THREAD_STATE) >> 2) !== THREAD_DONE) {
    endThread(thread, i32[(thread + THREAD_OUTCOME) >> 2] || OUTCOME_DIED)
  }
  dropThread(thread)
}

/** The worker's part of a thread that it has made and not queued, or withdrawn: no worker will ever run it, but others may wait. */
function dropThreadOf(slot: number): void {
  const thread = i32[(slot + SLOT_SPAWNING) >> 2]
  if (thread === 0) return
  endUnstarted(thread)
  dropThread(thread)
}

/** What its codec wrote into. */
function freeScratch(slot: number): void {
  const scratch = i32[(slot + SLOT_SCRATCH) >> 2]
  i32[(slot + SLOT_SCRATCH) >> 2] = 0
  if (scratch !== 0) core.release(self, scratch)
}
