/**
 * A condition variable: a wait queue and no other state.
 *
 *   +0   CONDVAR_OWNERS  owners
 *   +4   CONDVAR_WEAKS   weak owners
 *   +8   CONDVAR_QUEUE   wait queue
 *   +20  CONDVAR_BYTES   end
 *
 * A waiter holds the mutex, registers, and THEN releases the mutex. A notifier changes the value under the mutex and
 * then wakes waiters. So no notification is lost between a waiter's check of the value and its sleep: the notifier
 * would need the mutex.
 *
 * The obvious order is wrong: release the mutex, then register. Another thread may acquire the mutex in between, change
 * the value and find the queue empty. The waiter then registers and is never woken.
 */
import { hasWaiters, registerWaiter, announceWakeUp, endAnnouncement, wakeAll, wakeOne } from './wait-queue.ts'
import { mutexUnlock } from './mutex.ts'

export const CONDVAR_OWNERS: i32 = 0
export const CONDVAR_WEAKS: i32 = 4
export const CONDVAR_QUEUE: i32 = 8
export const CONDVAR_BYTES: i32 = 20

/** Registers a waiter, then releases the mutex, which the caller holds. */
export function condvarWait(self: i32, condvar: i32, waiter: i32, mutex: i32): void {
  // ORDER: register before the release, because a notifier changes the value after the release.
  registerWaiter(self, condvar + CONDVAR_QUEUE, waiter)
  mutexUnlock(self, mutex)
}

/** Wakes the first waiter. Returns the number of woken waiters, 0 or 1. */
export function condvarWakeOne(self: i32, condvar: i32): i32 {
  return hasWaiters(condvar + CONDVAR_QUEUE) == 0 ? 0 : wakeOne(self, condvar + CONDVAR_QUEUE)
}

/** Wakes all waiters and returns their number. */
export function condvarWakeAll(self: i32, condvar: i32): i32 {
  // A thread that dies in the loop has woken only some waiters. Its reaper wakes the others.
  announceWakeUp(self, condvar + CONDVAR_QUEUE)
  const woken = wakeAll(self, condvar + CONDVAR_QUEUE)
  endAnnouncement(self)
  return woken
}
