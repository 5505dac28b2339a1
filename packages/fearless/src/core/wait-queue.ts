/**
 * Who waits for a thing, in order: three words inside the thing.
 *
 *   +0  latch
 *   +4  first waiter, 0 if nobody waits
 *   +8  last waiter
 *
 * A waiter that blocks sleeps on its own state word; one that yields is handed to its event loop's ready list and
 * the loop's bell is rung, if it sleeps. Both stand in the same line.
 *
 * The rule that loses no wake: a waiter enters the queue, THEN looks at the thing once more, then sleeps. A waker
 * changes the thing, THEN looks at the queue. All four are sequentially consistent, so one of them sees the other.
 * A waiter that was woken either takes what it was woken for, or passes the wake on (`wakeOne` again). Waking is
 * never a promise that the thing is free: every waiter looks again.
 */
import { cas, get, load, notify, set, store, swap } from './memory.ts'
import { latchQueue, unlatch } from './latch.ts'
import { BELL_ASLEEP, BELL_RUNG, SLOT_BELL, SLOT_PENDING, SLOT_READY } from './layout.ts'

const FIRST: i32 = 4
const LAST: i32 = 8

// A waiter, allocated from its own size class so that a reaper finds all of a dead thread.
// NEXT comes first, where the allocator links free blocks: a reaper reads the other words of waiters that are not its own.
export const WAITER_NEXT: i32 = 0
export const WAITER_STATE: i32 = 4
export const WAITER_PREV: i32 = 8
export const WAITER_QUEUE: i32 = 12
export const WAITER_SLOT: i32 = 16 // whose it is; 0 while free
export const WAITER_YIELDS: i32 = 20 // 1: hand it to the event loop; 0: its thread sleeps on WAITER_STATE
export const WAITER_READY: i32 = 24 // next in the loop's ready list
export const WAITER_CLAIM: i32 = 28 // the claim word of its select, 0 if it waits for one thing only
export const WAITER_TOKEN: i32 = 32 // what is handed over with the wake (a message of a rendezvous)
export const WAITER_SENDS: i32 = 40 // 1 for a sender in the line of a rendezvous
export const WAITER_NOTE: i32 = 44 // what its line has to remember of it
export const WAITER_WANTS: i32 = 48 // how much it wants, in the line of a semaphore
export const WAITER_SLEEP: i32 = 52 // the number of its thread's sleep, while that sleeps without a limit of time; else 0
export const WAITER_CHOSEN: i32 = 36 // of the waiter that stands for a whole select: its claim word

export const WAITER_FREE: i32 = 0
export const WAITER_QUEUED: i32 = 1
export const WAITER_WOKEN: i32 = 2

/** Puts a waiter at the end of the line. The caller looks at the thing once more before it sleeps. */
export function enterQueue(self: i32, queue: i32, waiter: i32): void {
  latchQueue(self, queue)
  link(queue, waiter)
  unlatch(self, queue)
}

export function link(queue: i32, waiter: i32): void {
  const last = get(queue + LAST)
  store(waiter + WAITER_QUEUE, queue)
  set(waiter + WAITER_NEXT, 0)
  set(waiter + WAITER_PREV, last)
  store(waiter + WAITER_STATE, WAITER_QUEUED)
  // The forward links are the truth; PREV and LAST are mended from them if we die between these stores.
  if (last == 0) store(queue + FIRST, waiter)
  else set(last + WAITER_NEXT, waiter)
  set(queue + LAST, waiter)
}

/** Takes a waiter out of the line: 1 if nobody has woken it, 0 if somebody has. */
export function leaveQueue(self: i32, waiter: i32): i32 {
  if (load(waiter + WAITER_STATE) == WAITER_WOKEN) return 0
  const queue = get(waiter + WAITER_QUEUE)
  latchQueue(self, queue)
  const woken = leave(queue, waiter)
  unlatch(self, queue)
  return woken
}

/** The same, under the latch. */
export function leave(queue: i32, waiter: i32): i32 {
  const state = load(waiter + WAITER_STATE)
  if (state == WAITER_WOKEN) return 0
  // A waiter that a waker passed by, because its select was claimed elsewhere, is out of the line already.
  if (state == WAITER_QUEUED) unlink(queue, waiter)
  store(waiter + WAITER_STATE, WAITER_FREE)
  return 1
}

export function unlink(queue: i32, waiter: i32): void {
  const next = get(waiter + WAITER_NEXT)
  const prev = get(waiter + WAITER_PREV)
  if (prev == 0) store(queue + FIRST, next)
  else set(prev + WAITER_NEXT, next)
  if (next == 0) set(queue + LAST, prev)
  else set(next + WAITER_PREV, prev)
}

/** Whether anybody is in line: what a waker reads after it changed the thing. */
export function hasWaiters(queue: i32): i32 {
  return load(queue + FIRST) == 0 ? 0 : 1
}

/** Who is first in line. Under the latch. */
export function firstInLine(queue: i32): i32 {
  return get(queue + FIRST)
}

/** Takes the first waiter that is still free to be chosen out of the line; 0 if there is none. Under the latch. */
export function takeFirst(queue: i32): i32 {
  let waiter = get(queue + FIRST)
  while (waiter != 0) {
    const next = get(waiter + WAITER_NEXT)
    unlink(queue, waiter)
    if (claimed(waiter) != 0) return waiter
    waiter = next
  }
  return 0
}

/** Chooses a waiter that was taken out of its line: 1 if it is ours to deliver. Under the latch. */
export function claimed(waiter: i32): i32 {
  const claim = get(waiter + WAITER_CLAIM)
  // A select waits in several lines; the first waker to claim it has it, the others pass it by.
  if (claim == 0 || cas(claim, 0, waiter) == 0) return 1
  store(waiter + WAITER_STATE, WAITER_FREE)
  return 0
}

/** Wakes a waiter that was taken out of its line. Under the latch: until here the waiter cannot go away. */
export function deliver(waiter: i32): void {
  if (get(waiter + WAITER_YIELDS) != 0) {
    store(waiter + WAITER_STATE, WAITER_WOKEN)
    const slot = get(waiter + WAITER_SLOT)
    for (;;) {
      const head = load(slot + SLOT_READY)
      set(waiter + WAITER_READY, head)
      if (cas(slot + SLOT_READY, head, waiter) == head) break
    }
    ring(slot)
  } else {
    // A thread in a select sleeps on its claim, which `takeFirst` has written.
    const claim = get(waiter + WAITER_CLAIM)
    // RACE: from the store on, the waiter may return and reuse this waiter. The notify then wakes nobody, or wakes
    // somebody who looks again: harmless.
    store(waiter + WAITER_STATE, WAITER_WOKEN)
    notify(claim == 0 ? waiter + WAITER_STATE : claim, 1)
  }
}

/** Rings an event loop's bell if the loop sleeps. */
export function ring(slot: i32): void {
  if (cas(slot + SLOT_BELL, BELL_ASLEEP, BELL_RUNG) == BELL_ASLEEP) notify(slot + SLOT_BELL, 1)
}

/** Takes all woken waiters of an event loop, linked by WAITER_READY, last woken first. */
export function takeReady(self: i32): i32 {
  if (load(self + SLOT_READY) == 0) return 0
  return swap(self + SLOT_READY, 0)
}

/** Wakes the first in line; 1 if there was one. */
export function wakeOne(self: i32, queue: i32): i32 {
  if (load(queue + FIRST) == 0) return 0
  latchQueue(self, queue)
  const waiter = takeFirst(queue)
  if (waiter != 0) deliver(waiter)
  unlatch(self, queue)
  return waiter == 0 ? 0 : 1
}

/** Wakes everybody in line; returns how many. */
export function wakeAll(self: i32, queue: i32): i32 {
  if (load(queue + FIRST) == 0) return 0
  let woken: i32 = 0
  latchQueue(self, queue)
  for (;;) {
    const waiter = takeFirst(queue)
    if (waiter == 0) break
    deliver(waiter)
    woken++
  }
  unlatch(self, queue)
  return woken
}

/** Says, before a change is made, whom it will owe a wake: a reaper pays the debt of a thread that died in between. */
export function owe(self: i32, queue: i32): void {
  set(self + SLOT_PENDING, queue)
}

export function pay(self: i32): void {
  set(self + SLOT_PENDING, 0)
}

/** Mends a queue whose latch holder died: the forward links are the truth. */
export function mendQueue(queue: i32): void {
  let prev: i32 = 0
  let waiter = get(queue + FIRST)
  while (waiter != 0) {
    set(waiter + WAITER_PREV, prev)
    prev = waiter
    waiter = get(waiter + WAITER_NEXT)
  }
  set(queue + LAST, prev)
}

/** Whether a waiter can be reached from the first one: a reaper asks for those that a dead waker had taken out. */
export function isInLine(queue: i32, waiter: i32): i32 {
  let at = get(queue + FIRST)
  while (at != 0 && at != waiter) at = get(at + WAITER_NEXT)
  return at == 0 ? 0 : 1
}
