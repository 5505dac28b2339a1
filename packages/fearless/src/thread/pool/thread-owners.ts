/**
 * The owners of a thread's record (its JoinHandle, the worker that runs it, every `Thread`), and the report of its
 * panic.
 *
 *   UNJOINED        a JoinHandle exists, in a thread or in a message
 *   OUTCOME_JOINED    the outcome was taken
 *   DETACHED        the JoinHandle was dropped: a panic is reported (panic-report.ts)
 *   REPORTED        the panic was reported, once
 *   TOLD            the panic was reported, and a JoinHandle still exists
 *   SCOPED          the thread's scope, or its LazyLock, takes the outcome, even if the handle is dropped
 *                   Set before the thread is queued, because the scope may wait for it from then on.
 *
 * A panic is stored and reported before the thread drops its handles. A drop may close channels, which may end the
 * event loops of other threads and so the process: a later report would be lost.
 *
 * RACE: the JoinHandle may be dropped while the thread panics. The handle's side writes DETACHED, then reads the stored
 * panic; the worker stores the panic, then reads DETACHED. At least one of them sees the other's write, and a
 * compare-exchange to REPORTED makes the report unique.
 */
import { add, cas, get, load, store, swap } from '../../core/memory.ts'
import { HANDLES } from '../../core/alloc.ts'
import { HANDLE_KIND, HANDLE_OBJECT } from '../../core/handles.ts'
import { core, self } from '../../core/index.ts'
import { SUPERVISED, UNJOINED_PANICS } from '../../core/layout.ts'
import {
  OUTCOME_DIED,
  OUTCOME_ERROR,
  OUTCOME_VALUE,
  THREAD_JOINED,
  THREAD_JOINING,
  THREAD_OUTCOME,
  THREAD_OWNERS,
} from '../../core/run-queue.ts'
import { platform } from '#platform'
import { ownerOf, dropHandlesAfter } from '../../memory/handles/handle.ts'
import { threadSlots, objectsOfClass } from '../../memory/heap.ts'
import { JOIN_HANDLE } from '../../memory/handles/kinds.ts'
import { awaitUnwinding } from '../../sync/unwind.ts'
import { takePanic } from '../panic.ts'
import {
  discardReport,
  publishReport,
  reportOfThrown,
  reportPanic,
  runPanicHandler,
  type PanicReport,
} from './panic-report.ts'
import { freeThread } from './thread-record.ts'

/** SUPERVISED after the main thread has finished: no worker is started, and no death is reported. */
const PROCESS_ENDS = 2

const UNJOINED = 0
export const OUTCOME_JOINED = 1
const DETACHED = 2
const REPORTED = 3
const SCOPED = 4
const TOLD = 5

/** Limit of the wait for the panics of threads that unwind when the process ends, in milliseconds. */
const LONGEST_UNWINDING = 1000

export function shareThread(thread: number): void {
  add(thread + THREAD_OWNERS, 1)
}

/** Drops one owner; the last one frees the record. */
export function dropThread(thread: number): void {
  if (core.dropThreadOwner(thread) !== 0) freeThread(thread)
}

/** Drops the JoinHandle of a thread, and reports a panic that is already stored. */
export function detachThread(thread: number): void {
  const before = cas(thread + THREAD_JOINED, UNJOINED, DETACHED)
  if (before === UNJOINED) report(thread, DETACHED)
  else if (before === TOLD) countReported(thread)
  dropThread(thread)
}

/** Makes the thread's scope, or its LazyLock, take its outcome. The caller owns its handle. */
export function scopeThread(thread: number): void {
  store(thread + THREAD_JOINED, SCOPED)
}

/**
 * Ends a thread that no worker will run. Its scope sees it as returned; a thread that joins it gets no result. Reports
 * nothing, because the thread has thrown nothing.
 */
export function endUnstartedThread(thread: number): void {
  const isScoped = swap(thread + THREAD_JOINED, OUTCOME_JOINED) === SCOPED
  core.finishThread(self, thread, isScoped ? OUTCOME_VALUE : OUTCOME_DIED)
}

/** Takes the error that a finished thread threw, if it was not joined; undefined otherwise. */
export function takeUnjoinedPanic(thread: number): { readonly cause: unknown } | undefined {
  if (!hasPanicked(thread)) return undefined
  if (swap(thread + THREAD_JOINED, OUTCOME_JOINED) === OUTCOME_JOINED) return undefined
  return { cause: takePanic(thread) }
}

/**
 * Publishes the panic of a thread whose error is in its record, and reports it if no thread can join it. Must be called
 * before a handle of the thread is dropped.
 */
export function publishPanic(thread: number, outcome: number, error: unknown): void {
  store(thread + THREAD_OUTCOME, outcome)
  reportDetachedPanic(thread)
  // A simulated process has no stderr.
  if (platform.inPlace !== undefined) return
  if (load(thread + THREAD_JOINED) === UNJOINED && core.hasWaiters(thread + THREAD_JOINING) === 0) {
    shareThread(thread)
    panicReporter.later(thread, reportOfThrown(thread, error, 'has not been joined yet'))
  }
}

/** Reports a stored panic if no thread can join it. */
export function reportDetachedPanic(thread: number): void {
  if (load(thread + THREAD_JOINED) === DETACHED) report(thread, DETACHED)
}

/**
 * Calls `reportUnjoinedPanic` after a delay, because an unused JoinHandle would hide the panic until the process ends.
 * Replaced by the modules that know the supervisor.
 */
export const panicReporter = {
  later(thread: number, report: PanicReport): void {
    discardReport(report)
    dropThread(thread)
  },
}

/** Reports the panic of a thread that was not joined in time. Drops the caller's share of the record. */
export function reportUnjoinedPanic(thread: number, report: PanicReport): void {
  const waits = core.hasWaiters(thread + THREAD_JOINING) !== 0
  if (!waits && cas(thread + THREAD_JOINED, UNJOINED, TOLD) === UNJOINED) publishReport(report)
  else discardReport(report)
  dropThread(thread)
}

/** Counts a panic that was reported, because no thread will join it. */
function countReported(thread: number): void {
  if (cas(thread + THREAD_JOINED, TOLD, REPORTED) === TOLD) {
    add(UNJOINED_PANICS, 1)
  }
}

/** Publishes the outcome of a thread that has dropped all its handles, and wakes its joiners. */
export function publishOutcome(thread: number, outcome: number): void {
  core.finishThread(self, thread, outcome)
}

function hasPanicked(thread: number): boolean {
  const outcome = load(thread + THREAD_OUTCOME)
  return outcome === OUTCOME_ERROR || outcome === OUTCOME_DIED
}

/** Reports a panic that no thread joined and counts it: the process then ends with exit code 1. */
function report(thread: number, from: number): void {
  if (!hasPanicked(thread)) return
  // The end of the process terminates its threads, which is not a panic.
  if (platform.inheritance !== undefined && load(SUPERVISED) === PROCESS_ENDS) return
  if (cas(thread + THREAD_JOINED, from, REPORTED) !== from) return
  add(UNJOINED_PANICS, 1)
  try {
    dropHandlesAfter(
      () => takePanic(thread),
      error => reportPanic(thread, error, 'was not joined'),
    )
  } catch {
    // Showing the error threw, or there is no stderr.
  }
}

/**
 * Reports the panics of all threads whose handles still exist. Called when the process ends. The exit code is then 1 if
 * a panic was not joined, unless the program has set another one.
 */
export function reportAllUnjoinedPanics(): void {
  for (const slot of threadSlots()) if (slot !== self) awaitUnwinding(slot, LONGEST_UNWINDING)
  store(SUPERVISED, PROCESS_ENDS)
  for (const record of objectsOfClass(HANDLES)) {
    if (ownerOf(record) === 0 || get(record + HANDLE_KIND) !== JOIN_HANDLE) continue
    const thread = get(record + HANDLE_OBJECT)
    report(thread, UNJOINED)
    report(thread, SCOPED)
    countReported(thread)
  }
  runPanicHandler()
  if (load(UNJOINED_PANICS) > 0) platform.failProcess()
}
