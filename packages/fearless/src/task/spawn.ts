/** Starts tasks that belong to no set and no scope. */
import { TaskHandle, type Body } from './handle.ts'

/**
 * Runs `f` as a task on this thread's event loop. The task runs whether or not it is joined.
 *
 * ```ts
 * const greeting = task.spawn(async () => {
 *   await sleep(10)
 *   return 'hi'
 * })
 * await greeting.join() // => 'hi'
 * ```
 *
 * `f` never begins inside of `spawn`: tasks begin in order, as soon as the code that spawned them yields. A task that
 * may be aborted takes a signal and passes it on: `task.spawn(async signal => fetch(url, { signal }))`.
 */
export function spawn<R>(f: Body<R>): TaskHandle<Awaited<R>> {
  return new TaskHandle<Awaited<R>>(f, undefined)
}
