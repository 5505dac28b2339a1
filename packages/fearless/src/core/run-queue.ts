/**
 * Threads that no worker has taken yet, first come first served, and the record of a thread.
 *
 * A thread record is owned by its handle and by the worker that runs it (THREAD_OWNERS counts them). Only the worker
 * writes the outcome, then THREAD_STATE, which passes the outcome to whoever joins.
 *
 * A thread of a pool (thread/thread-pool.ts) is in the run queue, or runs, only while it has one of the pool's places; until one
 * is free it is in the pool's own queue. The places and that queue are guarded by the latch of the run queue, so the thread that
 * ends gives its place to the next one, whichever threads block meanwhile. A place holds the thread that has it, and not only a
 * count: after a death under the latch it is known from the places which threads belong into the run queue.
 */
import { add, get, load, set, store } from './memory.ts'
import { latch, unlatch } from './latch.ts'
import {
  IDLE_QUEUE,
  RUN_HEAD,
  RUN_LATCH,
  RUN_LENGTH,
  RUN_TAIL,
  RUN_TAKEN,
  SLOT_POOL,
  SLOT_SPAWNING,
  SLOT_THREAD,
} from './layout.ts'
import { hasWaiters, owe, pay, wakeAll, wakeOne } from './wait-queue.ts'

export const THREAD_STATE: i32 = 0
export const THREAD_JOINING: i32 = 4 // wait queue
export const THREAD_OWNERS: i32 = 16
export const THREAD_ID: i32 = 20
export const THREAD_NEXT: i32 = 24
export const THREAD_BODY: i32 = 28 // block: what its closure captures and its arguments, encoded
export const THREAD_BODY_LENGTH: i32 = 32
export const THREAD_OUTCOME: i32 = 36
export const THREAD_RESULT: i32 = 40 // block: result or error, encoded
export const THREAD_RESULT_LENGTH: i32 = 44
export const THREAD_NAME: i32 = 48 // block: the name, encoded; 0 if it has none
export const THREAD_NAME_LENGTH: i32 = 52
export const THREAD_TOKEN: i32 = 60 // 1: unparked
export const THREAD_PARKING: i32 = 64 // wait queue
export const THREAD_STACK: i32 = 76 // MiB of stack it asked for, 0 = as it comes
export const THREAD_HEAP: i32 = 80 // MiB of JavaScript heap it may use, 0 = as it comes
export const THREAD_JOINED: i32 = 84 // who answers for its panic: thread/pool/owners.ts
export const THREAD_CODE: i32 = 88 // exit code, if it called process.exit
export const THREAD_CLOSURE: i32 = 92 // number of its closure, whose module is loaded before the body is read
export const THREAD_POOL: i32 = 96 // the pool it was spawned in, 0 if none; the record counts as a weak owner of it
export const THREAD_ENDING: i32 = 100 // who ends it: ENDS_ITSELF, or ENDED by the abort of its signal
export const THREAD_REASON: i32 = 104 // block: the error of that abort, encoded
export const THREAD_REASON_LENGTH: i32 = 108
export const THREAD_BYTES: i32 = 128

export const ENDED: i32 = 1
export const ENDS_ITSELF: i32 = 2

export const POOL_OWNERS: i32 = 0
export const POOL_WEAKS: i32 = 4
export const POOL_HEAD: i32 = 8 // queue of the threads that have no place
export const POOL_TAIL: i32 = 12
export const POOL_QUEUED: i32 = 16
export const POOL_FINISHED: i32 = 20 // threads that have given their place back
export const POOL_LIMIT: i32 = 24 // most threads in its queue
export const POOL_NAME: i32 = 28 // block: the name of its threads, encoded; 0 if they have none
export const POOL_PLACES: i32 = 32 // how many there are; then one word for each, the thread that has it
export const POOL_FIRST: i32 = 36

export const THREAD_QUEUED: i32 = 0
export const THREAD_RUNNING: i32 = 1
export const THREAD_DONE: i32 = 2

export const OUTCOME_VALUE: i32 = 1
export const OUTCOME_ERROR: i32 = 2
export const OUTCOME_DIED: i32 = 3
export const OUTCOME_CANCELLED: i32 = 4 // ended by its signal: its error is no panic

/** Queues a thread and wakes a worker, if one has nothing to do: 1 if so, or if the thread has to wait for a place in its pool. */
export function pushThread(self: i32, thread: i32): i32 {
  const pool = get(thread + THREAD_POOL)
  owe(self, IDLE_QUEUE)
  latch(self, RUN_LATCH)
  set(self + SLOT_POOL, pool)
  const place: i32 = pool == 0 ? 0 : placeOf(pool, 0)
  const waits = pool != 0 && place == 0
  if (place != 0) store(place, thread)
  // From here on it is in the queue's hands: whoever mends the queue finds it there.
  set(self + SLOT_SPAWNING, 0)
  if (waits) enqueue(pool + POOL_HEAD, pool + POOL_TAIL, pool + POOL_QUEUED, thread)
  else enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, thread)
  set(self + SLOT_POOL, 0)
  unlatch(self, RUN_LATCH)
  const woken: i32 = !waits && hasWaiters(IDLE_QUEUE) != 0 ? wakeOne(self, IDLE_QUEUE) : 0
  pay(self)
  return waits ? 1 : woken
}

/** The place of a pool that holds this thread, or that is free (0); 0 if there is none. */
function placeOf(pool: i32, thread: i32): i32 {
  const end: i32 = pool + POOL_FIRST + (get(pool + POOL_PLACES) << 2)
  for (let place: i32 = pool + POOL_FIRST; place < end; place += 4) if (get(place) == thread) return place
  return 0
}

/** Puts a thread at the end of the queue that has its head, tail and length in these words. */
function enqueue(head: i32, tail: i32, length: i32, thread: i32): void {
  set(thread + THREAD_NEXT, 0)
  const last = get(tail)
  if (get(head) == 0) store(head, thread)
  else set(last + THREAD_NEXT, thread)
  set(tail, thread)
  store(length, get(length) + 1)
}

/** The place belongs to the first thread in the pool's queue, or is free. */
function passPlace(pool: i32, place: i32): void {
  const next = get(pool + POOL_HEAD)
  // ORDER: mendPool takes a thread that has a place for one that is no longer in the pool's queue.
  store(place, next)
  if (next == 0) return
  set(pool + POOL_HEAD, get(next + THREAD_NEXT))
  store(pool + POOL_QUEUED, get(pool + POOL_QUEUED) - 1)
  enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, next)
}

/** A thread that ends gives its place back. Does nothing if it has none, so whoever ends it in its stead may call it again. */
function leavePool(self: i32, thread: i32): void {
  const pool = get(thread + THREAD_POOL)
  if (pool == 0) return
  owe(self, IDLE_QUEUE)
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
  pay(self)
}

/** Takes a thread of a pool back that no worker has taken: 1, and the caller is the one to end it; 0 if a worker was faster. */
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

/** Takes a thread out of a queue: 1, or 0 if it is not in it. */
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

/** Takes the oldest queued thread; 0 if there is none. */
export function popThread(self: i32): i32 {
  if (load(RUN_HEAD) == 0) return 0
  latch(self, RUN_LATCH)
  const thread = get(RUN_HEAD)
  if (thread != 0) {
    // A worker that dies from here on is found to run this thread.
    set(self + SLOT_THREAD, thread)
    store(RUN_HEAD, get(thread + THREAD_NEXT))
    store(thread + THREAD_STATE, THREAD_RUNNING)
    store(RUN_LENGTH, get(RUN_LENGTH) - 1)
    store(RUN_TAKEN, get(RUN_TAKEN) + 1)
  }
  unlatch(self, RUN_LATCH)
  return thread
}

/** Mends the queues after a worker died under their latch, in its slot: the links and the places are the truth. */
export function mendRunQueue(slot: i32): void {
  recount(RUN_HEAD, RUN_TAIL, RUN_LENGTH)
  const pool = get(slot + SLOT_POOL)
  if (pool != 0) mendPool(slot, pool)
  set(slot + SLOT_POOL, 0)
}

/** Makes the tail and the length of a queue what its links say. */
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

/** Has no worker taken this thread, and is it in no queue? */
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
  // It was about to be withdrawn, and is queued still, or a worker was faster.
  const own = get(slot + SLOT_SPAWNING)
  if (own != 0 && !isUnqueued(pool, own)) set(slot + SLOT_SPAWNING, 0)
  recount(pool + POOL_HEAD, pool + POOL_TAIL, pool + POOL_QUEUED)
  const end: i32 = pool + POOL_FIRST + (get(pool + POOL_PLACES) << 2)
  for (let place: i32 = pool + POOL_FIRST; place < end; place += 4) {
    const thread = get(place)
    // The reaper ends the one that the dead worker had not queued yet, or had withdrawn.
    if (thread == 0 || thread == get(slot + SLOT_SPAWNING)) passPlace(pool, place)
    else if (load(thread + THREAD_STATE) == THREAD_QUEUED && isQueued(RUN_HEAD, thread) == 0)
      enqueue(RUN_HEAD, RUN_TAIL, RUN_LENGTH, thread)
  }
}

/** Gives the place in its pool back, publishes the outcome and wakes all who join. */
export function finishThread(self: i32, thread: i32, outcome: i32): void {
  leavePool(self, thread)
  owe(self, thread + THREAD_JOINING)
  set(thread + THREAD_OUTCOME, outcome)
  store(thread + THREAD_STATE, THREAD_DONE)
  if (hasWaiters(thread + THREAD_JOINING) != 0) wakeAll(self, thread + THREAD_JOINING)
  pay(self)
}

/** Watches for a queued thread for a while; returns it, or 0. */
export function spinForThread(self: i32, rounds: i32): i32 {
  for (let i: i32 = 0; i < rounds; i++) {
    if (load(RUN_HEAD) != 0) {
      const thread = popThread(self)
      if (thread != 0) return thread
    }
  }
  return 0
}

/** Watches a word for a while: 1 once it is no longer `value`. */
export function spinWhile(at: i32, value: i32, rounds: i32): i32 {
  for (let i: i32 = 0; i < rounds; i++) if (load(at) != value) return 1
  return 0
}

/** Makes a park token available; 1 if somebody must be woken. */
export function unparkThread(self: i32, thread: i32): void {
  owe(self, thread + THREAD_PARKING)
  store(thread + THREAD_TOKEN, 1)
  if (hasWaiters(thread + THREAD_PARKING) != 0) wakeOne(self, thread + THREAD_PARKING)
  pay(self)
}

/** One owner less: 1 if it was the last. */
export function dropThreadOwner(thread: i32): i32 {
  return add(thread + THREAD_OWNERS, -1) == 1 ? 1 : 0
}
