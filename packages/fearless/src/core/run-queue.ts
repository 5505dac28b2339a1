/**
 * The run queue: threads in FIFO order that no worker runs yet; and the layout of thread records and thread pools.
 *
 * - The handle of a thread and the worker that runs it own its record (THREAD_OWNERS counts them).
 * - Only the worker writes the outcome and then THREAD_STATE, which passes the outcome to the joining threads.
 * - A pool (thread/thread-pool.ts) has one place per thread that may run at a time. A thread of a pool is in the run
 *   queue, or runs, only while it has a place. Until then it is in the pool's own queue.
 * - The latch of the run queue protects the places and the pools' queues. So a thread that finishes passes its place to
 *   the next one, whichever threads block at that time.
 * - A place names the thread that has it. After a death under the latch, the places therefore tell the reaper which
 *   threads belong into the run queue (`repairRunQueue`).
 */
import { add, get, load, set, store } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import {
  IDLE_QUEUE,
  RUN_HEAD,
  RUN_LATCH,
  RUN_LENGTH,
  RUN_TAIL,
  RUN_POPPED,
  SLOT_POOL,
  SLOT_SPAWNING,
  SLOT_THREAD,
} from './layout.ts'
import { hasWaiters, announceWakeUp, endAnnouncement, wakeAll, wakeOne } from './wait-queue.ts'

// A thread record.
export const THREAD_STATE: i32 = 0 // THREAD_QUEUED, THREAD_RUNNING or THREAD_DONE
export const THREAD_JOINING: i32 = 4 // wait queue
export const THREAD_OWNERS: i32 = 16
export const THREAD_ID: i32 = 20
export const THREAD_NEXT: i32 = 24
export const THREAD_BODY: i32 = 28 // allocation: the encoded captures and arguments of its closure
export const THREAD_BODY_LENGTH: i32 = 32
export const THREAD_OUTCOME: i32 = 36 // OUTCOME_VALUE and the others, once it is done
export const THREAD_RESULT: i32 = 40 // allocation: the encoded result or error
export const THREAD_RESULT_LENGTH: i32 = 44
export const THREAD_NAME: i32 = 48 // allocation: the encoded name; 0 if it has none
export const THREAD_NAME_LENGTH: i32 = 52
export const THREAD_TOKEN: i32 = 60 // 1: unparked
export const THREAD_PARKING: i32 = 64 // wait queue
export const THREAD_STACK: i32 = 76 // MiB of stack that its spawner requested, 0 = default
export const THREAD_HEAP: i32 = 80 // MiB of JavaScript heap that it may use, 0 = default
export const THREAD_JOINED: i32 = 84 // state of its joining, which decides where a panic is reported
export const THREAD_SPARE: i32 = 88 // unused, except by the threads of models
export const THREAD_CLOSURE: i32 = 92 // number of its closure, whose module is loaded before the body is decoded
export const THREAD_POOL: i32 = 96 // the pool in which it was spawned, 0 if none; the record is a weak owner of it
export const THREAD_END_CAUSE: i32 = 100 // how it ends: ENDS_ITSELF, or ENDED_BY_ABORT by the abort of its signal
export const THREAD_REASON: i32 = 104 // allocation: the encoded error of that abort
export const THREAD_REASON_LENGTH: i32 = 108
export const THREAD_BYTES: i32 = 128 // end

export const ENDED_BY_ABORT: i32 = 1
export const ENDS_ITSELF: i32 = 2

// A thread pool.
export const POOL_OWNERS: i32 = 0
export const POOL_WEAKS: i32 = 4
export const POOL_HEAD: i32 = 8 // queue of the threads without a place
const POOL_TAIL: i32 = 12
export const POOL_QUEUED: i32 = 16
export const POOL_FINISHED: i32 = 20 // number of threads that have returned their place
export const POOL_LIMIT: i32 = 24 // limit of the threads in its queue
export const POOL_NAME: i32 = 28 // allocation: the encoded name of its threads; 0 if they have none
export const POOL_PLACES: i32 = 32 // number of places
export const POOL_FIRST: i32 = 36 // end: then one word for each place, the thread that has it

export const THREAD_QUEUED: i32 = 0
export const THREAD_RUNNING: i32 = 1
export const THREAD_DONE: i32 = 2

export const OUTCOME_VALUE: i32 = 1
export const OUTCOME_ERROR: i32 = 2
export const OUTCOME_DIED: i32 = 3
export const OUTCOME_CANCELLED: i32 = 4 // ended by its signal, so its error is not a panic

/**
 * Queues a thread and wakes an idle worker. Returns 1 if it woke one or if the thread must wait for a place in its
 * pool, else 0.
 */
export function pushThread(self: i32, thread: i32): i32 {
  const pool = get(thread + THREAD_POOL)
  announceWakeUp(self, IDLE_QUEUE)
  latch(self, RUN_LATCH)
  set(self + SLOT_POOL, pool)
  const place: i32 = pool == 0 ? 0 : placeOf(pool, 0)
  const waits = pool != 0 && place == 0
  if (place != 0) store(place, thread)
  // The queue owns the thread from here on: a reaper that repairs the queue finds the thread there.
  set(self + SLOT_SPAWNING, 0)
  if (waits) enqueue(pool + POOL_HEAD, pool + POOL_TAIL, pool + POOL_QUEUED, thread)
  else enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, thread)
  set(self + SLOT_POOL, 0)
  unlatch(self, RUN_LATCH)
  const woken: i32 = !waits && hasWaiters(IDLE_QUEUE) != 0 ? wakeOne(self, IDLE_QUEUE) : 0
  endAnnouncement(self)
  return waits ? 1 : woken
}

/**
 * Returns the address of the pool's place that holds `thread`, or with 0 of a free place. Returns 0 if there is none.
 */
function placeOf(pool: i32, thread: i32): i32 {
  const end: i32 = pool + POOL_FIRST + (get(pool + POOL_PLACES) << 2)
  for (let place: i32 = pool + POOL_FIRST; place < end; place += 4) if (get(place) == thread) return place
  return 0
}

/** Appends a thread to the queue with its head, tail and length in these words. */
function enqueue(head: i32, tail: i32, length: i32, thread: i32): void {
  set(thread + THREAD_NEXT, 0)
  const last = get(tail)
  if (get(head) == 0) store(head, thread)
  else set(last + THREAD_NEXT, thread)
  set(tail, thread)
  store(length, get(length) + 1)
}

/** Passes a place to the first thread in the pool's queue, or frees it. */
function passPlace(pool: i32, place: i32): void {
  const next = get(pool + POOL_HEAD)
  // ORDER: before the unlinking, because mendPool treats a thread with a place as removed from the pool's queue.
  store(place, next)
  if (next == 0) return
  set(pool + POOL_HEAD, get(next + THREAD_NEXT))
  store(pool + POOL_QUEUED, get(pool + POOL_QUEUED) - 1)
  enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, next)
}

/**
 * Returns the place of a finishing thread to its pool. Idempotent, so that a reaper may repeat it for a dead thread.
 */
function leavePool(self: i32, thread: i32): void {
  const pool = get(thread + THREAD_POOL)
  if (pool == 0) return
  announceWakeUp(self, IDLE_QUEUE)
  latch(self, RUN_LATCH)
  set(self + SLOT_POOL, pool)
  const place = placeOf(pool, thread)
  if (place != 0) {
    passPlace(pool, place)
    store(pool + POOL_FINISHED, get(pool + POOL_FINISHED) + 1)
  }
  set(self + SLOT_POOL, 0)
  unlatch(self, RUN_LATCH)
  if (load(RUN_HEAD) != 0 && hasWaiters(IDLE_QUEUE) != 0) wakeOne(self, IDLE_QUEUE)
  endAnnouncement(self)
}

/**
 * Withdraws a thread of a pool that no worker runs yet. Returns 1, and the caller must finish it; or 0 if a worker took
 * it first.
 */
export function withdrawThread(self: i32, thread: i32): i32 {
  const pool = get(thread + THREAD_POOL)
  latch(self, RUN_LATCH)
  set(self + SLOT_POOL, pool)
  set(self + SLOT_SPAWNING, thread)
  const found: i32 = unlink(pool + POOL_HEAD, thread) != 0 || unlink(RUN_HEAD, thread) != 0 ? 1 : 0
  if (found == 0) set(self + SLOT_SPAWNING, 0)
  else {
    recount(RUN_HEAD, RUN_TAIL, RUN_LENGTH)
    recount(pool + POOL_HEAD, pool + POOL_TAIL, pool + POOL_QUEUED)
  }
  set(self + SLOT_POOL, 0)
  unlatch(self, RUN_LATCH)
  return found
}

/** Removes a thread from a queue. Returns 1, or 0 if it is not in that queue. */
function unlink(head: i32, thread: i32): i32 {
  const next = get(thread + THREAD_NEXT)
  if (get(head) == thread) {
    store(head, next)
    return 1
  }
  for (let before = get(head); before != 0; before = get(before + THREAD_NEXT)) {
    if (get(before + THREAD_NEXT) == thread) {
      set(before + THREAD_NEXT, next)
      return 1
    }
  }
  return 0
}

function isQueued(head: i32, thread: i32): i32 {
  for (let at = get(head); at != 0; at = get(at + THREAD_NEXT)) if (at == thread) return 1
  return 0
}

/** Removes the first thread from the run queue. Returns 0 if the queue is empty. */
export function popThread(self: i32): i32 {
  if (load(RUN_HEAD) == 0) return 0
  latch(self, RUN_LATCH)
  const thread = get(RUN_HEAD)
  if (thread != 0) {
    // If this worker dies after this store, its reaper finds this thread as the one it ran.
    set(self + SLOT_THREAD, thread)
    store(RUN_HEAD, get(thread + THREAD_NEXT))
    store(thread + THREAD_STATE, THREAD_RUNNING)
    store(RUN_LENGTH, get(RUN_LENGTH) - 1)
    store(RUN_POPPED, get(RUN_POPPED) + 1)
  }
  unlatch(self, RUN_LATCH)
  return thread
}

/** Repairs the queues after a worker died under their latch, from the links and the places. Called by a reaper. */
export function repairRunQueue(slot: i32): void {
  recount(RUN_HEAD, RUN_TAIL, RUN_LENGTH)
  const pool = get(slot + SLOT_POOL)
  if (pool != 0) mendPool(slot, pool)
  set(slot + SLOT_POOL, 0)
}

/** Recomputes the tail and the length of a queue from its links. */
function recount(head: i32, tail: i32, length: i32): void {
  let last: i32 = 0
  let count: i32 = 0
  for (let thread = get(head); thread != 0; thread = get(thread + THREAD_NEXT)) {
    last = thread
    count++
  }
  set(tail, last)
  store(length, count)
}

/** Returns whether no worker has taken this thread and it is in no queue. */
function isUnqueued(pool: i32, thread: i32): boolean {
  return (
    load(thread + THREAD_STATE) == THREAD_QUEUED &&
    isQueued(RUN_HEAD, thread) == 0 &&
    isQueued(pool + POOL_HEAD, thread) == 0
  )
}

function mendPool(slot: i32, pool: i32): void {
  const head = get(pool + POOL_HEAD)
  if (head != 0 && placeOf(pool, head) != 0) set(pool + POOL_HEAD, get(head + THREAD_NEXT))
  // The dead worker was withdrawing this thread, which is still queued, or which another worker has taken.
  const own = get(slot + SLOT_SPAWNING)
  if (own != 0 && !isUnqueued(pool, own)) set(slot + SLOT_SPAWNING, 0)
  recount(pool + POOL_HEAD, pool + POOL_TAIL, pool + POOL_QUEUED)
  const end: i32 = pool + POOL_FIRST + (get(pool + POOL_PLACES) << 2)
  for (let place: i32 = pool + POOL_FIRST; place < end; place += 4) {
    const thread = get(place)
    // The reaper finishes the thread that the dead worker had not queued yet, or had withdrawn.
    if (thread == 0 || thread == get(slot + SLOT_SPAWNING)) passPlace(pool, place)
    else if (load(thread + THREAD_STATE) == THREAD_QUEUED && isQueued(RUN_HEAD, thread) == 0)
      enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, thread)
  }
}

/** Returns the thread's place to its pool, publishes the outcome and wakes all joining threads. */
export function finishThread(self: i32, thread: i32, outcome: i32): void {
  leavePool(self, thread)
  announceWakeUp(self, thread + THREAD_JOINING)
  set(thread + THREAD_OUTCOME, outcome)
  store(thread + THREAD_STATE, THREAD_DONE)
  if (hasWaiters(thread + THREAD_JOINING) != 0) wakeAll(self, thread + THREAD_JOINING)
  endAnnouncement(self)
}

/** Polls for a queued thread for a limited time. Returns it, or 0. */
export function spinForThread(self: i32, rounds: i32): i32 {
  for (let i: i32 = 0; i < rounds; i++) {
    if (load(RUN_HEAD) != 0) {
      const thread = popThread(self)
      if (thread != 0) return thread
    }
  }
  return 0
}

/** Polls a word for a limited time. Returns 1 once it is not `value`, else 0. */
export function spinWhile(at: i32, value: i32, rounds: i32): i32 {
  for (let i: i32 = 0; i < rounds; i++) if (load(at) != value) return 1
  return 0
}

/** Makes the park token available and wakes the thread if it is parked. */
export function unparkThread(self: i32, thread: i32): void {
  announceWakeUp(self, thread + THREAD_PARKING)
  store(thread + THREAD_TOKEN, 1)
  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)
  endAnnouncement(self)
}

/** Removes an owner of a thread record. Returns 1 if it was the last, else 0. */
export function dropThreadOwner(thread: i32): i32 {
  return add(thread + THREAD_OWNERS, -1) == 1 ? 1 : 0
}
