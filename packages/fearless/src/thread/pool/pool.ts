/**
 * The worker pool's growth policy: when another worker is started.
 *
 * A thread that blocks or yields never holds back a runnable thread: the pool has `PARALLELISM` workers, not counting
 * those whose thread waits. A computing thread occupies a core, so a queued thread waits for it, in the order of the
 * spawns. One more worker would add no core, only its memory. However, a thread may spin until a queued thread has run.
 * So the supervisor watches the queue: for every two seconds in which no queued thread was taken it starts one more
 * worker, up to a limit (supervisor.ts).
 */
import { core, mayEvaluate, self, sharedModule } from '../../core/index.ts'
import { add, cas, get, load, set, store } from '../../core/memory.ts'
import { sharedMemory } from '../../core/shared-memory.ts'
import {
  MAX_WORKERS,
  NEXT_SLOT,
  PARALLELISM,
  RUN_LENGTH,
  RUN_WATCHED,
  SLOTS,
  SLOT_ASLEEP,
  SLOT_SIZE,
  SLOT_STATE,
  SLOT_THREAD,
  SUPERVISED,
  WORKERS,
} from '../../core/layout.ts'
import { platform } from '#platform'
import { OUTCOME_DIED, OUTCOME_ERROR } from '../../core/run-queue.ts'
import { describe } from '../../describe.ts'
import { EnvironmentError } from '../../errors.ts'

import { addBlockedWaits, blockingHooks } from '../../wait/park.ts'
import { compilerUrl } from '../closure/closure.ts'
import { publishPanic, dropThread, publishOutcome, reportAllUnjoinedPanics, panicReporter } from './thread-owners.ts'
import { storePanic } from '../panic.ts'
import { discardBody } from './thread-record.ts'
import type { Port, StartedWorker } from '../../platform/platform.ts'

/** A message to the supervisor. */
export type SupervisorRequest =
  /** A worker, which `slot` has reserved by the request in its SLOT_STATE. */
  | { readonly ask: 'grow'; readonly slot: number; readonly request: number }
  | { readonly ask: 'watch' }
  | {
      readonly ask: 'dedicate'
      readonly thread: number
      readonly name: string
      readonly stackSizeMb: number
      readonly heapSizeMb: number
    }
  | { readonly ask: 'guard'; readonly slot: number; readonly port: unknown }
  | { readonly ask: 'ready'; readonly slot: number }
  | { readonly ask: 'report'; readonly thread: number; readonly text: string }
  | { readonly ask: 'terminate'; readonly slot: number }
  | { readonly ask: 'end'; readonly thread: number }

panicReporter.later = (thread, text) => {
  // If the system had no thread for a supervisor, the panic is reported when the process ends.
  if (load(SUPERVISED) === 1) requestSupervisor({ ask: 'report', thread, text })
  else dropThread(thread)
}

/** SLOT_STATE of a worker that has subtracted itself from WORKERS. */
export const RETIRED = 1
/**
 * SLOT_STATE of a thread that has added a worker to WORKERS and not requested it yet: this, plus the serial number of
 * the request.
 *
 * RACE: the thread may be terminated after it has sent the request and before it clears the state. So the supervisor
 * clears the state of the request that it serves, by an exchange that fails if the thread is past that request.
 */
export const REQUESTING_WORKER = 2
/** The slots of main and of the supervisor come before this one. */
const FIRST_WORKER = 3
/** The number of requests of this thread for a worker. */
let requests = 0

let supervisor: { post(message: unknown, transfer?: readonly unknown[]): void } | undefined
let port: Port | undefined

let entry: string | undefined

function programEntry(): string | undefined {
  return (entry ??= platform.inheritance === undefined ? platform.entry() : platform.inheritance.entry)
}

/** Starts a worker if the limits allow one. Called after a thread was queued while no worker was idle. */
export function startWorkerIfAllowed(): void {
  if (reserveWorker()) {
    const request = REQUESTING_WORKER + requests
    requests = (requests + 1) & 0xffff
    store(self + SLOT_STATE, request)
    try {
      if (cas(SUPERVISED, 0, 1) === 0) startFirst(request)
      else requestSupervisor({ ask: 'grow', slot: self, request })
    } catch (cause) {
      // The failed start leaves no worker that could take the queued threads.
      add(WORKERS, -1)
      failQueuedThreads(cause)
    }
    store(self + SLOT_STATE, 0)
  } else if (cas(RUN_WATCHED, 0, 1) === 0) {
    requestSupervisor({ ask: 'watch' })
  }
}

/**
 * Counts the workers whose thread waits, over all slots: a counter would drift if a worker died between two updates.
 */
export function countBlockedWorkers(): number {
  let count = 0
  const end = SLOTS + load(NEXT_SLOT) * SLOT_SIZE
  for (let slot = SLOTS; slot < end; slot += SLOT_SIZE) if (load(slot + SLOT_ASLEEP) > 0) count++
  return count
}

/** Adds a worker to WORKERS if fewer than `most` compute and `maxWorkers` allows one more. */
export function reserveWorker(most: number = load(PARALLELISM)): boolean {
  for (;;) {
    const workers = load(WORKERS)
    if (workers - countBlockedWorkers() >= most || workers >= load(MAX_WORKERS)) return false
    if (cas(WORKERS, workers, workers + 1) === workers) return true
  }
}

/** Sends a request to the supervisor, and starts the supervisor for the first request of the process. */
export function requestSupervisor(request: SupervisorRequest, transfer?: readonly unknown[]): void {
  if (cas(SUPERVISED, 0, 1) === 0) startSupervisor()
  if (supervisor === undefined) {
    port ??= platform.inheritance?.supervisor
    supervisor = port
  }
  if (request.ask === 'dedicate' && platform.inheritance === undefined) noteDedicated(request.thread)
  supervisor!.post(request, transfer)
}

/** The threads for which this thread has requested a worker of their own, until the supervisor has started one. */
const dedicated: number[] = []

function noteDedicated(thread: number): void {
  if (load(NEXT_SLOT) > FIRST_WORKER) dedicated.length = 0
  else dedicated.push(thread)
}

/**
 * Ends all threads, because the supervisor was not loaded. No other worker exists, because only the supervisor starts
 * them. The next spawn tries again.
 */
function onSupervisorFailure(slot: number, reason: string): void {
  if (platform.workersOfMain) return
  core.freeSlot(self, slot)
  supervisor = undefined
  store(WORKERS, 0)
  store(SUPERVISED, 0)
  const cause = new Error(reason)
  for (const thread of dedicated.splice(0)) failThread(thread, cause)
  failQueuedThreads(cause)
}

let watchesExit = false

/** Starts the supervisor. Throws the platform's error; the next request then tries again. */
function startSupervisor(): void {
  if (!watchesExit) platform.onExit(reportAllUnjoinedPanics)
  watchesExit = true
  const slot = newSlot()
  try {
    supervisor = startSupervisorIn(slot)
  } catch (cause) {
    core.freeSlot(self, slot)
    store(SUPERVISED, 0)
    throw cause
  }
}

function startSupervisorIn(slot: number): StartedWorker {
  return platform.startWorker({
    name: 'fearless supervisor',
    inheritance: {
      memory: sharedMemory,
      module: sharedModule,
      evaluates: mayEvaluate(),
      slot: idOfSlot(slot),
      role: 'supervisor',
      compiler: compilerUrl(),
      entry: programEntry(),
      supervisor: undefined,
      thread: 0,
    },
    stackSizeMb: 0,
    heapSizeMb: 0,
    onEnd(reason) {
      if (reason !== undefined) onSupervisorFailure(slot, reason)
    },
    // Main's own child: the supervisor cannot terminate it, so it asks main.
    onMessage: () => first?.terminate(),
  })
}

/** The first worker, if this thread has started it. */
let first: StartedWorker | undefined

/** Starts the first worker from the main thread, so that it boots in parallel with the supervisor and not after it. */
function startFirst(request: number): void {
  if (!platform.workersOfMain) {
    startSupervisor()
    return requestSupervisor({ ask: 'grow', slot: self, request })
  }
  let guarded: [number, unknown]
  try {
    ;[first, guarded] = startWorker(0, '', 0, 0)
    startSupervisor()
  } catch (cause) {
    // Without a supervisor the worker's death would not be noticed. The worker has not booted yet.
    first?.terminate()
    store(SUPERVISED, 0)
    throw cause
  }
  const [slot, port] = guarded
  requestSupervisor({ ask: 'guard', slot, port }, [port])
}

/** Starts a worker; the supervisor keeps the other end of its port. */
export function startWorker(
  thread: number,
  name: string,
  stackSizeMb: number,
  heapSizeMb: number,
  onEnd: (slot: number, reason: string | undefined) => void = () => {},
): [StartedWorker, [number, unknown]] {
  const slot = newSlot()
  const [theirs, ours] = platform.ports()
  try {
    const worker = platform.startWorker({
      name: name === '' ? `fearless worker ${idOfSlot(slot)}` : name,
      inheritance: {
        memory: sharedMemory,
        module: sharedModule,
        evaluates: mayEvaluate(),
        slot: idOfSlot(slot),
        role: 'worker',
        compiler: compilerUrl(),
        entry: programEntry(),
        supervisor: theirs,
        thread,
      },
      stackSizeMb,
      heapSizeMb,
      onEnd: reason => onEnd(slot, reason),
    })
    return [worker, [slot, ours]]
  } catch (error) {
    core.freeSlot(self, slot)
    throw error
  }
}

function newSlot(): number {
  const slot = core.newSlot(self)
  if (slot === 0) {
    throw new EnvironmentError(
      'No slot was free for another worker: 1023 were busy or blocked. ' +
        'Wait for some threads to finish, then spawn again.',
    )
  }
  return slot
}

export function idOfSlot(slot: number): number {
  return (slot - SLOTS) / SLOT_SIZE
}

/** Lets another worker run while this worker's thread waits. */
export function allowReplacementWorkers(): typeof blockingHooks {
  blockingHooks.enter = () => {
    addBlockedWaits(1)
    if (load(RUN_LENGTH) > 0) startWorkerIfAllowed()
  }
  blockingHooks.leave = () => addBlockedWaits(-1)
  return blockingHooks
}

export function disallowReplacementWorkers(): void {
  blockingHooks.enter = blockingHooks.leave = () => {}
}

/** Ends a thread for which no worker could be started: the error becomes its outcome, and its body is dropped. */
export function failThread(thread: number, cause: unknown): void {
  const error = cause instanceof EnvironmentError ? cause : noWorker(cause)
  const outcome = storePanic(thread, error) ? OUTCOME_ERROR : OUTCOME_DIED
  publishPanic(thread, outcome, error)
  discardBody(thread)
  publishOutcome(thread, outcome)
  dropThread(thread)
}

const LIMITS =
  " Wait for other threads to finish, or raise the system's limit for threads (`ulimit -u`, pids.max of the container) " +
  'or for memory (`ulimit -v`, memory.max, `heapSizeMb`).'

function noWorker(cause: unknown): EnvironmentError {
  const why = cause instanceof Error ? cause.message : describe(cause)
  return new EnvironmentError(
    `No worker could be started for this thread: ${why}.${platform.name === 'browser' ? '' : LIMITS}`,
    { cause },
  )
}

/** Calls `failThread` for all queued threads: there is no worker that could take them, and none can be started. */
export function failQueuedThreads(cause: unknown): void {
  const running = get(self + SLOT_THREAD)
  for (let thread = core.popThread(self); thread !== 0; thread = core.popThread(self)) failThread(thread, cause)
  set(self + SLOT_THREAD, running)
}
