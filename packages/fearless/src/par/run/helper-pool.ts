/**
 * The pool of helpers: with the calling thread, one thread for each processor. `FEARLESS_PAR_THREADS` sets that number.
 *
 * Helpers start when shared work has once been worth their boot. Between regions they sleep in a wait queue, use no
 * processor time, and do not keep the process alive.
 */
import { add, cas, get, load } from '../../core/memory.ts'
import { PARALLELISM, PAR_HELPERS } from '../../core/layout.ts'
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
/** Work that was not shared because there were no helpers yet. */
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
 * Makes sure that there are helpers for work of `ms` milliseconds. Returns false if there are none: the pool has no
 * place for one, or all work so far was not worth starting them.
 */
export function ensureHelpers(ms: number): boolean {
  const wanted = currentNumThreads() - 1
  if (wanted === 0) return false
  if (load(PAR_HELPERS) >= wanted) return true
  unsharedMs += ms
  if (unsharedMs < WORTH_STARTING_MS) return false
  while (addHelper(wanted));
  return true
}

/** Returns false once the pool is full. */
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
    throw error
  }
}
