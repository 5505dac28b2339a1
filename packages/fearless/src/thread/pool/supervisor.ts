/**
 * The supervisor: a thread that never blocks. It starts workers, learns of their deaths and runs the reaper.
 *
 * Workers are children of the supervisor and not of the thread that spawns, because a blocked thread receives no event
 * of a child's death. The supervisor must not throw: without it no later death would be noticed.
 */
import { add, cas, get, load, set, store } from '../../core/memory.ts'
import {
  PARALLELISM,
  RUN_LENGTH,
  RUN_POPPED,
  RUN_WATCHED,
  SLOT_STATE,
  SLOT_THREAD,
  WORKERS,
} from '../../core/layout.ts'
import { ENDED_BY_ABORT, THREAD_END_CAUSE, THREAD_QUEUED, THREAD_STATE } from '../../core/run-queue.ts'
import { platform } from '#platform'
import { threadSlots } from '../../memory/heap.ts'
import { monotonicNow } from '../../wait/operation.ts'
import { mainThread, type PanicReport } from './panic-report.ts'
import { dropThread, panicReporter, reportUnjoinedPanic } from './thread-owners.ts'
import {
  HANDLE_PANICS,
  REQUESTING_WORKER,
  RETIRED,
  countBlockedWorkers,
  idOfSlot,
  failThread,
  failQueuedThreads,
  reserveWorker,
  startWorker,
  type SupervisorRequest,
} from './pool.ts'
import { reapWorker } from './reaper.ts'
import type { Port, StartedWorker } from '../../platform/platform.ts'

/** Interval at which the supervisor checks that queued threads are taken, in milliseconds. */
const WATCH_MS = 50
/** Time without a taken thread after which one more worker is started beside the computing ones, in milliseconds. */
const STARVED_MS = 2000
/** Limit of computing workers in that case: per core, and the least value of the limit. */
const STARVED_PER_CORE = 4
const LEAST_STARVED = 8

/** Time that a panic may stay unjoined while its JoinHandle exists, before it is printed. In milliseconds. */
const JOINED_WITHIN = 1000

/** The reason of a worker that ends before it has booted without an error of its own. */
const ENDED_IN_BOOT = 'the worker ended while it booted'

/** Time that threads stay queued while no worker can be started and all others are blocked, in milliseconds. */
const LONGEST_REFUSAL = 2000

const workers = new Map<number, StartedWorker>()
/** The worker that the main thread has started, by its slot's id; 0 if there is none. */
let workerOfMain = 0

/** Slots of workers that have not polled the run queue yet. */
const booting = new Set<number>()
let watch: ReturnType<typeof setInterval> | undefined

/**
 * Loads all kinds of handles, which the reaper needs; undefined once done. Starts after the first worker has booted.
 */
let loadRest: (() => Promise<unknown>) | undefined
let loading: Promise<unknown> | undefined

export function runSupervisor(load?: () => Promise<unknown>): void {
  loadRest = load
  panicReporter.later = reportLater
  mainThread.handlePanics = wakeMain
  platform.onUncaught(error =>
    platform.printError(
      `The thread that starts all workers failed. Report this error as a bug of fearless.\n${platform.show(error)}\n`,
    ),
  )
  platform.listenToStarter(message => serve(message as SupervisorRequest))
}

function serve(request: SupervisorRequest): void {
  switch (request.ask) {
    case 'grow':
      cas(request.slot + SLOT_STATE, request.request, 0)
      return start(0, '', 0, 0)
    case 'dedicate':
      add(WORKERS, 1)
      return start(request.thread, request.name, request.stackSizeMb, request.heapSizeMb)
    case 'ready':
      booting.delete(request.slot)
      failsSince = -1
      return startLoading()
    case 'guard':
      booting.add(request.slot)
      workerOfMain = idOfSlot(request.slot)
      return platform.openPort(request.port).listen(
        message => serve(message as SupervisorRequest),
        () => onWorkerEnd(request.slot, undefined),
      )
    case 'watch':
      return startWatch()
    case 'report':
      return reportLater(request.thread, request.report)
    case 'handle-panics':
      return wakeMain()
    case 'keep':
      return keepRawMemory(request.number, request.object)
    case 'give':
      return giveRawMemory(request.number, platform.openPort(request.port))
    case 'terminate':
      return terminate(idOfSlot(request.slot))
    case 'end':
      return endBySignal(request.thread)
  }
}

/**
 * Terminates the worker of a thread whose signal was aborted while it ran. The worker takes no other thread after the
 * abort, so a worker that still has this thread in its slot is the right one. A share of the record came with the
 * request.
 */
function endBySignal(thread: number): void {
  for (const slot of threadSlots()) if (load(slot + SLOT_THREAD) === thread) terminate(idOfSlot(slot))
  dropThread(thread)
}

function reportLater(thread: number, report: PanicReport): void {
  setTimeout(() => reportUnjoinedPanic(thread, report), JOINED_WITHIN)
}

/** The objects that `unsafeShared` has sent, by number. */
const rawMemories = new Map<number, object>()
/** The ports of the threads that wait for an object. */
const takers = new Map<number, Port[]>()

function keepRawMemory(number: number, object: object): void {
  rawMemories.set(number, object)
  for (const port of takers.get(number) ?? []) port.post(object)
  takers.delete(number)
}

/** RACE: the sender's message may reach the receiver before its object reaches this thread, so the receiver then waits. */
function giveRawMemory(number: number, port: Port): void {
  const object = rawMemories.get(number)
  if (object === undefined) takers.set(number, [...(takers.get(number) ?? []), port])
  else port.post(object)
}

function wakeMain(): void {
  platform.postToStarter(HANDLE_PANICS)
}

/** Starts a worker that WORKERS already counts. */
function start(thread: number, name: string, stackSizeMb: number, heapSizeMb: number): void {
  try {
    const [worker, [slot, raw]] = startWorker(thread, name, stackSizeMb, heapSizeMb, onWorkerEnd)
    workers.set(idOfSlot(slot), worker)
    if (thread === 0) booting.add(slot)
    const port: Port = platform.openPort(raw)
    port.listen(
      message => serve(message as SupervisorRequest),
      () => {},
    )
  } catch (cause) {
    add(WORKERS, -1)
    if (thread !== 0) failThread(thread, cause)
    else failedToStart(cause, false)
  }
}

/**
 * When starting workers began to fail, on the clock of `monotonicNow`, and RUN_POPPED at that time; -1 if the last
 * start succeeded.
 */
let failsSince = -1
let takenBefore = 0

/**
 * Handles a worker that could not be started, or that ended while it booted. The failure may be temporary, so queued
 * threads wait for a worker that becomes free. If there is none, or none has taken a thread for long, they end with
 * this error. A booting worker is not such a worker for long, because it fails like the others: with two of them, one
 * boots whenever the other one fails.
 */
function failedToStart(cause: unknown, booted: boolean): void {
  const taken = load(RUN_POPPED)
  if (failsSince < 0 || taken !== takenBefore) failsSince = monotonicNow()
  takenBefore = taken
  const isLong = monotonicNow() - failsSince > LONGEST_REFUSAL
  const others = load(WORKERS)
  if (isLong ? others - booting.size <= countBlockedWorkers() : others <= 0 && !booted) failQueuedThreads(cause)
  else if (load(RUN_LENGTH) > 0) startWatch()
}

// One worker is terminated at a time: a terminating worker may hold a latch that the reaper of another one would wait
// for.
const toTerminate: number[] = []
let terminating = 0

function terminate(id: number): void {
  toTerminate.push(id)
  if (terminating === 0) terminateNext()
}

function terminateNext(): void {
  terminating = 0
  while (terminating === 0 && toTerminate.length > 0) {
    const id = toTerminate.shift()!
    const worker = workers.get(id)
    if (worker === undefined && id !== workerOfMain) continue
    terminating = id
    if (worker === undefined) platform.postToStarter('terminate')
    else worker.terminate()
  }
}

function startLoading(): void {
  if (loadRest === undefined) return
  loading ??= loadRest().finally(() => (loadRest = undefined))
}

function onWorkerEnd(slot: number, reason: string | undefined): void {
  startLoading()
  if (loadRest === undefined) reapAndReplace(slot, reason)
  else void loading!.finally(() => reapAndReplace(slot, reason))
}

function reapAndReplace(slot: number, reason: string | undefined): void {
  workers.delete(idOfSlot(slot))
  if (workerOfMain === idOfSlot(slot)) workerOfMain = 0
  const wasBooting = booting.delete(slot)
  const state = load(slot + SLOT_STATE)
  add(WORKERS, -(state === RETIRED ? 0 : state >= REQUESTING_WORKER ? 2 : 1))
  failUnstarted(slot, reason)
  reapWorker(slot, reason)
  if (terminating === idOfSlot(slot)) terminateNext()
  if (wasBooting) failedToStart(new Error(reason ?? ENDED_IN_BOOT), true)
  if (load(RUN_LENGTH) > 0 && reserveWorker()) start(0, '', 0, 0)
  // RACE: the dead thread may have set RUN_WATCHED and died before it sent the request.
  if (load(RUN_WATCHED) !== 0 || load(RUN_LENGTH) > 0) startWatch()
}

/** Ends the thread of a worker of its own that has not booted. An abort has a reason of its own, which the reaper uses. */
function failUnstarted(slot: number, reason: string | undefined): void {
  const thread = get(slot + SLOT_THREAD)
  if (thread === 0 || load(thread + THREAD_STATE) !== THREAD_QUEUED) return
  if (load(thread + THREAD_END_CAUSE) === ENDED_BY_ABORT) return
  set(slot + SLOT_THREAD, 0)
  failThread(thread, new Error(reason ?? ENDED_IN_BOOT))
}

/**
 * Watches the run queue until it is empty: starts the workers that the limits allow, and one more for each period in
 * which no thread was taken. Computing threads gain nothing from that one; a thread that spins until a queued thread
 * has run needs it.
 */
function startWatch(): void {
  let taken = load(RUN_POPPED)
  let since = monotonicNow()
  watch ??= setInterval(() => {
    const takenNow = load(RUN_POPPED)
    if (takenNow !== taken) since = monotonicNow()
    taken = takenNow
    if (load(RUN_LENGTH) === 0) {
      clearInterval(watch)
      watch = undefined
      store(RUN_WATCHED, 0)
      // RACE: a thread may have been queued before the flag was cleared, so its spawner has sent no request.
      if (load(RUN_LENGTH) > 0) startWatch()
    } else if (reserveWorker()) start(0, '', 0, 0)
    else if (monotonicNow() - since >= STARVED_MS && booting.size === 0) {
      since = monotonicNow()
      if (reserveWorker(starvedLimit())) start(0, '', 0, 0)
      else reportStarved()
    }
  }, WATCH_MS)
}

/** The limit of computing workers while queued threads starve. */
function starvedLimit(): number {
  return Math.max(LEAST_STARVED, STARVED_PER_CORE * load(PARALLELISM))
}

let hasReported = false

function reportStarved(): void {
  if (hasReported) return
  hasReported = true
  const queued = load(RUN_LENGTH)
  const blocked = countBlockedWorkers()
  const computing = load(WORKERS) - blocked
  platform.printError(
    `fearless: ${queued} ${queued === 1 ? 'thread has' : 'threads have'} been waiting for a worker for ` +
      `${STARVED_MS / 1000} s. ${computing} workers compute, ${blocked} are blocked, and no more are started. ` +
      'If a thread spins until another one has run, make it wait (a channel, a lock, `thread.yieldNow()`). ' +
      'If threads block outside of this library (a synchronous read, a child process), raise `workers` in ' +
      '`thread.configure` (or FEARLESS_WORKERS, FEARLESS_MAX_WORKERS). ' +
      'This is reported once.\n',
  )
}
