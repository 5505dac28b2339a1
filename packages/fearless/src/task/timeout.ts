/** `timeout`: a time limit for a job, after tokio's `timeout`. */
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { TimeoutError } from '../errors.ts'
import { monotonicNow } from '../wait/operation.ts'
import { Cancellation, abortSignalOfFunction } from '../wait/cancellation.ts'
import { isWait } from '../wait/wait.ts'
import { isThenable, type TaskBody } from './task-handle.ts'

const LONGEST_TIMER = 0x7fff_ffff

/**
 * Runs `f` and returns its value if that is available within `ms` milliseconds.
 *
 * ```ts
 * const page = await timeout(1000, async signal => {
 *   const response = await fetch('data:text/plain,hi', { signal })
 *   return await response.text()
 * })
 * page // => 'hi'
 * ```
 *
 * Throws `TimeoutError` at the limit, and aborts the signal of `f`; it does not wait for `f` to react. A value or error
 * of `f` that comes later is dropped, with the handles in it that `f` has made. A value that is available counts, even
 * if the deadline has passed. A wait of this library in `f` throws the same error and takes nothing, as in an aborted
 * task: no message is lost.
 */
export function timeout<R>(ms: number, f: TaskBody<R>): Promise<Awaited<R>> {
  const outer = Cancellation.current
  return (
    outer?.refusal() ??
    new Promise((resolve, reject) => {
      if (typeof ms !== 'number' || !(ms >= 0))
        throw new RangeError(`A time limit must be 0 or more milliseconds, got ${describe(ms)}. Pass such a number.`)
      if (typeof f !== 'function')
        throw new TypeError(`\`timeout\` expects a function, got ${describe(f)}. Write \`timeout(100, () => job())\`.`)
      const deadline = monotonicNow() + ms
      const controller = f.length > 0 ? new AbortController() : undefined
      let stop = (): void => {}
      let isSettled = false
      const cancellation = new Cancellation(outer, controller !== undefined, error => {
        if (controller !== undefined) abortSignalOfFunction(controller, error, cancellation)
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
        // A wait of this library checks whether it is ready before it checks its limit.
        if (isWait(result)) return end(resolve)(result.within(ms) as PromiseLike<Awaited<R>>)
        const job = result as PromiseLike<Awaited<R>>
        job.then(end(resolve), end(reject))
      } catch (error) {
        return end(reject)(error)
      }
      stop = whenOver(deadline, () =>
        cancellation.cancel(
          new TimeoutError(`The job did not finish within ${ms} ms. Raise the limit, or catch TimeoutError.`),
        ),
      )
    })
  )
}

/**
 * Calls `f` after the deadline, once the events until then were delivered. Returns a function that cancels the call.
 */
function whenOver(deadline: number, f: () => void): () => void {
  const arm = (): ReturnType<typeof setTimeout> =>
    setTimeout(onTimer, Math.min(LONGEST_TIMER, Math.max(0, Math.ceil(deadline - monotonicNow()))))
  const onTimer = (): void => {
    // RACE: a timer may fire a little early, and a long one is split.
    if (monotonicNow() < deadline) timer = arm()
    // Timers run before the events that arrived meanwhile. One turn lets a finished job resolve.
    else void platform.turn().then(f)
  }
  let timer = arm()
  return () => clearTimeout(timer)
}
