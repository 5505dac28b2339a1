/**
 * The owners of a thread's record (its JoinHandle, the worker that runs it, every `Thread`), and who learns of a panic.
 *
 *   UNJOINED  a JoinHandle exists, in some thread or in a message
 *   JOINED    the outcome was taken
 *   DETACHED  the JoinHandle is gone: if the thread panics, stderr is told
 *   REPORTED  stderr was told, once
 *   SCOPED    the thread's scope looks at the outcome, whatever becomes of the handle
 *
 * RACE: a handle may go while the thread ends. The handle's side writes DETACHED, then looks whether the thread is done;
 * the worker publishes that it is done, then looks for DETACHED. One of them sees the other, and REPORTED is written once.
 */
import { HANDLES } from '../core/alloc.ts'
import { HANDLE_KIND, HANDLE_THING } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { SUPERVISED } from '../core/layout.ts'
import {
  OUTCOME_VALUE,
  THREAD_DONE,
  THREAD_JOINED,
  THREAD_OUTCOME,
  THREAD_OWNERS,
  THREAD_STATE,
} from '../core/run-queue.ts'
import { platform } from '#platform'
import { ownerOf } from '../memory/handle.ts'
import { i32 } from '../memory/heap.ts'
import { JOIN_HANDLE } from '../memory/kinds.ts'
import { panicOf } from './panic.ts'
import { describe, freeThread } from './record.ts'

/** SUPERVISED once main has left: no worker is started or mourned any more. */
const PROCESS_ENDS = 2

const UNJOINED = 0
export const JOINED = 1
const DETACHED = 2
const REPORTED = 3
const SCOPED = 4

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
  if (before === UNJOINED && isDone(thread)) report(thread, DETACHED)
  dropThread(thread)
}

/** From now on the thread's scope looks at its outcome. The caller has its handle. */
export function scopeThread(thread: number): void {
  Atomics.store(i32, (thread + THREAD_JOINED) >> 2, SCOPED)
}

/** What a thread that has ended threw, if it was not joined; undefined otherwise. */
export function unjoinedPanicOf(thread: number): { readonly cause: unknown } | undefined {
  if (i32[(thread + THREAD_OUTCOME) >> 2] === OUTCOME_VALUE) return undefined
  if (Atomics.exchange(i32, (thread + THREAD_JOINED) >> 2, JOINED) === JOINED) return undefined
  return { cause: panicOf(thread) }
}

/** The thread has ended: whoever joins goes on, and the worker's part of the record ends. */
export function endThread(thread: number, outcome: number): void {
  core.finishThread(self, thread, outcome)
  if (Atomics.load(i32, (thread + THREAD_JOINED) >> 2) === DETACHED) report(thread, DETACHED)
}

function isDone(thread: number): boolean {
  return Atomics.load(i32, (thread + THREAD_STATE) >> 2) === THREAD_DONE
}

/** Says on stderr what a thread threw that nobody joined. */
function report(thread: number, from: typeof UNJOINED | typeof DETACHED): void {
  if (i32[(thread + THREAD_OUTCOME) >> 2] === OUTCOME_VALUE) return
  // The end of the process ends its threads: that is no panic of theirs.
  if (platform.inheritance !== undefined && Atomics.load(i32, SUPERVISED >> 2) === PROCESS_ENDS) return
  if (Atomics.compareExchange(i32, (thread + THREAD_JOINED) >> 2, from, REPORTED) !== from) return
  try {
    platform.printError(`${describe(thread)} panicked, and nobody joined it:\n${platform.show(panicOf(thread))}\n`)
  } catch {
    // What it threw cannot even be shown, or there is no stderr: nobody is left to tell.
  }
}

/** At the end of the process: reports the panics of all threads whose handles are still there. */
export function reportAllUnjoined(): void {
  Atomics.store(i32, SUPERVISED >> 2, PROCESS_ENDS)
  for (let record = core.nextThing(HANDLES, 0); record !== 0; record = core.nextThing(HANDLES, record)) {
    if (ownerOf(record) === 0 || i32[(record + HANDLE_KIND) >> 2] !== JOIN_HANDLE) continue
    const thread = i32[(record + HANDLE_THING) >> 2]
    if (isDone(thread)) report(thread, UNJOINED)
  }
}
