/** A time limit for a job. */
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { TimeoutError } from '../errors.ts'
import { now } from '../wait/attempt.ts'
import { Cancellation, abortSignal } from '../wait/cancellation.ts'
import { isWait } from '../wait/wait.ts'
import { isThenable, type Body } from './handle.ts'

const LONGEST_TIMER = 0x7fff_ffff

/**
 * Gives what `f` returns, if that is there within `ms` milliseconds.
 *
 * ```ts
 * const page = await timeout(1000, async signal => {
 *   const response = await fetch('data:text/plain,hi', { signal })
 *   return await response.text()
 * })
 * page // => 'hi'
 * ```
 *
 * Throws `TimeoutError` when the time is over, whether or not `f` heeds its signal, which is aborted then; what `f`
 * returns or throws afterwards is dropped: a `Sender` in it that `f` has made ends. A result that is there counts, even if the
 * deadline has passed. A wait of this library that `f` is in ends with the same error and takes nothing, as in a task that is
 * aborted: no message is lost.
 */
export function timeout<R>(ms: number, f: Body<R>): Promise<Awaited<R>> {
  const outer = Cancellation.current
  return (
    outer?.refusal() ??
    new Promise((resolve, reject) => {
      if (typeof ms !== 'number' || !(ms >= 0))
        throw new RangeError(`A time limit must be 0 or more milliseconds, not ${describe(ms)}.`)
      if (typeof f !== 'function')
        throw new TypeError('A job with a time limit is a function: `timeout(100, () => job())`.')
      const deadline = now() + ms
      const controller = f.length > 0 ? new AbortController() : undefined
      let stop = (): void => {}
      let isSettled = false
      const cancellation = new Cancellation(outer, controller !== undefined, error => {
        if (controller !== undefined) abortSignal(controller, error, cancellation)
        end(reject)(error)
      })
      const end =
        <A>(settle: (outcome: A) => void) =>
        (outcome: A): void => {
          if (isSettled) return cancellation.discard(outcome)
          isSettled = true
          stop()
          cancellation.end()
          settle(outcome)
        }
      try {
        const result = cancellation.run(() => f(controller?.signal as AbortSignal))
        if (!isThenable(result)) return end(resolve)(result as Awaited<R>)
        // The wait itself knows the limit, and looks at what is there before it looks at the clock.
        if (isWait(result)) return end(resolve)(result.within(ms) as PromiseLike<Awaited<R>>)
        const job = result as PromiseLike<Awaited<R>>
        job.then(end(resolve), end(reject))
      } catch (error) {
        return end(reject)(error)
      }
      stop = whenOver(deadline, () =>
        cancellation.cancel(
          new TimeoutError(`The job was not done within ${ms} ms. Give it more time, or go on without it.`),
        ),
      )
    })
  )
}

/** Calls `f` when the deadline has passed and what was ready by then was delivered; returns what calls that off. */
function whenOver(deadline: number, f: () => void): () => void {
  const arm = (): ReturnType<typeof setTimeout> =>
    setTimeout(onTimer, Math.min(LONGEST_TIMER, Math.max(0, Math.ceil(deadline - now()))))
  const onTimer = (): void => {
    // A timer may fire a little early, and a long one in parts.
    if (now() < deadline) timer = arm()
    // Timers run before what has arrived meanwhile: one turn lets a job that is done say so.
    else void platform.turn().then(f)
  }
  let timer = arm()
  return () => clearTimeout(timer)
}
