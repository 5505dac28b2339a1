/**
 * Blocking waits: spin, then park the thread. The only caller of `Atomics.wait`.
 *
 * - A wait spins first, because a wake-up costs a hundred times more than a value that arrives while the thread spins.
 *   The duration adapts (spin-budget.ts).
 * - Then the thread registers a waiter, checks `isReady` again and sleeps: an idle thread uses no CPU.
 */
import { add, get, load, nap, store } from '../core/memory.ts'
import { core, self } from '../core/index.ts'
import { SLOT_ASLEEP } from '../core/layout.ts'
import {
  WAITER_OWN_CLAIM,
  WAITER_CLAIM,
  WAITER_FREE,
  WAITER_QUEUE,
  WAITER_QUEUED,
  WAITER_SLEEP,
  WAITER_STATE,
} from '../core/wait-queue.ts'
import { platform } from '#platform'
import { BlockingError } from '../errors.ts'

import { PENDING, monotonicNow, type Operation } from './operation.ts'
import { clearBlockedOn, findDeadlock } from './deadlock.ts'
import { SPIN_LIMIT_US, SpinBudget } from './spin-budget.ts'
import { freeWaiter, newWaiter } from './waiter.ts'

const SHORTEST_SPIN_US = Math.min(2, SPIN_LIMIT_US)
const ROUNDS_PER_CHECK = 64

const spins = new SpinBudget(SPIN_LIMIT_US, SPIN_LIMIT_US, SHORTEST_SPIN_US)
const rendezvousSpins = new SpinBudget(SPIN_LIMIT_US, SPIN_LIMIT_US, SHORTEST_SPIN_US)

/**
 * Called before and after a worker's thread stops running, so that the pool can run others. Set by the thread layer.
 */
export const blockingHooks = { enter: (): void => {}, leave: (): void => {} }

/**
 * A check that this thread makes at intervals while it blocks, because its event loop then reports nothing. Set by the
 * thread layer while a worker boots.
 */
export const whileBlocked: { check: (() => void) | undefined } = { check: undefined }
/** Interval of that check, in milliseconds. */
const CHECK_MS = 20

export function blockUntil<T>(attempt: Operation<T>): T {
  try {
    assertMayBlock()
    let value = attempt.tryComplete()
    if (value === PENDING && attempt.neverSpins !== true && attempt.isRendezvous !== true)
      value = spinUntilReady(attempt)
    return value === PENDING ? sleepUntil(attempt) : value
  } finally {
    attempt.finish?.()
  }
}

function spinUntilReady<T>(attempt: Operation<T>): T | typeof PENDING {
  const us = spins.next()
  if (us === 0) return PENDING
  const end = monotonicNow() + us / 1000
  do {
    if (attempt.spin !== undefined) attempt.spin(ROUNDS_PER_CHECK)
    else for (let i = 0; i < ROUNDS_PER_CHECK && !attempt.isReady(); i++);
    const value = attempt.tryComplete()
    if (value !== PENDING) {
      spins.succeeded()
      return value
    }
  } while (monotonicNow() < end)
  spins.failed()
  return PENDING
}

function sleepUntil<T>(attempt: Operation<T>): T {
  const waiter = newWaiter(0)
  try {
    for (;;) {
      if (!attempt.register(waiter)) {
        const value = attempt.tryComplete()
        if (value !== PENDING) return value
        continue
      }
      if (!attempt.isReady()) {
        if (attempt.isRendezvous !== true || !spinUntilWoken(waiter, attempt.deadline)) {
          const time = attempt.deadline === Infinity ? Infinity : Math.max(0, attempt.deadline - monotonicNow())
          const deadlock = time === Infinity ? findDeadlock(waiter) : undefined
          if (deadlock === undefined) sleep(waiter, time)
          else if (attempt.unregister(waiter)) throw deadlock
          clearBlockedOn()
        }
      }
      const value = attempt.unregister(waiter) ? attempt.tryComplete() : attempt.accept(waiter)
      if (value !== PENDING) return value
    }
  } finally {
    freeWaiter(waiter)
  }
}

/**
 * Spins while this waiter is registered, until the other side of the rendezvous wakes it. Returns false after the spin
 * time. Two threads that spun before they registered would wait for each other until one of them gave up.
 */
function spinUntilWoken(waiter: number, deadline: number): boolean {
  const end = Math.min(deadline, monotonicNow() + rendezvousSpins.next() / 1000)
  do {
    if (core.spinWhile(waiter + WAITER_STATE, WAITER_QUEUED, ROUNDS_PER_CHECK) !== 0) {
      rendezvousSpins.succeeded()
      return true
    }
  } while (monotonicNow() < end)
  rendezvousSpins.failed()
  return false
}

/** The number of sleeps of this thread without a time limit. */
let sleeps = 0

/** Sleeps until the waiter, or the select that it represents, is woken. */
function sleep(waiter: number, ms: number): void {
  blockingHooks.enter()
  // The loop's deadlock detection reads this word to find threads that no wake-up can reach (loop-deadlock.ts).
  if (ms === Infinity) store(waiter + WAITER_SLEEP, (sleeps = (sleeps + 1) & 0x7fff_ffff || 1))
  if (get(waiter + WAITER_CLAIM) === waiter + WAITER_OWN_CLAIM) napWhile(waiter + WAITER_OWN_CLAIM, 0, ms)
  else napWhile(waiter + WAITER_STATE, isQueued(waiter) ? WAITER_QUEUED : WAITER_FREE, ms)
  store(waiter + WAITER_SLEEP, 0)
  blockingHooks.leave()
}

/** Sleeps while a word has this value. Interrupts the sleep for the check that the thread layer has set. */
function napWhile(word: number, expected: number, ms: number): void {
  if (whileBlocked.check === undefined) return nap(word, expected, ms)
  const end = monotonicNow() + ms
  while (load(word) === expected) {
    const left = end - monotonicNow()
    if (left <= 0) return
    nap(word, expected, whileBlocked.check === undefined ? left : Math.min(left, CHECK_MS))
    whileBlocked.check?.()
  }
}

/**
 * Returns whether this waiter is in a wait queue. No thread notifies it otherwise, and it sleeps until its deadline.
 */
const isQueued = (waiter: number): boolean => get(waiter + WAITER_QUEUE) !== 0

const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4))

/** Sleeps for the shortest time that the operating system offers. No thread notifies it. */
export function yieldProcessor(): void {
  assertMayBlock()
  blockingHooks.enter()
  Atomics.wait(NEVER_NOTIFIED, 0, 0, 0.001)
  blockingHooks.leave()
}

/**
 * Throws `BlockingError` if this thread must not block. Called at the start of every blocking wait, even if it is
 * ready.
 */
export function assertMayBlock(): void {
  if (platform.mayBlock) return
  throw new BlockingError(
    '`.wait()` was called on the main thread of a page, which must not block. Use `await` instead of `.wait()` here.',
  )
}

/**
 * Tells the pool that this worker's thread has begun (1) or stopped (-1) waiting. The count is in the worker's slot, so
 * it ends with the worker.
 */
export function addBlockedWaits(by: 1 | -1): void {
  // More than 1 if the event loop waits and code that runs on it blocks as well.
  add(self + SLOT_ASLEEP, by)
}
