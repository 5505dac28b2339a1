/**
 * The supervisor: a thread that never blocks. It starts workers, learns of their deaths, and settles what they leave.
 *
 * Workers are its children and not those of whoever spawns, because a thread that blocks cannot see its children die.
 * Nothing here may throw: without a supervisor no death would ever be noticed again.
 */
import { PARALLELISM, RUN_LENGTH, RUN_TAKEN, RUN_WATCHED, SLOT_STATE, SLOT_THREAD, WORKERS } from '../../core/layout.ts'
import { platform } from '#platform'
import { i32, slots } from '../../memory/heap.ts'
import { now } from '../../wait/attempt.ts'
import { dropThread, reporter, tellUnjoined } from './owners.ts'
import {
  ASKING,
  RETIRED,
  blockedWorkers,
  idOfSlot,
  refuse,
  refuseQueued,
  reserveWorker,
  startWorker,
  type Request,
} from './pool.ts'
import { reap } from './reaper.ts'
import type { Port, StartedWorker } from '../../platform/platform.ts'

/** How often the supervisor looks whether queued threads are taken, in milliseconds. */
const WATCH_MS = 50
/** How long no queued thread was taken before one more worker is started beside those that compute, in milliseconds. */
const STARVED_MS = 2000
/** Most workers that compute then, per core, and at least. */
const STARVED_PER_CORE = 4
const LEAST_STARVED = 8

/** How long a panic may be unjoined while its JoinHandle exists, before stderr is told. In milliseconds. */
const JOINED_WITHIN = 1000

/** How long threads stay queued while no worker can be started and all others are blocked, in milliseconds. */
const LONGEST_REFUSAL = 2000

const workers = new Map<number, StartedWorker>()
/** The worker that the main thread has started, by its slot's id; 0 if it has not. */
let ofMain = 0

/** Slots of workers that have not looked at the queue yet. */
const booting = new Set<number>()
let watch: ReturnType<typeof setInterval> | undefined

/** Loads what the reaper has to know, all kinds of handles, until it is loaded: when the first worker has booted, not beside it. */
let loadRest: (() => Promise<unknown>) | undefined
let loading: Promise<unknown> | undefined

export function supervise(load?: () => Promise<unknown>): void {
  loadRest = load
  reporter.later = reportLater
  platform.onUncaught(error => platform.printError(`Error in the fearless supervisor:\n${platform.show(error)}\n`))
  platform.listenToStarter(message => serve(message as Request))
}

function serve(request: Request): void {
  switch (request.ask) {
    case 'grow':
      return start(0, '', 0, 0)
    case 'dedicate':
      Atomics.add(i32, WORKERS >> 2, 1)
      return start(request.thread, request.name, request.stackSizeMb, request.heapSizeMb)
    case 'ready':
      booting.delete(request.slot)
      failsSince = -1
      return startLoading()
    case 'guard':
      booting.add(request.slot)
      ofMain = idOfSlot(request.slot)
      return platform.openPort(request.port).listen(
        message => serve(message as Request),
        () => bury(request.slot, undefined),
      )
    case 'watch':
      return startWatch()
    case 'report':
      return reportLater(request.thread, request.text)
    case 'terminate':
      return terminate(idOfSlot(request.slot))
    case 'end':
      return endBySignal(request.thread)
  }
}

/**
 * The signal of a thread was aborted while it ran. Its worker takes no other thread since, so if it runs the thread still, it is
 * the one to terminate. A share of the record came with the request.
 */
function endBySignal(thread: number): void {
  for (const slot of slots()) if (Atomics.load(i32, (slot + SLOT_THREAD) >> 2) === thread) terminate(idOfSlot(slot))
  dropThread(thread)
}

function reportLater(thread: number, text: string): void {
  setTimeout(() => tellUnjoined(thread, text), JOINED_WITHIN)
}

/** Starts a worker that is counted already. */
function start(thread: number, name: string, stackSizeMb: number, heapSizeMb: number): void {
  try {
    const [worker, [slot, raw]] = startWorker(thread, name, stackSizeMb, heapSizeMb, bury)
    workers.set(idOfSlot(slot), worker)
    if (thread === 0) booting.add(slot)
    const port: Port = platform.openPort(raw)
    port.listen(
      message => serve(message as Request),
      () => {},
    )
  } catch (cause) {
    Atomics.sub(i32, WORKERS >> 2, 1)
    if (thread !== 0) refuse(thread, cause)
    else failedToStart(cause, false)
  }
}

/** When starting workers began to fail, on the clock of `now`, and how many threads were taken until then; -1 if it does not fail. */
let failsSince = -1
let takenBefore = 0

/**
 * A worker could not be started, or ended while it booted: that may have been chance. The queue waits for a worker that becomes free; if there is none, or
 * none has taken a thread for long, the threads in it end with the reason.
 */
function failedToStart(cause: unknown, booted: boolean): void {
  const taken = Atomics.load(i32, RUN_TAKEN >> 2)
  if (failsSince < 0 || taken !== takenBefore) failsSince = now()
  takenBefore = taken
  const isLong = now() - failsSince > LONGEST_REFUSAL
  const others = Atomics.load(i32, WORKERS >> 2)
  if (isLong ? others <= blockedWorkers() : others <= 0 && !booted) refuseQueued(cause)
  else if (Atomics.load(i32, RUN_LENGTH >> 2) > 0) startWatch()
}

// One worker is terminated at a time: it may hold a latch that the reaper of another would wait for.
const doomed: number[] = []
let dying = 0

function terminate(id: number): void {
  doomed.push(id)
  if (dying === 0) terminateNext()
}

function terminateNext(): void {
  dying = 0
  while (dying === 0 && doomed.length > 0) {
    const id = doomed.shift()!
    const worker = workers.get(id)
    if (worker === undefined && id !== ofMain) continue
    dying = id
    if (worker === undefined) platform.postToStarter('terminate')
    else worker.terminate()
  }
}

function startLoading(): void {
  if (loadRest === undefined) return
  loading ??= loadRest().finally(() => (loadRest = undefined))
}

function bury(slot: number, reason: string | undefined): void {
  startLoading()
  if (loadRest === undefined) settle(slot, reason)
  else void loading!.finally(() => settle(slot, reason))
}

function settle(slot: number, reason: string | undefined): void {
  workers.delete(idOfSlot(slot))
  if (ofMain === idOfSlot(slot)) ofMain = 0
  const wasBooting = booting.delete(slot)
  const state = i32[(slot + SLOT_STATE) >> 2]
  Atomics.sub(i32, WORKERS >> 2, state === RETIRED ? 0 : state === ASKING ? 2 : 1)
  reap(slot, reason)
  if (dying === idOfSlot(slot)) terminateNext()
  if (wasBooting) failedToStart(new Error(reason ?? 'it ended while it booted'), true)
  if (Atomics.load(i32, RUN_LENGTH >> 2) > 0 && reserveWorker()) start(0, '', 0, 0)
  // It may have died between saying that the queue is watched and asking for that.
  if (Atomics.load(i32, RUN_WATCHED >> 2) !== 0 || Atomics.load(i32, RUN_LENGTH >> 2) > 0) startWatch()
}

/**
 * While threads are queued: starts the workers that may run, if there are too few, and one more whenever no thread was taken for
 * long. Threads that compute gain nothing from that one; one that spins until a queued thread has run needs it.
 */
function startWatch(): void {
  let taken = Atomics.load(i32, RUN_TAKEN >> 2)
  let since = now()
  watch ??= setInterval(() => {
    const takenNow = Atomics.load(i32, RUN_TAKEN >> 2)
    if (takenNow !== taken) since = now()
    taken = takenNow
    if (Atomics.load(i32, RUN_LENGTH >> 2) === 0) {
      clearInterval(watch)
      watch = undefined
      Atomics.store(i32, RUN_WATCHED >> 2, 0)
      // RACE: a thread may have been queued before the flag fell; its spawner did not ask then.
      if (Atomics.load(i32, RUN_LENGTH >> 2) > 0) startWatch()
    } else if (reserveWorker()) start(0, '', 0, 0)
    else if (now() - since >= STARVED_MS && booting.size === 0) {
      since = now()
      if (reserveWorker(mostStarved())) start(0, '', 0, 0)
      else reportStarved()
    }
  }, WATCH_MS)
}

/** How many workers may compute while queued threads starve. */
function mostStarved(): number {
  return Math.max(LEAST_STARVED, STARVED_PER_CORE * Atomics.load(i32, PARALLELISM >> 2))
}

let hasReported = false

function reportStarved(): void {
  if (hasReported) return
  hasReported = true
  const queued = Atomics.load(i32, RUN_LENGTH >> 2)
  const blocked = blockedWorkers()
  const computing = Atomics.load(i32, WORKERS >> 2) - blocked
  platform.printError(
    `fearless: ${queued} ${queued === 1 ? 'thread has' : 'threads have'} been waiting for a worker for ${STARVED_MS / 1000} s. ` +
      `${computing} workers compute, ${blocked} are blocked, and no more are started. If a thread spins until another one has ` +
      'run, let it wait instead (a channel, a lock, `thread.yieldNow()`). If threads block outside of this library (a ' +
      'synchronous read, a child process), raise `workers` in `thread.configure` (or FEARLESS_WORKERS, FEARLESS_MAX_WORKERS). Reported once.\n',
  )
}
