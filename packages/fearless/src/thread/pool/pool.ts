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

import { addBlockedWaits, blockingHooks, whileBlocked } from '../../wait/park.ts'
import { compilerUrl } from '../closure/closure.ts'
import { rawMemory } from '../../memory/codec/unsafe-shared.ts'
import { mainThread, runPanicHandler, type PanicReport } from './panic-report.ts'
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
  | { readonly ask: 'report'; readonly thread: number; readonly report: PanicReport }
  | { readonly ask: 'handle-panics' }
  | { readonly ask: 'keep'; readonly number: number; readonly object: object }
  | { readonly ask: 'give'; readonly number: number; readonly port: unknown }
  | { readonly ask: 'terminate'; readonly slot: number }
  | { readonly ask: 'end'; readonly thread: number }

const reportAtEnd = panicReporter.later
panicReporter.later = (thread, report) => {
  // If the system had no thread for a supervisor, the panic is reported when the process ends.
  if (load(SUPERVISED) === 1) requestSupervisor({ ask: 'report', thread, report })
  else reportAtEnd(thread, report)
}

/** Limit of the wait for an object of `unsafeShared`, in milliseconds. The supervisor may boot meanwhile. */
const LONGEST_EXCHANGE = 30_000

rawMemory.keep = (number, object) => {
  if (platform.receiveNow === undefined) {
    throw new EnvironmentError(
      'Raw shared memory cannot be sent in a browser, because a page must not block until it arrives. Use a vec or an atomic.',
    )
  }
  requestSupervisor({ ask: 'keep', number, object })
}
rawMemory.take = number => {
  const [ours, theirs] = platform.ports()
  requestSupervisor({ ask: 'give', number, port: theirs }, [theirs])
  const object = platform.receiveNow!(ours, LONGEST_EXCHANGE) as object | undefined
  if (object === undefined) {
    throw new EnvironmentError(
      'Raw shared memory did not arrive, because the worker that sent it died. Let the sender finish before it is terminated.',
    )
  }
  return object
}

mainThread.handlePanics = () => {
  if (platform.inheritance === undefined) queueMicrotask(runPanicHandler)
  else if (load(SUPERVISED) === 1) requestSupervisor({ ask: 'handle-panics' })
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
  checkBoot()
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
  checkBoot()
  if (cas(SUPERVISED, 0, 1) === 0) startSupervisor()
  if (supervisor === undefined) {
    port ??= platform.inheritance?.supervisor
    supervisor = port
  }
  boot?.requests.push(request)
  supervisor!.post(request, transfer)
}

/** The supervisor's message to the main thread: the handler of `thread.onPanic` has reports. */
export const HANDLE_PANICS = 'handle panics'

let watchesExit = false

/** Starts the supervisor. Throws the platform's error; the next request then tries again. */
function startSupervisor(): void {
  if (!watchesExit) platform.onExit(reportAllUnjoinedPanics)
  watchesExit = true
  const slot = newSlot()
  let started: StartedWorker
  try {
    started = startSupervisorIn(slot)
  } catch (cause) {
    core.freeSlot(self, slot)
    store(SUPERVISED, 0)
    throw cause
  }
  supervisor = started
  if (started.pollLoad === undefined) return
  boot = { supervisor: started, slot, first: undefined, requests: [], failure: undefined }
  whileBlocked.check = checkBoot
}

function startSupervisorIn(slot: number): StartedWorker {
  const started: StartedWorker = platform.startWorker({
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
    onEnd: reason => {
      if (boot?.supervisor === started) endedInBoot(reason)
    },
    onMessage(message) {
      if (message === HANDLE_PANICS) runPanicHandler()
      // Main's own child: the supervisor cannot terminate it, so it asks main.
      else first?.terminate()
    },
  })
  return started
}

/**
 * The boot of the supervisor and of the first worker, until the supervisor has loaded the library. Later the supervisor
 * handles every failure. If it cannot load the library, a worker cannot either: they have the same first module.
 */
interface Boot {
  readonly supervisor: StartedWorker
  /** The supervisor's slot. */
  readonly slot: number
  /** The first worker and its slot, if this thread has started it. */
  first: { readonly worker: StartedWorker; readonly slot: number } | undefined
  /** The requests so far. A supervisor that does not load leaves them unserved. */
  readonly requests: SupervisorRequest[]
  /** The error with which the supervisor has ended. */
  failure: Error | undefined
}

let boot: Boot | undefined

/** Checks how the load of the supervisor went. Called at intervals while this thread blocks. */
function checkBoot(): void {
  if (boot === undefined) return
  const loaded = boot.failure ?? boot.supervisor.pollLoad!()
  if (loaded === false) return
  // RACE: the first worker may load although the supervisor has failed, and then take threads.
  const first = loaded === true ? true : boot.first?.worker.pollLoad!()
  if (first === false) return
  const ended = boot
  boot = undefined
  whileBlocked.check = undefined
  if (loaded !== true) supervisorFailed(ended, loaded, first === true)
}

/** Records the end of the supervisor, which no other thread notices while it boots. */
function endedInBoot(reason: string | undefined): void {
  if (boot === undefined) return
  boot.failure ??= new Error(reason ?? 'it ended while it booted')
  checkBoot()
}

/**
 * Ends all threads that wait for a supervisor that has not loaded the library, with the reason. The next spawn tries
 * again.
 */
function supervisorFailed({ slot, first: worker, requests }: Boot, reason: Error, firstLoaded: boolean): void {
  supervisor = port = undefined
  core.freeSlot(self, slot)
  store(SUPERVISED, 0)
  const cause = notLoaded(reason)
  if (worker !== undefined && !firstLoaded) {
    core.freeSlot(self, worker.slot)
    add(WORKERS, -1)
  }
  for (const request of requests) {
    if (request.ask === 'grow') add(WORKERS, -1)
    else if (request.ask === 'dedicate') failThread(request.thread, cause)
    else if (request.ask === 'report') reportAtEnd(request.thread, request.report)
    else if (request.ask === 'end') dropThread(request.thread)
    else if (request.ask === 'watch') store(RUN_WATCHED, 0)
  }
  if (!firstLoaded) failQueuedThreads(cause)
}

function notLoaded(reason: Error): EnvironmentError {
  return new EnvironmentError(
    `No thread could start, because a worker failed to load the library: ${reason.message}. ` +
      'If the program is a bundle, build it with the plugin of @fearless/compiler for its bundler, and deploy all files ' +
      'of its output folder. Otherwise install `fearless` again.',
    { cause: reason },
  )
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
    ;[first, guarded] = startWorker(0, '', 0, 0, checkBoot)
    startSupervisor()
  } catch (cause) {
    // Without a supervisor the worker's death would not be noticed. The worker has not booted yet.
    first?.terminate()
    store(SUPERVISED, 0)
    throw cause
  }
  const [slot, port] = guarded
  if (boot !== undefined) boot.first = { worker: first, slot }
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
  // A worker of its own takes its thread when it has booted. Its reaper must find the thread also if it does not boot.
  set(slot + SLOT_THREAD, thread)
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

function noWorker(cause: unknown): EnvironmentError {
  if (cause instanceof EnvironmentError) return cause
  if ((cause as NodeJS.ErrnoException | null)?.code === 'ERR_ACCESS_DENIED') {
    return new EnvironmentError(
      'No worker could be started for this thread, because `--permission` forbids workers. Add `--allow-worker`.',
      { cause },
    )
  }
  const why = cause instanceof Error ? cause.message : describe(cause)
  return new EnvironmentError(
    `No worker could be started for this thread: ${why}. Wait for other threads to finish, or raise the system's limit ` +
      'for threads (`ulimit -u`, pids.max of the container) or for memory (`ulimit -v`, memory.max, `heapSizeMb`).',
    { cause },
  )
}

/** Calls `failThread` for all queued threads: there is no worker that could take them, and none can be started. */
export function failQueuedThreads(cause: unknown): void {
  const running = get(self + SLOT_THREAD)
  for (let thread = core.popThread(self); thread !== 0; thread = core.popThread(self)) failThread(thread, cause)
  set(self + SLOT_THREAD, running)
}
