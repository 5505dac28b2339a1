/**
 * The harness of the core's models: slots, waiters and zeroed memory, made without the allocator.
 *
 * So only the state machine under test makes steps.
 */
import { world } from '../drivers/world.ts'

export type Core = typeof import('./core-entry.ts')

export interface CoreHarness {
  readonly core: Core
  /** Initialises the slot of a thread that may block. */
  slot(id: number): number
  /** Returns zeroed bytes that share no cache line with others. */
  zeroed(bytes: number): number
  /** Returns a waiter that blocks, or with `yields` = 1 one of an event loop. */
  waiter(slot: number, yields?: 0 | 1): number
  /** Sleeps until the waiter is woken. */
  sleep(waiter: number): void
}

export function newCoreHarness(core: Core): CoreHarness {
  const { layout, memory, waitQueue } = core
  let top: number = layout.PAGE_TABLE
  const place = (bytes: number): number => (top += (bytes + 127) & ~127) - ((bytes + 127) & ~127)
  return {
    core,
    slot(id) {
      const slot = layout.SLOTS + id * layout.SLOT_SIZE
      memory.set(slot + layout.SLOT_ID, id)
      memory.set(slot + layout.SLOT_MAY_BLOCK, 1)
      return slot
    },
    zeroed: place,
    waiter(slot, yields = 0) {
      const waiter = place(64)
      memory.set(waiter + waitQueue.WAITER_SLOT, slot)
      memory.set(waiter + waitQueue.WAITER_YIELDS, yields)
      return waiter
    },
    sleep: waiter => void world().wait(waiter + waitQueue.WAITER_STATE, waitQueue.WAITER_QUEUED, Infinity),
  }
}

/** Runs the bodies as threads and joins all. */
export function runThreads(...bodies: readonly (() => void)[]): void {
  const threads = bodies.map(body => world().spawn(body))
  for (const thread of threads) world().join(thread)
}

/** Fails the running execution with the message unless the condition holds. */
export function assertInvariant(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
