/**
 * A wait queue: the waiters of one object in FIFO order, a doubly linked list with its head in three words of the
 * object.
 *
 *   +0   -            latch
 *   +4   QUEUE_FIRST  first waiter, 0 if the queue is empty
 *   +8   LAST         last waiter
 *   +12  end
 *
 * A waiter that blocks sleeps on its own state word. A waiter that yields is pushed on the ready list of its event
 * loop, and the loop's bell is rung if the loop sleeps. Both kinds share the queue.
 *
 * - No wake-up is lost: a waiter registers, THEN checks the object once more, then sleeps. A notifier changes the
 *   object, THEN checks the queue. All four accesses are sequentially consistent, so at least one of the two sees the
 *   other.
 * - A woken waiter either uses the wake-up or passes it on (`wakeOne` again).
 * - A wake-up promises no resource: every waiter checks the object again.
 *
 * When a thread dies, its reaper unregisters its waiters, repairs a queue whose latch it held (`repairQueue`), and
 * makes its pending wake-up (`announceWakeUp`).
 */
import { cas, get, load, notify, set, store, swap } from './memory.ts'
import { latchQueue, unlatch } from './latch.ts'
import { BELL_ASLEEP, BELL_RUNG, SLOT_BELL, SLOT_PENDING, SLOT_READY } from './layout.ts'

export const QUEUE_FIRST: i32 = 4
const LAST: i32 = 8

// A waiter, in a size class of its own, so that a reaper can visit all waiters of a dead thread. NEXT is first, where
// the allocator links free blocks, because a reaper reads the other words of foreign waiters.
export const WAITER_NEXT: i32 = 0
export const WAITER_STATE: i32 = 4 // WAITER_FREE, WAITER_QUEUED or WAITER_WOKEN
export const WAITER_PREV: i32 = 8
export const WAITER_QUEUE: i32 = 12 // the wait queue in which it is registered
export const WAITER_SLOT: i32 = 16 // its thread's slot; 0 while free
export const WAITER_YIELDS: i32 = 20 // 1: push it on the event loop's ready list; 0: its thread sleeps on WAITER_STATE
export const WAITER_READY: i32 = 24 // next in the loop's ready list
export const WAITER_CLAIM: i32 = 28 // the claim word of its select, 0 if it waits for one object only
export const WAITER_TOKEN: i32 = 32 // two words, passed to the waiter with the wake-up: the message of a rendezvous
export const WAITER_OWN_CLAIM: i32 = 36 // or: claim word, in the waiter that represents a whole select
export const WAITER_SENDS: i32 = 40 // 1 for a sender in the queue of a rendezvous
export const WAITER_DATA: i32 = 44 // a word of the object that it waits for
export const WAITER_WANTS: i32 = 48 // number of permits it needs, in the queue of a semaphore
export const WAITER_SLEEP: i32 = 52 // serial number of its thread's sleep while that has no time limit, else 0
// +64 end

export const WAITER_FREE: i32 = 0
export const WAITER_QUEUED: i32 = 1
export const WAITER_WOKEN: i32 = 2

/** Registers a waiter at the end of the queue. The caller must check the object once more before it sleeps. */
export function registerWaiter(self: i32, queue: i32, waiter: i32): void {
  latchQueue(self, queue)
  linkWaiter(queue, waiter)
  unlatch(self, queue)
}

export function linkWaiter(queue: i32, waiter: i32): void {
  const last = get(queue + LAST)
  store(waiter + WAITER_QUEUE, queue)
  set(waiter + WAITER_NEXT, 0)
  set(waiter + WAITER_PREV, last)
  store(waiter + WAITER_STATE, WAITER_QUEUED)
  // The forward links are authoritative. If we die between these stores, PREV and LAST are repaired from them.
  if (last == 0) store(queue + QUEUE_FIRST, waiter)
  else set(last + WAITER_NEXT, waiter)
  set(queue + LAST, waiter)
}

/** Unregisters a waiter. Returns 1, or 0 if a notifier has already woken it. */
export function unregisterWaiter(self: i32, waiter: i32): i32 {
  if (load(waiter + WAITER_STATE) == WAITER_WOKEN) return 0
  const queue = get(waiter + WAITER_QUEUE)
  latchQueue(self, queue)
  const woken = unregisterLatched(queue, waiter)
  unlatch(self, queue)
  return woken
}

/** Does the same. Requires the latch. */
export function unregisterLatched(queue: i32, waiter: i32): i32 {
  const state = load(waiter + WAITER_STATE)
  if (state == WAITER_WOKEN) return 0
  // A waiter that a notifier skipped, because another notifier claimed its select, is no longer in the queue.
  if (state == WAITER_QUEUED) unlinkWaiter(queue, waiter)
  store(waiter + WAITER_STATE, WAITER_FREE)
  return 1
}

export function unlinkWaiter(queue: i32, waiter: i32): void {
  const next = get(waiter + WAITER_NEXT)
  const prev = get(waiter + WAITER_PREV)
  if (prev == 0) store(queue + QUEUE_FIRST, next)
  else set(prev + WAITER_NEXT, next)
  if (next == 0) set(queue + LAST, prev)
  else set(next + WAITER_PREV, prev)
}

/** Returns whether the queue has waiters. A notifier calls it after it has changed the object. */
export function hasWaiters(queue: i32): i32 {
  return load(queue + QUEUE_FIRST) == 0 ? 0 : 1
}

/** Returns the first waiter, or 0. Requires the latch. */
export function firstWaiter(queue: i32): i32 {
  return get(queue + QUEUE_FIRST)
}

/** Removes and claims the first waiter that is not claimed yet. Returns 0 if there is none. Requires the latch. */
export function claimFirstWaiter(queue: i32): i32 {
  let waiter = get(queue + QUEUE_FIRST)
  while (waiter != 0) {
    const next = get(waiter + WAITER_NEXT)
    unlinkWaiter(queue, waiter)
    if (claimWaiter(waiter) != 0) return waiter
    waiter = next
  }
  return 0
}

/**
 * Claims a waiter that was removed from its queue. Returns 1 if the caller must wake it, else 0. Requires the latch.
 */
export function claimWaiter(waiter: i32): i32 {
  const claim = get(waiter + WAITER_CLAIM)
  // A select is in several queues. The first notifier to exchange its claim word wins; the others skip it.
  if (claim == 0 || cas(claim, 0, waiter) == 0) return 1
  store(waiter + WAITER_STATE, WAITER_FREE)
  return 0
}

/** Wakes a waiter that was removed from its queue. Requires the latch, which keeps the waiter alive. */
export function wakeWaiter(waiter: i32): void {
  if (get(waiter + WAITER_YIELDS) != 0) {
    store(waiter + WAITER_STATE, WAITER_WOKEN)
    const slot = get(waiter + WAITER_SLOT)
    for (;;) {
      const head = load(slot + SLOT_READY)
      set(waiter + WAITER_READY, head)
      if (cas(slot + SLOT_READY, head, waiter) == head) break
    }
    ringBell(slot)
  } else {
    // A thread in a select sleeps on its claim word, which `claimWaiter` has written.
    const claim = get(waiter + WAITER_CLAIM)
    // RACE: after the store, the thread may return and use this waiter again. The notify then has no effect, or causes
    // a spurious wake-up, after which the thread checks its condition again.
    store(waiter + WAITER_STATE, WAITER_WOKEN)
    notify(claim == 0 ? waiter + WAITER_STATE : claim, 1)
  }
}

/** Rings an event loop's bell if the loop sleeps. */
export function ringBell(slot: i32): void {
  if (cas(slot + SLOT_BELL, BELL_ASLEEP, BELL_RUNG) == BELL_ASLEEP) notify(slot + SLOT_BELL, 1)
}

/** Removes all woken waiters of an event loop. Returns them linked by WAITER_READY, the last woken first, or 0. */
export function takeReadyWaiters(self: i32): i32 {
  if (load(self + SLOT_READY) == 0) return 0
  return swap(self + SLOT_READY, 0)
}

/** Wakes the first waiter. Returns 1, or 0 if the queue is empty. */
export function wakeOne(self: i32, queue: i32): i32 {
  if (load(queue + QUEUE_FIRST) == 0) return 0
  latchQueue(self, queue)
  const waiter = claimFirstWaiter(queue)
  if (waiter != 0) wakeWaiter(waiter)
  unlatch(self, queue)
  return waiter == 0 ? 0 : 1
}

/** Wakes all waiters and returns their number. */
export function wakeAll(self: i32, queue: i32): i32 {
  if (load(queue + QUEUE_FIRST) == 0) return 0
  let woken: i32 = 0
  latchQueue(self, queue)
  for (;;) {
    const waiter = claimFirstWaiter(queue)
    if (waiter == 0) break
    wakeWaiter(waiter)
    woken++
  }
  unlatch(self, queue)
  return woken
}

/**
 * Announces a wake-up before the change that causes it. If this thread dies before `endAnnouncement`, its reaper makes
 * the wake-up.
 */
export function announceWakeUp(self: i32, queue: i32): void {
  set(self + SLOT_PENDING, queue)
}

/** Ends the announcement, after the wake-up. */
export function endAnnouncement(self: i32): void {
  set(self + SLOT_PENDING, 0)
}

/** Repairs a queue whose latch holder died, from the forward links. Called by a reaper. */
export function repairQueue(queue: i32): void {
  let prev: i32 = 0
  let waiter = get(queue + QUEUE_FIRST)
  while (waiter != 0) {
    set(waiter + WAITER_PREV, prev)
    prev = waiter
    waiter = get(waiter + WAITER_NEXT)
  }
  set(queue + LAST, prev)
}

/**
 * Returns whether a waiter is in the queue. A reaper looks for waiters that a dead notifier has removed but not woken.
 */
export function isRegistered(queue: i32, waiter: i32): i32 {
  let at = get(queue + QUEUE_FIRST)
  while (at != 0 && at != waiter) at = get(at + WAITER_NEXT)
  return at == 0 ? 0 : 1
}
