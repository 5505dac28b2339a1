/**
 * A condition variable: nothing but a line of those who wait for news.
 *
 *   +0  owners, +4 weak owners
 *   +8  the line
 *
 * Who waits holds the lock, stands in line, and THEN releases the lock. Who brings news changes the value under the lock
 * and then wakes. So between a look at the value and the sleep nobody can bring news unnoticed: it would need the lock.
 *
 * The obvious order is wrong: release the lock, then stand in line. Another thread takes the lock, changes the value,
 * finds nobody in line; we stand in line afterwards, and nobody comes again.
 */
import { hasWaiters, enterQueue, owe, pay, wakeAll, wakeOne } from './wait-queue.ts'
import { mutexUnlock } from './mutex.ts'

export const CONDVAR_OWNERS: i32 = 0
export const CONDVAR_WEAKS: i32 = 4
export const CONDVAR_LINE: i32 = 8
export const CONDVAR_BYTES: i32 = 20

/** Stands in line and releases the lock, which the caller holds. */
export function condvarWait(self: i32, condvar: i32, waiter: i32, mutex: i32): void {
  // ORDER: in line before the release.
  enterQueue(self, condvar + CONDVAR_LINE, waiter)
  mutexUnlock(self, mutex)
}

/** Wakes the first in line; answers how many there were to wake: 0 or 1. */
export function condvarOne(self: i32, condvar: i32): i32 {
  return hasWaiters(condvar + CONDVAR_LINE) == 0 ? 0 : wakeOne(self, condvar + CONDVAR_LINE)
}

/** Wakes everybody in line; answers how many. */
export function condvarAll(self: i32, condvar: i32): i32 {
  // A thread that dies on the way has brought its news to some: the others are owed it.
  owe(self, condvar + CONDVAR_LINE)
  const woken = wakeAll(self, condvar + CONDVAR_LINE)
  pay(self)
  return woken
}
