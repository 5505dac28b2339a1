/**
 * The stage on which the core's own models play: slots, waiters and zeroed places in simulated memory, made without the
 * allocator, so that nothing but the state machine in question takes part.
 */
import { world } from '../drivers/world.ts'

export type Core = typeof import('./core-entry.ts')

export interface Stage {
  readonly core: Core
  /** The slot of a thread that may block. */
  slot(id: number): number
  /** Zeroed bytes in a line of their own. */
  place(bytes: number): number
  /** A waiter that blocks, or (1) of an event loop. */
  waiter(slot: number, yields?: 0 | 1): number
  /** Sleeps until the waiter is woken. */
  sleep(waiter: number): void
}

export function newStage(core: Core): Stage {
  const { layout, memory, waitQueue } = core
  let top: number = layout.PAGE_TABLE
  const place = (bytes: number): number => (top += (bytes + 127) & ~127) - ((bytes + 127) & ~127)
  return {
    core,
    slot(id) {
      const slot = layout.SLOTS + id * layout.SLOT_SIZE
      memory.set(slot + layout.SLOT_ID, id)
      memory.set(slot + layout.SLOT_BLOCKS, 1)
      return slot
    },
    place,
    waiter(slot, yields = 0) {
      const waiter = place(64)
      memory.set(waiter + waitQueue.WAITER_SLOT, slot)
      memory.set(waiter + waitQueue.WAITER_YIELDS, yields)
      return waiter
    },
    sleep: waiter => void world().wait(waiter + waitQueue.WAITER_STATE, waitQueue.WAITER_QUEUED, Infinity),
  }
}

/** Runs the bodies as threads and waits for all. */
export function together(...bodies: readonly (() => void)[]): void {
  const threads = bodies.map(body => world().spawn(body))
  for (const thread of threads) world().join(thread)
}

/** Fails the execution that runs now. */
export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}
