/**
 * The harness of the models above the core: the library, and threads that use it without `thread.spawn`.
 *
 * So only the code under test makes steps. Each thread gets a slot and a few free blocks. The allocator has its own
 * models, and refills by every thread of every model would multiply the number of interleavings.
 */
import { HANDLES, LARGE, SEMAPHORES, WAITERS, sizeClass } from '../../core/alloc.ts'
import { core, self } from '../../core/index.ts'
import { HEAP_FIRST, HEAP_TOP, NEXT_SLOT, SLOTS, SLOT_CACHES, SLOT_SIZE } from '../../core/layout.ts'
import {
  DETACHED_RUN,
  ENTRY_SHIFT,
  FREE_RUN,
  PAGE_COUNT,
  PAGE_KIND,
  SPAN_FREE,
  addressOf,
  entryOf,
} from '../../core/pages.ts'
import { Handle } from '../../memory/handles/handle.ts'
import { Mutex } from '../../sync/mutex.ts'
import { reapWorker } from '../../thread/pool/reaper.ts'
import { deathPoint, endDeath, enableDeath } from '../engine/death.ts'
import { clearThreadVariables, loadThreadVariables } from '../simulated/thread-variables.ts'
import { threadState, world } from '../drivers/world.ts'

export * from '../simulated/library.ts'
export { core, self } from '../../core/index.ts'
export * as channels from '../../core/channel.ts'
export * as layout from '../../core/layout.ts'
export * as realm from '../simulated/globals.ts'
export * as queues from '../../core/wait-queue.ts'
export * as jobs from '../../par/run/jobs.ts'
export * as deques from '../../core/deque.ts'
export * as regions from '../../par/run/region.ts'
export { closureNumber, closureUrl } from '../../thread/closure/closure.ts'
export { newThread } from '../../thread/pool/thread-record.ts'
export { registerScopedThread, openScope } from '../../thread/scope.ts'
export * as pool from '../../thread/pool/pool.ts'
export { waitForThread } from '../../thread/pool/worker.ts'
export { platform } from '#platform'
export { runSupervisor } from '../../thread/pool/supervisor.ts'
export { WAITERS } from '../../core/alloc.ts'
export * as threads from '../../core/run-queue.ts'
export { endDeath, enableDeath } from '../engine/death.ts'
export { PENDING } from '../../wait/operation.ts'
export { Cancellation } from '../../wait/cancellation.ts'
export { ownsEveryHandle, describeStrandedSlot } from '../../wait/loop-deadlock.ts'
export { blockUntil } from '../../wait/park.ts'
export { yieldUntilComplete } from '../../wait/yield.ts'
export { cloneHandle, dropHandle, reviveHandle, liveObjectOf } from '../../memory/handles/handle.ts'
export { holdVec, refuseHeldVec } from '../../sync/vec.ts'
export { findStatic, mayDropStatic, publishStatic } from '../../memory/codec/statics.ts'

const SUPPLY = [WAITERS, HANDLES, sizeClass(16), sizeClass(64), sizeClass(128)]
const EACH = 2

// Every call of the core enters a function, which is a point of death.
for (const [name, f] of Object.entries(core)) {
  if (typeof f !== 'function') continue
  Object.assign(core, {
    [name](...args: never[]) {
      deathPoint()
      return (f as (...args: never[]) => unknown)(...args)
    },
  })
}

/** Runs the bodies as threads that use the library, and joins all. */
export function runThreads(...bodies: readonly (() => void)[]): void {
  runThreadsWithDeaths(
    0,
    bodies.map(body => () => body),
  )
}

/**
 * Runs threads of which one may die: each body takes over its arguments and returns the action.
 *
 * One of the first `mortals` threads may die at any point of its action. The reaper then completes its operations.
 */
export function runThreadsWithDeaths(mortals: number, bodies: readonly (() => () => void)[]): void {
  loadThreadVariables()
  const reaper = mortals === 0 ? 0 : newSlot()
  const doomed = mortals === 0 ? -1 : world().choose(mortals + 1)
  const threads = bodies.map((body, i) => {
    const slot = newSlot()
    const thread = world().spawn(() => {
      live(slot)
      const act = body()
      if (i !== doomed || i === mortals) return act()
      enableDeath()
      let thrown: unknown
      try {
        act()
      } catch (error) {
        thrown = error
      }
      if (!endDeath()) {
        if (thrown !== undefined) throw thrown
        return
      }
      live(reaper)
      reapWorker(slot, undefined)
    })
    return thread
  })
  for (const thread of threads) world().join(thread)
}

function live(slot: number): void {
  clearThreadVariables()
  threadState().inheritance = { slot: (slot - SLOTS) / SLOT_SIZE, role: 'worker', thread: 0 }
  loadThreadVariables()
}

function newSlot(): number {
  const slot = core.newSlot(self)
  for (const kind of SUPPLY) for (let i = 0; i < EACH; i++) core.free(slot, core.allocateOfClass(self, kind))
  return slot
}

/** Gives a handle away. The caller of the returned function owns it. */
export function transferHandle<H extends Handle>(handle: H): () => H {
  const { record } = handle
  const { constructor } = handle as unknown as { constructor: new (...args: unknown[]) => H }
  core.packHandle(self, record)
  core.endPacking(self)
  core.markInTransit(self, record)
  handle.record = 0
  handle.moved = true
  // The first parameter of Mutex's constructor is its value.
  return () => (handle instanceof Mutex ? new constructor(undefined, record) : new constructor(record))
}

/** Drops a handle. Unlike `drop` it accepts a handle of any type. */
export function dropResource(thing: Disposable): void {
  thing[Symbol.dispose]()
}

/** Returns the free blocks, after all threads have ended. Fails if a block was freed twice. */
export function freeBlocks(): Pick<ReadonlySet<number>, 'has'> {
  const free = new Set<number>()
  const word = (at: number): number => world().get(at, 'i32')
  const walk = (list: number): void => {
    for (let block = word(list); block !== 0; block = word(block)) {
      if (free.has(block)) throw new Error('a block was freed twice')
      free.add(block)
    }
  }
  const runs: { kind: number; from: number; to: number }[] = []
  for (let run = entryOf(word(HEAP_FIRST)); addressOf(run) < word(HEAP_TOP);) {
    const next = run + (word(run + PAGE_COUNT) << ENTRY_SHIFT)
    const kind = word(run + PAGE_KIND)
    if (kind !== FREE_RUN && kind !== DETACHED_RUN && kind - 1 !== LARGE) walk(run + SPAN_FREE)
    runs.push({ kind, from: addressOf(run), to: addressOf(next) })
    run = next
  }
  for (let kind = 0; kind <= SEMAPHORES; kind++)
    for (let id = 1; id <= word(NEXT_SLOT); id++) walk(SLOTS + id * SLOT_SIZE + SLOT_CACHES + kind * 8)
  return {
    has: block =>
      free.has(block) ||
      block >= word(HEAP_TOP) ||
      runs.some(({ kind, from, to }) => kind === FREE_RUN && block >= from && block < to),
  }
}
