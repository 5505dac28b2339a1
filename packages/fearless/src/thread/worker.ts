/**
 * A worker: takes threads from the queue and runs them one after another, each with a life of its own.
 *
 * What a thread leaves open ends with it: its handles are dropped, its thread-locals disposed, a lock that it still
 * holds is poisoned; then its outcome is published. A worker that finds nothing to do watches for a moment, gives its
 * event loop a turn, and sleeps.
 */
import { LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { IDLE_QUEUE, RUN_HEAD, SLOT_EXIT, SLOT_HELD, SLOT_ID, SLOT_THREAD } from '../core/layout.ts'
import { MUTEX_LOCK } from '../core/mutex.ts'
import { OUTCOME_DIED, OUTCOME_ERROR, OUTCOME_VALUE, THREAD_BODY, THREAD_BODY_LENGTH, THREAD_RUNNING, THREAD_STATE } from '../core/run-queue.ts'
import { platform } from '#platform'
import { endLife } from '../memory/handle.ts'
import { i32 } from '../memory/heap.ts'
import { fromBlock, toBlock } from '../memory/message.ts'
import { PENDING, now, spinLimit, type Attempt } from '../wait/attempt.ts'
import { block } from '../wait/park.ts'
import { abandonWaits } from '../wait/yield.ts'
import { endThreadLocals } from './thread-local.ts'
import { factoryOf, loadFactory, type Factory } from './factory.ts'
import { storeError } from './panic.ts'
import { letOthersRun, runAlone } from './pool.ts'
import { dropThread, setResult } from './record.ts'

/** What a spawn sends: the closure's number, what it captures, its arguments. */
export type Body = readonly [closure: number, captures: readonly unknown[], args: readonly unknown[]]

/** Rounds of watching the queue that take about a microsecond. */
const ROUNDS_PER_LOOK = 128

/** Runs threads for as long as the process lives; a worker for one thread ends after it. */
export async function work(only: number): Promise<void> {
  platform.onExit(code => {
    i32[(self + SLOT_EXIT) >> 2] = code + 1
  })
  platform.onUncaught(error => {
    const thread = i32[(self + SLOT_THREAD) >> 2]
    if (thread !== 0) finish(thread, storeError(thread, error) ? OUTCOME_ERROR : OUTCOME_DIED)
    else platform.printError(`Uncaught outside of any thread: ${String(error)}\n`)
    platform.exit()
  })
  if (only !== 0) {
    i32[(self + SLOT_THREAD) >> 2] = only
    Atomics.store(i32, (only + THREAD_STATE) >> 2, THREAD_RUNNING)
    await run(only)
    platform.exit()
  }
  for (;;) {
    const thread = core.popThread(self) || watchQueue() || (await nextThread())
    const finished = run(thread)
    if (finished !== undefined) await finished
  }
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
  await platform.turn()
  return block(idle)
}

/** The wait of a worker without a thread. */
const idle: Attempt<number> = {
  deadline: Infinity,
  poll: () => core.popThread(self) || PENDING,
  ready: () => Atomics.load(i32, RUN_HEAD >> 2) !== 0,
  enter(waiter) {
    core.enterQueue(self, IDLE_QUEUE, waiter)
    return true
  },
  leave: waiter => core.leaveQueue(self, waiter) !== 0,
  woken: () => core.popThread(self) || PENDING,
}

/** Runs one thread to its end; a promise if it does not end at once. */
function run(thread: number): Promise<void> | undefined {
  let body: Body
  try {
    body = takeBody(thread)
  } catch (error) {
    return void fail(thread, error)
  }
  const factory = factoryOf(body[0])
  return factory === undefined ? loadAndRun(thread, body) : call(thread, factory, body)
}

function takeBody(thread: number): Body {
  const at = i32[(thread + THREAD_BODY) >> 2]
  i32[(thread + THREAD_BODY) >> 2] = 0
  return fromBlock(at, i32[(thread + THREAD_BODY_LENGTH) >> 2]) as Body
}

async function loadAndRun(thread: number, body: Body): Promise<void> {
  try {
    await call(thread, await loadFactory(body[0]), body)
  } catch (error) {
    fail(thread, error)
  }
}

function call(thread: number, factory: Factory, body: Body): Promise<void> | undefined {
  letOthersRun()
  try {
    const result = factory(body[1])(...body[2])
    if (isThenable(result)) return settle(thread, result)
    succeed(thread, result)
  } catch (error) {
    fail(thread, error)
  }
  return undefined
}

async function settle(thread: number, result: PromiseLike<unknown>): Promise<void> {
  // The thread's event loop runs, its code does not: others may.
  const others = waitingForLoop()
  try {
    const value = await result
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
    setResult(thread, toBlock(value, 'move'))
  } catch (error) {
    return fail(thread, error)
  }
  finish(thread, OUTCOME_VALUE)
}

function fail(thread: number, error: unknown): void {
  finish(thread, storeError(thread, error) ? OUTCOME_ERROR : OUTCOME_DIED)
}

function finish(thread: number, outcome: number): void {
  runAlone()
  endThreadLocals()
  if (i32[(self + SLOT_HELD) >> 2] !== 0) poisonHeldLocks()
  abandonWaits()
  endLife()
  core.finishThread(self, thread, outcome)
  i32[(self + SLOT_THREAD) >> 2] = 0
  dropThread(thread)
}

/** A thread that ends with a guard in its hands has not left the value as it should be. */
function poisonHeldLocks(): void {
  const id = i32[(self + SLOT_ID) >> 2]
  for (let lock = core.nextThing(LOCKS, 0); lock !== 0; lock = core.nextThing(LOCKS, lock)) {
    if (Atomics.load(i32, (lock + MUTEX_LOCK) >> 2) === id) core.mutexAbandoned(self, lock)
  }
  i32[(self + SLOT_HELD) >> 2] = 0
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
