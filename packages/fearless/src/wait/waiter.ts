/** Waiters of this thread: what stands in a wait queue for it. They live in a size class that a reaper can walk. */
import { WAITERS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import {
  WAITER_CHOSEN,
  WAITER_CLAIM,
  WAITER_QUEUE,
  WAITER_SLEEP,
  WAITER_SLOT,
  WAITER_STATE,
  WAITER_TOKEN,
  WAITER_YIELDS,
} from '../core/wait-queue.ts'
import { heapFull, i32 } from '../memory/heap.ts'

/** A waiter of this thread; `yields` if its event loop, not the thread, waits. */
export function newWaiter(yields: 0 | 1): number {
  const waiter = core.takeThing(self, WAITERS)
  if (waiter === 0) throw heapFull(64)
  // RACE: a reaper looks at the state, the line, the kind and the slot of every waiter.
  Atomics.store(i32, (waiter + WAITER_STATE) >> 2, 0)
  Atomics.store(i32, (waiter + WAITER_QUEUE) >> 2, 0)
  Atomics.store(i32, (waiter + WAITER_YIELDS) >> 2, yields)
  Atomics.store(i32, (waiter + WAITER_SLEEP) >> 2, 0)
  i32[(waiter + WAITER_CLAIM) >> 2] = 0
  i32[(waiter + WAITER_CHOSEN) >> 2] = 0
  i32[(waiter + WAITER_TOKEN) >> 2] = 0
  Atomics.store(i32, (waiter + WAITER_SLOT) >> 2, self)
  return waiter
}

export function freeWaiter(waiter: number): void {
  Atomics.store(i32, (waiter + WAITER_SLOT) >> 2, 0)
  core.release(self, waiter)
}
