/**
 * The owners of a thread's record (its JoinHandle, the worker that runs it, every `Thread`), and who learns of a panic.
 *
 *   UNJOINED  a JoinHandle exists, in some thread or in a message
 *   JOINED    the outcome was taken
 *   DETACHED  the JoinHandle is gone: if the thread panics, stderr is told
 *   REPORTED  stderr was told, once
 *   TOLD      stderr was told, and a JoinHandle exists still
 *   SCOPED    the thread's scope, or its LazyLock, answers for the outcome, whatever becomes of the handle
 *             Before it is queued, the scope may wait for it.
 *
 * A panic is stored and reported before the thread drops anything. A drop ends channels, by that loops of other threads,
 * and by that the process: a report that came later would be lost.
 *
 * RACE: a handle may go while the thread panics. The handle's side writes DETACHED, then looks for the stored panic; the
 * worker stores the panic, then looks for DETACHED. One of them sees the other, and REPORTED is written once.
 */
import { HANDLES } from '../../core/alloc.ts'
import { HANDLE_KIND, HANDLE_THING } from '../../core/handles.ts'
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
import { ownerOf, withHandlesOf } from '../../memory/handles/handle.ts'
import { i32, slots, things } from '../../memory/heap.ts'
import { JOIN_HANDLE } from '../../memory/handles/kinds.ts'
import { awaitUnwinding } from '../../sync/unwind.ts'
import { panicOf } from '../panic.ts'
import { freeThread, labelOf } from './record.ts'

/** SUPERVISED once main has left: no worker is started or mourned any more. */
const PROCESS_ENDS = 2

const UNJOINED = 0
export const JOINED = 1
const DETACHED = 2
const REPORTED = 3
const SCOPED = 4
const TOLD = 5

/** How long the end of the process waits for the panic of a thread that unwinds, in milliseconds. */
const LONGEST_UNWINDING = 1000

export function shareThread(thread: number): void {
  Atomics.add(i32, (thread + THREAD_OWNERS) >> 2, 1)
}

/** One owner less; the last one frees the record. */
export function dropThread(thread: number): void {
  if (core.dropThreadOwner(thread) !== 0) freeThread(thread)
}

/** The JoinHandle goes. */
export function detachThread(thread: number): void {
  const before = Atomics.compareExchange(i32, (thread + THREAD_JOINED) >> 2, UNJOINED, DETACHED)
  if (before === UNJOINED) report(thread, DETACHED)
  else if (before === TOLD) countTold(thread)
  dropThread(thread)
}

/** From now on the thread's scope, or its LazyLock, answers for its outcome. The caller has its handle. */
export function scopeThread(thread: number): void {
  Atomics.store(i32, (thread + THREAD_JOINED) >> 2, SCOPED)
}

/**
 * A thread that no worker will run has ended: for its scope, as if it had returned; for a thread that joins it, without a result.
 * It has thrown nothing, so nothing is reported.
 */
export function endUnstarted(thread: number): void {
  const isScoped = Atomics.exchange(i32, (thread + THREAD_JOINED) >> 2, JOINED) === SCOPED
  core.finishThread(self, thread, isScoped ? OUTCOME_VALUE : OUTCOME_DIED)
}

/** What a thread that has ended threw, if it was not joined; undefined otherwise. */
export function unjoinedPanicOf(thread: number): { readonly cause: unknown } | undefined {
  if (!hasPanicked(thread)) return undefined
  if (Atomics.exchange(i32, (thread + THREAD_JOINED) >> 2, JOINED) === JOINED) return undefined
  return { cause: panicOf(thread) }
}

/**
 * The thread has panicked, and its error is in its record. Reports the panic if no thread can join it. Must be called before
 * anything of the thread is dropped.
 */
export function announcePanic(thread: number, outcome: number, error: unknown): void {
  Atomics.store(i32, (thread + THREAD_OUTCOME) >> 2, outcome)
  reportDetached(thread)
  // A simulated process has no stderr.
  if (platform.inPlace !== undefined) return
  if (Atomics.load(i32, (thread + THREAD_JOINED) >> 2) === UNJOINED && core.hasWaiters(thread + THREAD_JOINING) === 0) {
    shareThread(thread)
    reporter.later(thread, platform.show(error))
  }
}

/** Reports a stored panic if no thread can join it. */
export function reportDetached(thread: number): void {
  if (Atomics.load(i32, (thread + THREAD_JOINED) >> 2) === DETACHED) report(thread, DETACHED)
}

/**
 * Calls `tellUnjoined` after a while, because a JoinHandle that is kept and never used would hide the panic for as long as
 * the process lives. Set by the layer that knows the supervisor.
 */
export const reporter = { later: (thread: number, _text: string): void => dropThread(thread) }

/** Prints the panic of a thread that was not joined so far. The caller's share of the record ends. */
export function tellUnjoined(thread: number, text: string): void {
  const waits = core.hasWaiters(thread + THREAD_JOINING) !== 0
  if (!waits && Atomics.compareExchange(i32, (thread + THREAD_JOINED) >> 2, UNJOINED, TOLD) === UNJOINED) {
    platform.printError(`${labelOf(thread)} panicked, and nobody has joined it yet:\n${text}\n`)
  }
  dropThread(thread)
}

/** Counts a panic of which stderr was told, because no thread will join it. */
function countTold(thread: number): void {
  if (Atomics.compareExchange(i32, (thread + THREAD_JOINED) >> 2, TOLD, REPORTED) === TOLD) {
    Atomics.add(i32, UNJOINED_PANICS >> 2, 1)
  }
}

/** The thread has ended, and all that it had: its joiners go on. */
export function endThread(thread: number, outcome: number): void {
  core.finishThread(self, thread, outcome)
}

function hasPanicked(thread: number): boolean {
  const outcome = Atomics.load(i32, (thread + THREAD_OUTCOME) >> 2)
  return outcome === OUTCOME_ERROR || outcome === OUTCOME_DIED
}

/** Prints a panic that no thread joined, and counts it: the process then ends with exit code 1. */
function report(thread: number, from: number): void {
  if (!hasPanicked(thread)) return
  // The end of the process ends its threads: that is no panic of theirs.
  if (platform.inheritance !== undefined && Atomics.load(i32, SUPERVISED >> 2) === PROCESS_ENDS) return
  if (Atomics.compareExchange(i32, (thread + THREAD_JOINED) >> 2, from, REPORTED) !== from) return
  Atomics.add(i32, UNJOINED_PANICS >> 2, 1)
  try {
    withHandlesOf(
      () => panicOf(thread),
      error => platform.printError(`${labelOf(thread)} panicked, and nobody joined it:\n${platform.show(error)}\n`),
    )
  } catch {
    // The error cannot even be shown, or there is no stderr.
  }
}

/**
 * At the end of the process: reports the panics of all threads whose handles are still there. The exit code is 1 if a panic
 * was not joined, unless the program has chosen another.
 */
export function reportAllUnjoined(): void {
  for (const slot of slots()) if (slot !== self) awaitUnwinding(slot, LONGEST_UNWINDING)
  Atomics.store(i32, SUPERVISED >> 2, PROCESS_ENDS)
  for (const record of things(HANDLES)) {
    if (ownerOf(record) === 0 || i32[(record + HANDLE_KIND) >> 2] !== JOIN_HANDLE) continue
    const thread = i32[(record + HANDLE_THING) >> 2]
    report(thread, UNJOINED)
    report(thread, SCOPED)
    countTold(thread)
  }
  if (Atomics.load(i32, UNJOINED_PANICS >> 2) > 0) platform.failProcess()
}
