/**
 * The locks of a thread that has ended, or whose worker died: all of them become free, those it could have changed under
 * are poisoned, and whoever waits for one goes on.
 */
import { LOCKS, RW_LOCKS } from '../core/alloc.ts'
import { core, self } from '../core/index.ts'
import { MUTEX_LOCK } from '../core/mutex.ts'
import { i32 } from '../memory/heap.ts'

/** Every thing of one kind there ever was; free ones too. */
export function* things(kind: number): Generator<number> {
  for (let thing = core.nextThing(kind, 0); thing !== 0; thing = core.nextThing(kind, thing)) yield thing
}

/** Frees what the thread in the slot with this id held. A free block's first word is 0 or an address, never an id. */
export function releaseLocks(id: number): void {
  for (const lock of things(LOCKS)) {
    if (Atomics.load(i32, (lock + MUTEX_LOCK) >> 2) === id) core.mutexAbandoned(self, lock)
  }
  // Also those it held no share of: it may have died between a change and the wake that it owed.
  for (const lock of things(RW_LOCKS)) core.rwAbandoned(self, lock, id)
}
