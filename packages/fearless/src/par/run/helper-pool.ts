/**
 * The pool of helpers: with the calling thread, one thread for each processor. `FEARLESS_PAR_THREADS` sets that number.
 *
 * Helpers start when shared work has once been worth their boot. Between regions they sleep in a wait queue, use no
 * processor time, and do not keep the process alive.
 */
import { add, cas, get, load } from '../../core/memory.ts'
import { PARALLELISM, PAR_HELPERS } from '../../core/layout.ts'
import { HeapFullError } from '../../errors.ts'
import { dropHandle, liveObjectOf } from '../../memory/handles/handle.ts'
import { wholeNumber } from '../../platform/settings.ts'
import { __fl$ } from '../../thread/closure/closure.ts'
import { scopeThread } from '../../thread/pool/thread-owners.ts'
import { spawnThread } from '../../thread/spawn.ts'
import './on-worker-death.ts'
import { HELPER_URL } from './helper.ts'

/** Shared work, in milliseconds, that is worth starting the helpers. */
export const WORTH_STARTING_MS = 3

let threads = 0
/** Work while helpers were missing, since the last attempt that failed. */
let unsharedMs = 0

/**
 * How many threads take part in parallel work, the calling one included.
 *
 * ```ts
 * par.currentNumThreads() >= 1 // => true
 * ```
 *
 * Throws `EnvironmentError` if `FEARLESS_PAR_THREADS` is not a number of threads.
 */
export function currentNumThreads(): number {
  if (threads === 0) threads = wholeNumber('FEARLESS_PAR_THREADS', 'of threads', 1, 256) ?? get(PARALLELISM)
  return threads
}

/**
 * Returns whether there are helpers for work of `ms` milliseconds. Starts those that are missing if all work so far was
 * worth it: at first all of them, later those that replace the dead.
 */
export function ensureHelpers(ms: number): boolean {
  const wanted = currentNumThreads() - 1
  if (wanted === 0) return false
  if (load(PAR_HELPERS) < wanted) {
    unsharedMs += ms
    if (unsharedMs >= WORTH_STARTING_MS) while (addHelper(wanted));
  }
  return load(PAR_HELPERS) > 0
}

/** Starts a helper. Returns false if the pool is full, or the heap has no room for one. */
function addHelper(wanted: number): boolean {
  const before = load(PAR_HELPERS)
  if (before >= wanted) return false
  if (cas(PAR_HELPERS, before, before + 1) !== before) return true
  try {
    const body = __fl$(() => {}, HELPER_URL)
    const helper = spawnThread({ name: `parallel helper ${before + 1}` }, body, [], 'copy')
    // Its death is reported by the regions that it works for (on-worker-death.ts).
    scopeThread(liveObjectOf(helper))
    dropHandle(helper)
    return true
  } catch (error) {
    add(PAR_HELPERS, -1)
    if (!(error instanceof HeapFullError)) throw error
    // The next attempt comes after as much work again, because each one searches the heap for the advice of its error.
    unsharedMs = 0
    return false
  }
}
