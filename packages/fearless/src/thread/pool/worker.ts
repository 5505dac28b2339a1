/**
 * A worker: takes threads from the run queue and runs them one after another, each in an epoch of its own.
 *
 * - When a thread finishes, its thread-locals are disposed, the locks that it still holds are poisoned and its handles
 *   are dropped; then its outcome is published.
 * - After an uncaught error the worker ends with its thread, and the reaper does the same.
 * - If a thread leaves something in the process (an open timer, a listener, a global), the worker ends
 *   after the outcome was published, so that the next thread cannot find it (platform/leftovers.ts).
 * - An idle worker spins for a moment, gives the event loop one turn, and blocks. A worker beyond the parallelism ends
 *   after it has been idle for a while.
 */
import { cas, get, load, set, store, swap } from '../../core/memory.ts'
import { core, self } from '../../core/index.ts'
import {
  IDLE_QUEUE,
  PARALLELISM,
  RAN_DRY,
  RUN_HEAD,
  SLOT_EXIT,
  SLOT_HELD,
  SLOT_ID,
  SLOT_STATE,
  SLOT_THREAD,
  WORKERS,
} from '../../core/layout.ts'
import {
  ENDED_BY_ABORT,
  ENDS_ITSELF,
  OUTCOME_DIED,
  OUTCOME_ERROR,
  OUTCOME_VALUE,
  THREAD_BODY,
  THREAD_BODY_LENGTH,
  THREAD_CLOSURE,
  THREAD_END_CAUSE,
  THREAD_NAME,
  THREAD_OUTCOME,
  THREAD_POOL,
  THREAD_RUNNING,
  THREAD_STATE,
} from '../../core/run-queue.ts'
import { platform } from '#platform'
import type { Leftovers } from '../../platform/leftovers.ts'
import { endEpoch } from '../../memory/handles/handle.ts'
import { free, withReserve } from '../../memory/heap.ts'
import { decode, hasHandles } from '../../memory/codec/codec.ts'
import { encodeToBlock } from '../../memory/codec/message.ts'
import { PENDING, monotonicNow } from '../../wait/operation.ts'
import { SPIN_LIMIT_US } from '../../wait/spin-budget.ts'
import { blockUntil } from '../../wait/park.ts'
import { reportUnwaitedAtExit } from '../../wait/unwaited.ts'
import { abandonPendingWaits } from '../../wait/yield.ts'
import { endUnwinding } from '../../sync/unwind.ts'
import { endThreadLocals } from '../thread-local.ts'
import { factoryOf, isLibraryClosure, loadFactory, type Factory } from '../closure/factory.ts'
import { publishPanic, dropThread, publishOutcome } from './thread-owners.ts'
import { releaseLocks } from './release-locks.ts'
import { BorrowedValues, type LoanWatch } from '../closure/lost-write.ts'
import { storePanic } from '../panic.ts'
import {
  RETIRED,
  requestSupervisor,
  countBlockedWorkers,
  idOfSlot,
  allowReplacementWorkers,
  disallowReplacementWorkers,
} from './pool.ts'
import { discardBody, threadName, setResult } from './thread-record.ts'
import { QueueOperation } from '../../wait/queue-operation.ts'

/**
 * The message of a spawn: the closure's captures, its arguments, and `watch` if it may change captures that it borrows.
 */
export type SpawnMessage = readonly [
  captures: readonly unknown[],
  args: readonly unknown[],
  watch: LoanWatch | undefined,
]

/** Spin rounds on the run queue that take about a microsecond. */
const ROUNDS_PER_LOOK = 128

/** Time that a worker beyond the parallelism stays idle before it ends, in milliseconds. */
const LONGEST_IDLE = Number(platform.setting('FEARLESS_IDLE_MS') ?? 5000)

/** The thread whose code runs, or that waits for its event loop; 0 between two threads. */
let running = 0
/** Whether a thread has run since the last turn of the event loop, so that it may have left rejected promises. */
let mayHaveRejections = false
/** The factories of functions that are not async and have returned a promise. */
const returningPromises = new WeakSet<Factory>()
/** Detects timers, listeners and names that a thread leaves; those that a module has made are not counted. */
let leftovers: Leftovers | undefined

/**
 * Loads all of the library; undefined once that is done. A worker boots with the part that runs a closure. Only a body
 * with handles, or a closure that the library defines, needs the rest. A first result then comes after 60 ms instead of
 * 78 (bench, first result from cold).
 */
let loadRest: (() => Promise<unknown>) | undefined

/** Runs threads until the process ends. A dedicated worker runs the thread `only` and ends after it. */
export async function runWorker(only: number, rest?: () => Promise<unknown>): Promise<void> {
  loadRest = rest
  const ranDry = platform.watchRunDry()
  platform.onExit(code => {
    set(self + SLOT_EXIT, ranDry() ? RAN_DRY : code + 1)
  })
  platform.onUncaught(uncaught)
  try {
    await runThreads(only)
  } catch (error) {
    if (isEnding) return
    // The heap has no room for the worker's own waiter. The supervisor starts another worker while threads are queued.
    platform.printError(
      `A worker ended because of an error. Raise FEARLESS_HEAP_MB if the heap is full.\n${platform.show(error)}\n`,
    )
    endWorker()
  }
}

async function runThreads(only: number): Promise<void> {
  if (only !== 0) {
    set(self + SLOT_THREAD, only)
    store(only + THREAD_STATE, THREAD_RUNNING)
    await run(only)
    endWorker()
  }
  leftovers = platform.leftovers()
  leftovers.begin()
  requestSupervisor({ ask: 'ready', slot: self })
  for (;;) {
    const thread = core.popThread(self) || watchQueue() || (await nextThread())
    const finished = run(thread)
    if (finished !== undefined) await finished
    exitIfSomethingIsLeft()
  }
}

/**
 * Makes an uncaught error the running thread's panic. The error of a thread that has finished is only printed, and so is
 * a rejection in the first turn of a function that returned a promise unexpectedly, because it may be an earlier
 * thread's.
 */
function uncaught(error: unknown, isRejection: boolean): void {
  if (running === 0 || (isRejection && mayHaveRejections))
    return platform.printError(
      `An error was thrown in a thread that had finished. Await the work in the thread, or catch the error there.\n${platform.show(error)}\n`,
    )
  failWithWorker(running, error)
}

function watchQueue(): number {
  const end = monotonicNow() + SPIN_LIMIT_US / 1000
  do {
    const thread = core.spinForThread(self, ROUNDS_PER_LOOK)
    if (thread !== 0) return thread
  } while (monotonicNow() < end)
  return 0
}

async function nextThread(): Promise<number> {
  await turn()
  // A promise of the last thread may have opened something during the turn.
  exitIfSomethingIsLeft()
  return waitForThread() || endWorker()
}

/**
 * Blocks until a thread is queued. Returns 0 if this worker has been idle for long, is surplus, and is no longer
 * counted.
 */
export function waitForThread(idleMs = LONGEST_IDLE): number {
  core.returnCachesIfScarce(self)
  for (let deadline = monotonicNow() + idleMs; ; deadline = Infinity) {
    const thread = blockUntil(new Idle(deadline))
    if (thread !== 0 || retire()) return thread
  }
}

async function turn(): Promise<void> {
  await platform.turn()
  mayHaveRejections = false
}

/** Whether this worker ends. Code that the runtime cannot stop may run on, but must not touch the thread any more. */
let isEnding = false

function endWorker(): never {
  isEnding = true
  return platform.exit()
}

function exitIfSomethingIsLeft(): void {
  if (isEnding || leftovers?.any() === true) endWorker()
}

/** Subtracts this worker from WORKERS if more run than the parallelism allows. */
function retire(): boolean {
  // The supervisor reads the state after the worker has ended, so that it does not subtract the worker a second time.
  store(self + SLOT_STATE, RETIRED)
  for (;;) {
    const workers = load(WORKERS)
    if (workers - countBlockedWorkers() <= get(PARALLELISM)) break
    if (cas(WORKERS, workers, workers - 1) === workers) return true
  }
  store(self + SLOT_STATE, 0)
  return false
}

/** The wait of an idle worker: completes with a queued thread, or with 0 at its deadline. */
class Idle extends QueueOperation<number> {
  readonly #deadline: number

  constructor(deadline: number) {
    super()
    this.#deadline = deadline
  }
  override get deadline(): number {
    return this.#deadline
  }
  override tryComplete(): number | typeof PENDING {
    return core.popThread(self) || (monotonicNow() >= this.deadline ? 0 : PENDING)
  }
  override isReady(): boolean {
    return load(RUN_HEAD) !== 0 || monotonicNow() >= this.deadline
  }
  override queue(): number {
    return IDLE_QUEUE
  }
  override accept(): number | typeof PENDING {
    return core.popThread(self) || PENDING
  }
}

/** Runs one thread until it finishes; returns a promise if it does not finish synchronously. */
function run(thread: number): Promise<void> | undefined {
  const factory = factoryOf(get(thread + THREAD_CLOSURE))
  return factory === undefined || needsRest(thread) ? loadAndRun(thread) : call(thread, factory)
}

function needsRest(thread: number): boolean {
  if (loadRest === undefined) return false
  return hasHandles(get(thread + THREAD_BODY)) || isLibraryClosure(get(thread + THREAD_CLOSURE))
}

function takeBody(thread: number): SpawnMessage {
  const at = get(thread + THREAD_BODY)
  try {
    return decode(at, get(thread + THREAD_BODY_LENGTH), error => panic(thread, error)) as SpawnMessage
  } finally {
    // Until here a reaper would drop the handles in the body that were not decoded yet.
    set(thread + THREAD_BODY, 0)
    free(at)
  }
}

/** Loads the module of the closure before the body is decoded, because the module registers the classes in the body. */
async function loadAndRun(thread: number): Promise<void> {
  const closure = get(thread + THREAD_CLOSURE)
  let factory: Factory
  try {
    if (needsRest(thread)) {
      await loadRest!()
      loadRest = undefined
    }
    factory = factoryOf(closure) ?? (await loadFactory(closure))
    leftovers?.begin()
  } catch (error) {
    return fail(thread, error)
  }
  await call(thread, factory)
}

function call(thread: number, factory: Factory): Promise<void> | undefined {
  try {
    const [captures, args, watch] = takeBody(thread)
    const loan = watch && new BorrowedValues(captures, watch, true)
    const f = (platform.inPlace?.of(thread) as ReturnType<Factory> | undefined) ?? factory(captures)
    // The loop turn reports rejected promises of earlier threads, which must not be taken for this thread's.
    const mayAwait = mayHaveRejections && (isAsync(f) || returningPromises.has(factory))
    const begin = (): Promise<void> | undefined => start(thread, factory, f, args, loan)
    return mayAwait ? turn().then(begin) : begin()
  } catch (error) {
    fail(thread, error)
  }
  return undefined
}

function start(
  thread: number,
  factory: Factory,
  f: ReturnType<Factory>,
  args: readonly unknown[],
  loan: BorrowedValues | undefined,
): Promise<void> | undefined {
  allowReplacementWorkers()
  running = thread
  nameWorker(thread)
  try {
    const result = f(...args)
    if (isThenable(result)) {
      if (mayHaveRejections) {
        returningPromises.add(factory)
        void turn()
      }
      return awaitResult(thread, result, loan)
    }
    loan?.check()
    succeed(thread, result)
  } catch (error) {
    fail(thread, error)
  }
  return undefined
}

/** The name that tools show for this worker: that of the last thread with a name. */
let nameInTools: string | undefined

/** Names the worker after its thread. Costs 40 us, so unnamed threads of a worker without a name skip it. */
function nameWorker(thread: number): void {
  const hasName = get(thread + THREAD_NAME) !== 0
  if (!hasName && nameInTools === undefined) return
  const name = threadName(thread)
  if (name === nameInTools) return
  nameInTools = name
  platform.nameThread(name ?? `fearless worker ${idOfSlot(self)}`)
}

async function awaitResult(
  thread: number,
  result: PromiseLike<unknown>,
  loan: BorrowedValues | undefined,
): Promise<void> {
  // This thread's code does not run while its event loop waits, so another worker may run.
  const others = enterLoopWait()
  try {
    const value = await result
    // The turn reports a rejected promise that the thread has left, which is its panic.
    await turn()
    loan?.check()
    others()
    succeed(thread, value)
  } catch (error) {
    others()
    fail(thread, error)
  }
}

function enterLoopWait(): () => void {
  const { enter, leave } = allowReplacementWorkers()
  enter()
  return leave
}

function succeed(thread: number, value: unknown): void {
  if (isEnding) endWorker()
  try {
    endThreadLocals()
    withReserve(() => encodeToBlock(value, 'move', block => setResult(thread, block)))
  } catch (error) {
    return fail(thread, error)
  }
  finish(thread, OUTCOME_VALUE)
}

function fail(thread: number, error: unknown): void {
  if (isEnding) endWorker()
  const outcome = panic(thread, error)
  disposeThreadLocalsOfPanic()
  finish(thread, outcome)
}

/** Ends the worker. The reaper drops the thread's handles, releases its locks and publishes the outcome. */
function failWithWorker(thread: number, error: unknown): never {
  panic(thread, error)
  disposeThreadLocalsOfPanic()
  endWorker()
}

/**
 * Stores and reports the first error, before a handle of the thread is dropped; ignores later ones. Returns the
 * outcome.
 */
function panic(thread: number, error: unknown): number {
  const before = get(thread + THREAD_OUTCOME)
  if (before !== 0) return before
  const outcome = storePanic(thread, error) ? OUTCOME_ERROR : OUTCOME_DIED
  publishPanic(thread, outcome, error)
  endUnwinding()
  return outcome
}

/**
 * Disposes the thread-locals of a thread that panics: an error of a disposer is printed and does not replace the panic.
 */
function disposeThreadLocalsOfPanic(): void {
  try {
    endThreadLocals()
  } catch (error) {
    platform.printError(
      `A disposer threw an error in a thread that had panicked. Catch the error in the disposer.\n${platform.show(error)}\n`,
    )
  }
}

function finish(thread: number, outcome: number): void {
  running = 0
  mayHaveRejections = true
  disallowReplacementWorkers()
  endUnwinding()
  if (get(self + SLOT_HELD) !== 0) releaseHeldLocks()
  abandonPendingWaits()
  reportUnwaitedAtExit()
  tryToDiscardBody(thread)
  endEpoch()
  const isStopped = get(thread + THREAD_POOL) !== 0 && endsBySignal(thread)
  publishOutcome(thread, outcome)
  set(self + SLOT_THREAD, 0)
  dropThread(thread)
  // The supervisor is about to terminate this worker, which must not run another thread by then.
  if (isStopped) endWorker()
}

/** Marks a finishing thread, so that a later abort has no effect. True if its signal was aborted before. */
function endsBySignal(thread: number): boolean {
  return swap(thread + THREAD_END_CAUSE, ENDS_ITSELF) === ENDED_BY_ABORT
}

/** Drops the body of a thread whose module could not be loaded: the thread has not decoded it. */
function tryToDiscardBody(thread: number): void {
  try {
    discardBody(thread)
  } catch (error) {
    platform.printError(
      `The arguments of a thread that did not start could not be dropped. Report this error as a bug of fearless.\n${platform.show(error)}\n`,
    )
  }
}

/** Releases and poisons the locks that the thread still holds: their values may be incomplete. */
function releaseHeldLocks(): void {
  releaseLocks(get(self + SLOT_ID))
  set(self + SLOT_HELD, 0)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

const AsyncFunction = (async () => {}).constructor

function isAsync(f: unknown): boolean {
  return f instanceof AsyncFunction
}
