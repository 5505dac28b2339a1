/**
 * Blocking: the only caller of `Atomics.wait`.
 *
 * A wait first watches for a while, because being woken costs a hundred times more than an answer that comes soon;
 * how long it watches follows how often that paid. Then it stands in line and sleeps: an idle thread uses no CPU.
 */
import { core, self } from '../core/index.ts'
import { SLOT_ASLEEP } from '../core/layout.ts'
import {
  WAITER_CHOSEN,
  WAITER_CLAIM,
  WAITER_FREE,
  WAITER_QUEUE,
  WAITER_QUEUED,
  WAITER_SLEEP,
  WAITER_STATE,
} from '../core/wait-queue.ts'
import { platform } from '#platform'
import { BlockingError } from '../errors.ts'
import { i32 } from '../memory/heap.ts'
import { PENDING, PROBE_EVERY, longWatch, now, spinLimit, type Attempt } from './attempt.ts'
import { endBlocking, wouldDeadlock } from './deadlock.ts'
import { freeWaiter, newWaiter } from './waiter.ts'

const SHORTEST_SPIN = Math.min(2, spinLimit)
const ROUNDS = 64

let budget = spinLimit
let meetBudget = spinLimit
/** Watches that were as short as they get. */
let shortWatches = 0

function watchTime(time: number): number {
  return time > SHORTEST_SPIN || ++shortWatches % PROBE_EVERY !== 0 ? time : longWatch
}

/** What a worker does when its thread stops running for a while, so that others may run; set by the thread layer. */
export const whileBlocked = { enter: (): void => {}, leave: (): void => {} }

export function block<T>(attempt: Attempt<T>): T {
  try {
    refuseToBlock()
    let value = attempt.poll()
    if (value === PENDING && budget > 0 && attempt.unwatched !== true && attempt.meets !== true) value = watch(attempt)
    return value === PENDING ? sleepUntil(attempt) : value
  } finally {
    attempt.end?.()
  }
}

function watch<T>(attempt: Attempt<T>): T | typeof PENDING {
  const end = now() + watchTime(budget) / 1000
  do {
    if (attempt.spin !== undefined) attempt.spin(ROUNDS)
    else for (let i = 0; i < ROUNDS && !attempt.ready(); i++);
    const value = attempt.poll()
    if (value !== PENDING) {
      budget = spinLimit
      return value
    }
  } while (now() < end)
  budget = Math.max(SHORTEST_SPIN, budget / 2)
  return PENDING
}

function sleepUntil<T>(attempt: Attempt<T>): T {
  const waiter = newWaiter(0)
  try {
    for (;;) {
      if (!attempt.enter(waiter)) {
        const value = attempt.poll()
        if (value !== PENDING) return value
        continue
      }
      if (!attempt.ready()) {
        if (attempt.meets !== true || !metSoon(waiter, attempt.deadline)) {
          const time = attempt.deadline === Infinity ? Infinity : Math.max(0, attempt.deadline - now())
          const deadlock = time === Infinity ? wouldDeadlock(waiter) : undefined
          if (deadlock === undefined) sleep(waiter, time)
          else if (attempt.leave(waiter)) throw deadlock
          endBlocking()
        }
      }
      const value = attempt.leave(waiter) ? attempt.poll() : attempt.woken(waiter)
      if (value !== PENDING) return value
    }
  } finally {
    freeWaiter(waiter)
  }
}

/**
 * Watches from its place in line whether somebody comes. Two that watched before they stood in line would wait for each
 * other until one of them gave up.
 */
function metSoon(waiter: number, deadline: number): boolean {
  const end = Math.min(deadline, now() + watchTime(meetBudget) / 1000)
  do {
    if (core.spinWhile(waiter + WAITER_STATE, WAITER_QUEUED, ROUNDS) !== 0) {
      meetBudget = spinLimit
      return true
    }
  } while (now() < end)
  meetBudget = Math.max(SHORTEST_SPIN, meetBudget / 2)
  return false
}

/** Of this thread, without a limit of time. */
let sleeps = 0

/** Sleeps until the waiter, or the select it stands for, was woken. */
function sleep(waiter: number, ms: number): void {
  whileBlocked.enter()
  // Others may find out that this thread never wakes (loop-deadlock.ts).
  if (ms === Infinity) Atomics.store(i32, (waiter + WAITER_SLEEP) >> 2, (sleeps = (sleeps + 1) & 0x7fff_ffff || 1))
  if (i32[(waiter + WAITER_CLAIM) >> 2] === waiter + WAITER_CHOSEN)
    Atomics.wait(i32, (waiter + WAITER_CHOSEN) >> 2, 0, ms)
  else Atomics.wait(i32, (waiter + WAITER_STATE) >> 2, standsInLine(waiter) ? WAITER_QUEUED : WAITER_FREE, ms)
  Atomics.store(i32, (waiter + WAITER_SLEEP) >> 2, 0)
  whileBlocked.leave()
}

/** One that stands in no line is woken by nobody: it sleeps until a time that it knows. */
const standsInLine = (waiter: number): boolean => i32[(waiter + WAITER_QUEUE) >> 2] !== 0

const nobody = new Int32Array(new SharedArrayBuffer(4))

/** Gives up the processor for as short as the operating system can; nobody wakes it. */
export function giveWay(): void {
  refuseToBlock()
  whileBlocked.enter()
  Atomics.wait(nobody, 0, 0, 0.001)
  whileBlocked.leave()
}

/** Whoever may have to block asks first, also where it then need not. */
export function refuseToBlock(): void {
  if (platform.mayBlock) return
  throw new BlockingError(
    'This thread may not block: on a page, `.wait()` is for workers only. Use `await` instead of `.wait()` here.',
  )
}

/** Tells the pool that this worker's thread waits, or no longer. A worker that dies meanwhile takes its word with it. */
export function countBlocked(by: 1 | -1): void {
  // More than 1: its event loop waits, and what runs there blocks as well.
  Atomics.add(i32, (self + SLOT_ASLEEP) >> 2, by)
}
