/** Unwinding: an error leaves the block of a `using`, and ends its resource on the way. */
import { self } from '../core/index.ts'
import { SLOT_UNWINDS } from '../core/layout.ts'
import { platform } from '#platform'
import { i32 } from '../memory/heap.ts'
import { now } from '../wait/attempt.ts'

/** A method that a resource may have: called instead of its disposer when an error is on its way. */
export const UNWIND: unique symbol = Symbol.for('fearless.unwind') as never

/** How many disposers of this thread run because an error leaves their block. */
let unwinding = 0

/** Runs a disposer because an error leaves its block. Of an async one, its part before the first `await` counts. */
export function whileUnwinding<T>(dispose: () => T): T {
  unwinding++
  try {
    return dispose()
  } finally {
    unwinding--
  }
}

/**
 * Whether this thread unwinds: true inside of a `[Symbol.dispose]` that runs because an error leaves its block.
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
 * Never waits. Only the compiler's `using` knows that an error is on its way: without the compiler, and in a `catch` or a
 * `finally`, it is false. Of an `await using` it is true until the disposer awaits.
 */
export function panicking(): boolean {
  return unwinding > 0
}

/** Milliseconds on one clock of all threads, which comes around after 12 days; never 0. */
const clock = (): number => (Math.trunc(now() + platform.steadyOrigin) & 0x3fff_ffff) + 1

/**
 * An error is about to end a resource of this thread. The process may end by that, before the thread's panic is stored: its
 * exit waits a moment for that.
 */
export function noteUnwinding(): void {
  setUnwinding(clock())
}

/** The panic of this thread is stored, or it has ended without one. */
export function endUnwinding(): void {
  setUnwinding(0)
}

function setUnwinding(since: number): void {
  if (Atomics.exchange(i32, (self + SLOT_UNWINDS) >> 2, since) !== 0) Atomics.notify(i32, (self + SLOT_UNWINDS) >> 2)
}

/**
 * Blocks while the thread in `slot` unwinds, at most until `ms` milliseconds after it began: the error may have been caught.
 * It was, if the thread unwinds once more.
 */
export function awaitUnwinding(slot: number, ms: number): void {
  const begun = Atomics.load(i32, (slot + SLOT_UNWINDS) >> 2)
  const since = clock() - begun
  // The clocks of two threads differ by a little; by more, only where they have come around.
  if (begun !== 0 && since < ms && since > -ms) Atomics.wait(i32, (slot + SLOT_UNWINDS) >> 2, begun, ms - since)
}
