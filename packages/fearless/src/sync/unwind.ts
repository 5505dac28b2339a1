/** Unwinding: an error leaves the block of a `using` and releases its resource on the way, after Rust's unwinding. */
import { load, nap, notify, swap } from '../core/memory.ts'
import { self } from '../core/index.ts'
import { SLOT_LAST_UNWIND } from '../core/layout.ts'
import { platform } from '#platform'

import { monotonicNow } from '../wait/operation.ts'

/** An optional method of a resource, called instead of its disposer when an error leaves the block. */
export const UNWIND: unique symbol = Symbol.for('fearless.unwind') as never

/** The number of disposers of this thread that run because an error leaves their block. */
let unwinding = 0

/**
 * Runs a disposer because an error leaves its block. In an async disposer, only the part before its first `await`
 * counts.
 */
export function whileUnwinding<T>(dispose: () => T): T {
  unwinding++
  try {
    return dispose()
  } finally {
    unwinding--
  }
}

/**
 * Whether this thread unwinds. Returns true inside a `[Symbol.dispose]` that runs because an error leaves its block.
 *
 * ```ts
 * let outcome = ''
 * const transaction = { [Symbol.dispose]: () => { outcome = thread.panicking() ? 'rolled back' : 'committed' } }
 * try {
 *   using _t = transaction
 *   throw new Error('half way')
 * } catch {}
 * outcome // => 'rolled back'
 * ```
 *
 * Never waits. Only the compiler's `using` detects the error, so the result is false without the compiler, and in a
 * `catch` or a `finally`. In an `await using` it is true until the disposer awaits.
 */
export function panicking(): boolean {
  return unwinding > 0
}

/** Returns milliseconds on a clock that all threads share. It wraps around after 12 days and is never 0. */
const clock = (): number => (Math.trunc(monotonicNow() + platform.steadyOrigin) & 0x3fff_ffff) + 1

/**
 * Records that an error is about to release a resource of this thread. The release may end the process before the
 * thread's panic is stored, so the exit waits for that for a limited time (`awaitUnwinding`).
 */
export function beginUnwinding(): void {
  setUnwinding(clock())
}

/** Records that the panic of this thread is stored, or that the thread ended without one. */
export function endUnwinding(): void {
  setUnwinding(0)
}

function setUnwinding(since: number): void {
  if (swap(self + SLOT_LAST_UNWIND, since) !== 0) notify(self + SLOT_LAST_UNWIND, 0x7fff_ffff)
}

/**
 * Blocks while the thread in `slot` unwinds, at most until `ms` milliseconds after the unwinding began. The limit is
 * needed because the error may have been caught. It was caught if the thread unwinds again.
 */
export function awaitUnwinding(slot: number, ms: number): void {
  const begun = load(slot + SLOT_LAST_UNWIND)
  const since = clock() - begun
  // The clocks of two threads differ slightly. A large difference means that one of them has wrapped around.
  if (begun !== 0 && since < ms && since > -ms) nap(slot + SLOT_LAST_UNWIND, begun, ms - since)
}
