/**
 * A worker: takes threads from the queue and runs them one after another, each with a life of its own.
 *
 * What a thread leaves behind ends with it: its thread-locals are disposed, a lock that it still holds is poisoned, its
 * handles are dropped; then its outcome is published. After an error that nobody caught the worker ends with its thread, and
 * the reaper does all that. What a thread leaves in the process (an open timer, a listener, a change of `process.env`) ends the
 * worker too, after its outcome was published: the next thread must not meet it (platform/leftovers.ts).
 *
 * A worker that finds nothing to do watches for a moment, gives its event loop a turn, and sleeps. One that is beyond
 * what the machine runs at once ends after a while.
 */
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
  ENDED,
  ENDS_ITSELF,
  OUTCOME_DIED,
  OUTCOME_ERROR,
  OUTCOME_VALUE,
  THREAD_BODY,
  THREAD_BODY_LENGTH,
  THREAD_CLOSURE,
  THREAD_ENDING,
  THREAD_NAME,
  THREAD_OUTCOME,
  THREAD_POOL,
  THREAD_RUNNING,
  THREAD_STATE,
} from '../../core/run-queue.ts'
import { platform } from '#platform'
import type { Leftovers } from '../../platform/leftovers.ts'
import { endLife } from '../../memory/handles/handle.ts'
import { i32, release, withReserve } from '../../memory/heap.ts'
import { decode, hasHandles } from '../../memory/codec/codec.ts'
import { toBlock } from '../../memory/codec/message.ts'
import { PENDING, now, spinLimit, type Attempt } from '../../wait/attempt.ts'
import { block } from '../../wait/park.ts'
import { reportUnwaited } from '../../wait/handed-out.ts'
import { abandonWaits } from '../../wait/yield.ts'
import { endUnwinding } from '../../sync/unwind.ts'
import { endThreadLocals } from '../thread-local.ts'
import { factoryOf, isOwn, loadFactory, type Factory } from '../closure/factory.ts'
import { announcePanic, dropThread, endThread } from './owners.ts'
import { releaseLocks } from './locks.ts'
import { Loan, type Watch } from '../closure/lost-write.ts'
import { storeError } from '../panic.ts'
import { RETIRED, ask, blockedWorkers, idOfSlot, letOthersRun, runAlone } from './pool.ts'
import { discardBody, nameOf, setResult } from './record.ts'

/** What a spawn sends: what the closure captures, its arguments, and `watch` if it may change captures that it borrows. */
export type Body = readonly [captures: readonly unknown[], args: readonly unknown[], watch: Watch | undefined]

/** Rounds of watching the queue that take about a microsecond. */
const ROUNDS_PER_LOOK = 128

/** How long a worker beyond the parallelism waits for a thread, in milliseconds. */
const LONGEST_IDLE = Number(platform.setting('FEARLESS_IDLE_MS') ?? 5000)

/** The thread whose code runs, or waits for its event loop; 0 while the event loop is between threads. */
let running = 0
/** Whether a thread has run since the event loop had its last turn: it may have left rejected promises. */
let untidy = false
/** What threads leave behind: modules may hold something open for all of them. */
let leftovers: Leftovers | undefined

/**
 * Loads the rest of the library, until it is loaded. A worker starts with what runs a closure; only a body with handles in it,
 * or a thread of the library's own, needs more. A first result comes after 60 ms so, and not after 78: bench, first result from cold.
 */
let loadRest: (() => Promise<unknown>) | undefined

/** Runs threads for as long as the process lives; a worker for one thread ends after it. */
export async function work(only: number, rest?: () => Promise<unknown>): Promise<void> {
  loadRest = rest
  const ranDry = platform.watchRunDry()
  platform.onExit(code => {
    i32[(self + SLOT_EXIT) >> 2] = ranDry() ? RAN_DRY : code + 1
  })
  platform.onUncaught(uncaught)
  try {
    await runThreads(only)
  } catch (error) {
    // The heap has no room for the worker's own waiting: it ends, and the supervisor starts another while threads are queued.
    platform.printError(`A worker ended:\n${platform.show(error)}\n`)
    platform.exit()
  }
}

async function runThreads(only: number): Promise<void> {
  if (only !== 0) {
    i32[(self + SLOT_THREAD) >> 2] = only
    Atomics.store(i32, (only + THREAD_STATE) >> 2, THREAD_RUNNING)
    await run(only)
    platform.exit()
  }
  leftovers = platform.leftovers()
  leftovers.begin()
  ask({ ask: 'ready', slot: self })
  for (;;) {
    const thread = core.popThread(self) || watchQueue() || (await nextThread())
    const finished = run(thread)
    if (finished !== undefined) await finished
    endIfSomethingIsLeft()
  }
}

/** An error that nobody caught is the running thread's panic; of a thread that has ended, it can only be told. */
function uncaught(error: unknown): void {
  if (running === 0) return platform.printError(`Uncaught in a thread that has ended:\n${platform.show(error)}\n`)
  failWithWorker(running, error)
}

function watchQueue(): number {
  const end = now() + spinLimit / 1000
  do {
    const thread = core.spinForThread(self, ROUNDS_PER_LOOK)
    if (thread !== 0) return thread
  } while (now() < end)
  return 0
}

async function nextThread(): Promise<number> {
  await turn()
  // What a promise of the last thread has done since.
  endIfSomethingIsLeft()
  return waitForThread() || platform.exit()
}

/** Blocks until there is a thread to run; 0 once this worker was idle for long, is one too many, and is counted no more. */
export function waitForThread(idleMs = LONGEST_IDLE): number {
  core.returnCachesIfScarce(self)
  for (let deadline = now() + idleMs; ; deadline = Infinity) {
    const thread = block(new Idle(deadline))
    if (thread !== 0 || retire()) return thread
  }
}

async function turn(): Promise<void> {
  await platform.turn()
  untidy = false
}

function endIfSomethingIsLeft(): void {
  if (leftovers?.any() === true) platform.exit()
}

/** Takes this worker out of the count, if there are more than the machine runs at once. */
function retire(): boolean {
  // The supervisor reads it when the worker has ended, to not count it twice.
  i32[(self + SLOT_STATE) >> 2] = RETIRED
  for (;;) {
    const workers = Atomics.load(i32, WORKERS >> 2)
    if (workers - blockedWorkers() <= i32[PARALLELISM >> 2]) break
    if (Atomics.compareExchange(i32, WORKERS >> 2, workers, workers - 1) === workers) return true
  }
  i32[(self + SLOT_STATE) >> 2] = 0
  return false
}

/** The wait of a worker without a thread: for a thread, or (0) until it was idle for too long. */
class Idle implements Attempt<number> {
  readonly deadline: number

  constructor(deadline: number) {
    this.deadline = deadline
  }
  poll(): number | typeof PENDING {
    return core.popThread(self) || (now() >= this.deadline ? 0 : PENDING)
  }
  ready(): boolean {
    return Atomics.load(i32, RUN_HEAD >> 2) !== 0 || now() >= this.deadline
  }
  enter(waiter: number): boolean {
    core.enterQueue(self, IDLE_QUEUE, waiter)
    return true
  }
  leave(waiter: number): boolean {
    return core.leaveQueue(self, waiter) !== 0
  }
  woken(): number | typeof PENDING {
    return core.popThread(self) || PENDING
  }
}

/** Runs one thread to its end; a promise if it does not end at once. */
function run(thread: number): Promise<void> | undefined {
  const factory = factoryOf(i32[(thread + THREAD_CLOSURE) >> 2])
  return factory === undefined || needsRest(thread) ? loadAndRun(thread) : call(thread, factory)
}

function needsRest(thread: number): boolean {
  if (loadRest === undefined) return false
  return hasHandles(i32[(thread + THREAD_BODY) >> 2]) || isOwn(i32[(thread + THREAD_CLOSURE) >> 2])
}

function takeBody(thread: number): Body {
  const at = i32[(thread + THREAD_BODY) >> 2]
  try {
    return decode(at, i32[(thread + THREAD_BODY_LENGTH) >> 2], error => panic(thread, error)) as Body
  } finally {
    // Until here a reaper would drop what was not taken over.
    i32[(thread + THREAD_BODY) >> 2] = 0
    release(at)
  }
}

/** The module of its closure comes first: it registers the classes that the body may bring. */
async function loadAndRun(thread: number): Promise<void> {
  const closure = i32[(thread + THREAD_CLOSURE) >> 2]
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
    const loan = watch && new Loan(captures, watch, true)
    const f = (platform.inPlace?.of(thread) as ReturnType<Factory> | undefined) ?? factory(captures)
    // Its promises must not be taken for those of the threads before.
    if (untidy && isAsync(f)) return turn().then(() => start(thread, f, args, loan))
    return start(thread, f, args, loan)
  } catch (error) {
    fail(thread, error)
  }
  return undefined
}

function start(
  thread: number,
  f: ReturnType<Factory>,
  args: readonly unknown[],
  loan: Loan | undefined,
): Promise<void> | undefined {
  letOthersRun()
  running = thread
  tellName(thread)
  try {
    const result = f(...args)
    if (isThenable(result)) return settle(thread, result, loan)
    loan?.check()
    succeed(thread, result)
  } catch (error) {
    fail(thread, error)
  }
  return undefined
}

/** The name that tools have been told, of the last thread that had one. */
let told: string | undefined

/** Names the worker after its thread. Costs 40 us, so a worker keeps a name while threads have it or none was told. */
function tellName(thread: number): void {
  const hasName = i32[(thread + THREAD_NAME) >> 2] !== 0
  if (!hasName && told === undefined) return
  const name = nameOf(thread)
  if (name === told) return
  told = name
  platform.nameThread(name ?? `fearless worker ${idOfSlot(self)}`)
}

async function settle(thread: number, result: PromiseLike<unknown>, loan: Loan | undefined): Promise<void> {
  // The thread's event loop runs, its code does not: others may.
  const others = waitingForLoop()
  try {
    const value = await result
    // A promise that it has left rejected is its panic.
    await turn()
    loan?.check()
    others()
    succeed(thread, value)
  } catch (error) {
    others()
    fail(thread, error)
  }
}

function waitingForLoop(): () => void {
  const { enter, leave } = letOthersRun()
  enter()
  return leave
}

function succeed(thread: number, value: unknown): void {
  try {
    endThreadLocals()
    withReserve(() => toBlock(value, 'move', block => setResult(thread, block)))
  } catch (error) {
    return fail(thread, error)
  }
  finish(thread, OUTCOME_VALUE)
}

function fail(thread: number, error: unknown): void {
  const outcome = panic(thread, error)
  tryToEndThreadLocals()
  finish(thread, outcome)
}

/** Ends the worker; the reaper ends what the thread left and publishes the outcome. */
function failWithWorker(thread: number, error: unknown): never {
  panic(thread, error)
  tryToEndThreadLocals()
  platform.exit()
}

/** Stores the error and reports it, before the thread drops anything; a later error changes nothing. Returns the outcome. */
function panic(thread: number, error: unknown): number {
  const before = i32[(thread + THREAD_OUTCOME) >> 2]
  if (before !== 0) return before
  const outcome = storeError(thread, error) ? OUTCOME_ERROR : OUTCOME_DIED
  announcePanic(thread, outcome, error)
  endUnwinding()
  return outcome
}

/** A thread that panics has said what matters: an error of its disposers does not replace it. */
function tryToEndThreadLocals(): void {
  try {
    endThreadLocals()
  } catch (error) {
    platform.printError(`Uncaught in a disposer of a thread that panicked:\n${platform.show(error)}\n`)
  }
}

function finish(thread: number, outcome: number): void {
  running = 0
  untidy = true
  runAlone()
  endUnwinding()
  if (i32[(self + SLOT_HELD) >> 2] !== 0) releaseHeldLocks()
  abandonWaits()
  reportUnwaited()
  tryToDiscardBody(thread)
  endLife()
  const isStopped = i32[(thread + THREAD_POOL) >> 2] !== 0 && endsBySignal(thread)
  endThread(thread, outcome)
  i32[(self + SLOT_THREAD) >> 2] = 0
  dropThread(thread)
  // The supervisor is about to stop this worker, and must not meet another thread in it.
  if (isStopped) platform.exit()
}

/** Whether the signal of a thread that comes to its own end was aborted just before. From now on that is too late. */
function endsBySignal(thread: number): boolean {
  return Atomics.exchange(i32, (thread + THREAD_ENDING) >> 2, ENDS_ITSELF) === ENDED
}

/** A thread whose module could not be loaded has not taken what it was given. */
function tryToDiscardBody(thread: number): void {
  try {
    discardBody(thread)
  } catch (error) {
    platform.printError(`Error while a thread ended:\n${platform.show(error)}\n`)
  }
}

/** A thread that ends with a guard in its hands has not left the value as it should be. */
function releaseHeldLocks(): void {
  releaseLocks(i32[(self + SLOT_ID) >> 2])
  i32[(self + SLOT_HELD) >> 2] = 0
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

const AsyncFunction = (async () => {}).constructor

function isAsync(f: unknown): boolean {
  return f instanceof AsyncFunction
}
