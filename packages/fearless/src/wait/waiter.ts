/**
 * Waiters: the records that represent this thread in wait queues. They have a size class of their own, so that the
 * reaper can enumerate them.
 */
import { set, store } from '../core/memory.ts'
import { WAITERS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import {
  WAITER_OWN_CLAIM,
  WAITER_CLAIM,
  WAITER_QUEUE,
  WAITER_SLEEP,
  WAITER_SLOT,
  WAITER_STATE,
  WAITER_TOKEN,
  WAITER_YIELDS,
} from '../core/wait-queue.ts'
import { heapFullError } from '../memory/heap.ts'

/**
 * Allocates a waiter of this thread. `yields` is 1 if the event loop waits, 0 if the thread blocks. Throws if the heap
 * is full.
 */
export function newWaiter(yields: 0 | 1): number {
  const waiter = core.allocateOfClass(self, WAITERS)
  if (waiter === 0) throw heapFullError(64)
  // RACE: the reaper of another thread may read the state, the queue, the kind and the slot of every waiter at any
  // time.
  store(waiter + WAITER_STATE, 0)
  store(waiter + WAITER_QUEUE, 0)
  store(waiter + WAITER_YIELDS, yields)
  store(waiter + WAITER_SLEEP, 0)
  set(waiter + WAITER_CLAIM, 0)
  set(waiter + WAITER_OWN_CLAIM, 0)
  set(waiter + WAITER_TOKEN, 0)
  store(waiter + WAITER_SLOT, self)
  return waiter
}

export function freeWaiter(waiter: number): void {
  store(waiter + WAITER_SLOT, 0)
  core.free(self, waiter)
}
