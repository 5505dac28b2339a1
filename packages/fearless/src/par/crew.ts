/**
 * The helpers: long-lived threads that take what others offer. There are as many as make, with the one that calls,
 * one thread for every processor; `FEARLESS_PAR_THREADS` sets that number.
 *
 * They start when parallel work has been worth their boot once; then they sleep in a wait queue between regions, use no
 * processor, and do not keep the process alive.
 */
import { wholeNumber } from '../platform/settings.ts'
import { PARALLELISM, PAR_HELPERS } from '../core/layout.ts'
import { dropHandle, liveObjectOf } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { __fl$ } from '../thread/closure/closure.ts'
import { scopeThread } from '../thread/pool/owners.ts'
import { spawnThread } from '../thread/spawn.ts'
import './death.ts'
import { HELPER_URL } from './helper.ts'

/** Shared work, in milliseconds, that pays for starting the helpers. */
export const WORTH_STARTING_MS = 3

let threads = 0
let missed = 0

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
  if (threads === 0) threads = wholeNumber('FEARLESS_PAR_THREADS', 'of threads', 1, 256) ?? i32[PARALLELISM >> 2]
  return threads
}

/** Called with the work, in milliseconds, that is about to be shared: whether there is anybody to share it with. */
export function callHelpers(ms: number): boolean {
  const wanted = currentNumThreads() - 1
  if (wanted === 0) return false
  if (Atomics.load(i32, PAR_HELPERS >> 2) >= wanted) return true
  missed += ms
  if (missed < WORTH_STARTING_MS) return false
  while (addHelper(wanted));
  return true
}

function addHelper(wanted: number): boolean {
  const before = Atomics.load(i32, PAR_HELPERS >> 2)
  if (before >= wanted) return false
  if (Atomics.compareExchange(i32, PAR_HELPERS >> 2, before, before + 1) !== before) return true
  try {
    const body = __fl$(() => {}, HELPER_URL)
    const helper = spawnThread({ name: `parallel helper ${before + 1}` }, body, [], 'copy')
    // The regions that it worked for learn of its death.
    scopeThread(liveObjectOf(helper))
    dropHandle(helper)
    return true
  } catch (error) {
    Atomics.sub(i32, PAR_HELPERS >> 2, 1)
    throw error
  }
}
