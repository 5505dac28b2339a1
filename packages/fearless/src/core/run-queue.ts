/**
 * Threads that no worker has taken yet, first come first served, and the record of a thread.
 *
 * A thread record is owned by its handle and by the worker that runs it (THREAD_OWNERS counts them). Only the worker
 * writes the outcome, then THREAD_STATE, which passes the outcome to whoever joins.
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
export const THREAD_JOINED: i32 = 84 // who answers for its panic: thread/owners.ts
export const THREAD_CODE: i32 = 88 // exit code, if it called process.exit
export const THREAD_CLOSURE: i32 = 92 // number of its closure, whose module is loaded before the body is read
export const THREAD_BYTES: i32 = 128

export const THREAD_QUEUED: i32 = 0
export const THREAD_RUNNING: i32 = 1
export const THREAD_DONE: i32 = 2

export const OUTCOME_VALUE: i32 = 1
export const OUTCOME_ERROR: i32 = 2
export const OUTCOME_DIED: i32 = 3

/** Queues a thread and wakes a worker, if one has nothing to do: 1 if so. */
export function pushThread(self: i32, thread: i32): i32 {
  set(thread + THREAD_NEXT, 0)
  owe(self, IDLE_QUEUE)
  latch(self, RUN_LATCH)
  const tail = get(RUN_TAIL)
  // From here on it is in the queue's hands: whoever mends the queue finds it there.
  set(self + SLOT_SPAWNING, 0)
  if (get(RUN_HEAD) == 0) store(RUN_HEAD, thread)
  else set(tail + THREAD_NEXT, thread)
  set(RUN_TAIL, thread)
  store(RUN_LENGTH, get(RUN_LENGTH) + 1)
  unlatch(self, RUN_LATCH)
  const woken: i32 = hasWaiters(IDLE_QUEUE) != 0 ? wakeOne(self, IDLE_QUEUE) : 0
  pay(self)
  return woken
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

/** Mends the queue after a worker died under its latch: the links are the truth. */
export function mendRunQueue(): void {
  let last: i32 = 0
  let length: i32 = 0
  for (let thread = get(RUN_HEAD); thread != 0; thread = get(thread + THREAD_NEXT)) {
    last = thread
    length++
  }
  set(RUN_TAIL, last)
  store(RUN_LENGTH, length)
}

/** Publishes an outcome and wakes all who join. */
export function finishThread(self: i32, thread: i32, outcome: i32): void {
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
