/**
 * What a dead worker leaves behind, settled: every join ends, every lock it held is free and poisoned, every handle it
 * owned is dropped, every wake it owed is paid. Runs in the supervisor, after the worker has certainly stopped.
 *
 * The order matters: first the structures it may have left half done, then the wakes, then what others wait for.
 */
import { HANDLES, LOCKS, WAITERS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import {
  BLOCKED,
  RUN_LATCH,
  SLOT_ASLEEP,
  SLOT_EXIT,
  SLOT_ID,
  SLOT_LATCH,
  SLOT_PENDING,
  SLOT_RECOUNT,
  SLOT_THREAD,
} from '../core/layout.ts'
import { MUTEX_LOCK } from '../core/mutex.ts'
import { OUTCOME_DIED, OUTCOME_ERROR, THREAD_DONE, THREAD_STATE } from '../core/run-queue.ts'
import {
  WAITER_QUEUE,
  WAITER_QUEUED,
  WAITER_SLOT,
  WAITER_STATE,
  WAITER_WOKEN,
  WAITER_YIELDS,
} from '../core/wait-queue.ts'
import { buryRecord, ownerOf } from '../memory/handle.ts'
import { i32 } from '../memory/heap.ts'
import { diedError, storeError } from './panic.ts'
import { dropThread } from './record.ts'

/** What layers above do for a dead worker, before its thread is settled. */
export const lastRites: ((slot: number, reason: string | undefined) => void)[] = []

export function reap(slot: number, reason: string | undefined): void {
  const id = i32[(slot + SLOT_ID) >> 2]
  if (id === 0) return
  mendLatch(slot, id)
  payDebt(i32[(slot + SLOT_PENDING) >> 2])
  dropWaiters(slot)
  poisonLocks(id)
  for (const record of things(HANDLES)) if (ownerOf(record) === id) buryRecord(record)
  for (const rite of lastRites) rite(slot, reason)
  settleThread(slot, reason)
  Atomics.sub(i32, BLOCKED >> 2, i32[(slot + SLOT_ASLEEP) >> 2])
  core.freeSlot(self, slot)
}

/** Every thing of one kind there ever was; free ones too. */
function* things(kind: number): Generator<number> {
  for (let thing = core.nextThing(kind, 0); thing !== 0; thing = core.nextThing(kind, thing)) yield thing
}

function mendLatch(slot: number, id: number): void {
  const word = i32[(slot + SLOT_LATCH) >> 2]
  const latch = word & ~1
  if (latch === 0 || Atomics.load(i32, latch >> 2) !== id) return
  if ((word & 1) !== 0) {
    core.mendQueue(latch)
    wakeStrays(latch)
  } else if (latch === RUN_LATCH) core.mendRunQueue()
  Atomics.store(i32, latch >> 2, 0)
}

/** Waiters that the dead thread took out of a line but had not woken yet. We hold the line's latch in its name. */
function wakeStrays(queue: number): void {
  for (const waiter of things(WAITERS)) {
    const slot = i32[(waiter + WAITER_SLOT) >> 2]
    if (slot === 0 || i32[(waiter + WAITER_QUEUE) >> 2] !== queue) continue
    const state = Atomics.load(i32, (waiter + WAITER_STATE) >> 2)
    if (state === WAITER_QUEUED && core.isInLine(queue, waiter) === 0) core.deliver(waiter)
    else if (state === WAITER_WOKEN && i32[(waiter + WAITER_YIELDS) >> 2] === 1) {
      // It may or may not be on its loop's ready list: let the loop look itself.
      Atomics.store(i32, (slot + SLOT_RECOUNT) >> 2, 1)
      core.ring(slot)
    }
  }
}

/** A wake too many is harmless, a wake too few is a hang: everybody in that line looks again. */
function payDebt(queue: number): void {
  if (queue !== 0) core.wakeAll(self, queue)
}

function dropWaiters(slot: number): void {
  for (const waiter of things(WAITERS)) {
    if (i32[(waiter + WAITER_SLOT) >> 2] !== slot) continue
    const state = Atomics.load(i32, (waiter + WAITER_STATE) >> 2)
    if (state === WAITER_QUEUED) core.leaveQueue(self, waiter)
    // It was woken and may not have used the wake: the next in line looks instead.
    else if (state === WAITER_WOKEN) payDebt(i32[(waiter + WAITER_QUEUE) >> 2])
    i32[(waiter + WAITER_SLOT) >> 2] = 0
    core.release(self, waiter)
  }
}

function poisonLocks(id: number): void {
  for (const lock of things(LOCKS)) {
    if (Atomics.load(i32, (lock + MUTEX_LOCK) >> 2) === id) core.mutexAbandoned(self, lock)
  }
}

function settleThread(slot: number, reason: string | undefined): void {
  const thread = i32[(slot + SLOT_THREAD) >> 2]
  if (thread === 0) return
  if (Atomics.load(i32, (thread + THREAD_STATE) >> 2) !== THREAD_DONE) {
    const exit = i32[(slot + SLOT_EXIT) >> 2]
    const outcome = storeError(thread, diedError(thread, exit, reason)) ? OUTCOME_ERROR : OUTCOME_DIED
    core.finishThread(self, thread, outcome)
  }
  dropThread(thread)
}
