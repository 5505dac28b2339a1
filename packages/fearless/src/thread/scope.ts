/** Threads that end before the scope does, and may therefore borrow. */
import { PanicError } from '../errors.ts'
import { dropHandle, isAlive } from '../memory/handle.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import type { JoinHandle } from './handle.ts'
import { start } from './spawn.ts'

/** Where scoped threads are spawned. */
export class Scope {
  declare readonly [crossing]: Crossing<
    'Scope',
    'never: it ends with the function it was given to',
    'never: it ends with the function it was given to'
  >
  readonly #handles: JoinHandle<unknown>[] = []

  /** Like `thread.spawn`, but `f` borrows what it captures: it gets a read-only copy of data, and shares handles. */
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    const handle = start<Awaited<R>>({}, f, args, 'copy')
    this.#handles.push(handle)
    return handle
  }

  /** @internal Waits for every thread that was not joined; whether one of them panicked. */
  async end(): Promise<PanicError | undefined> {
    let panic: PanicError | undefined
    // Threads may be spawned while others are waited for.
    for (const handle of this.#handles) {
      if (!isAlive(handle)) continue
      try {
        await handle.join()
      } catch (cause) {
        panic ??= new PanicError('A scoped thread panicked, and nobody joined it. What it threw is in `cause`.', { cause })
      } finally {
        dropHandle(handle)
      }
    }
    return panic
  }
}

/**
 * Runs `f` with a scope whose threads all end before this does; they may borrow what `f` can see.
 *
 * ```ts
 * const words = ['a', 'b', 'c']
 * const total = await thread.scope(async s => {
 *   const half = s.spawn(() => words.length)
 *   return await half.join()
 * })
 * total // => 3
 * ```
 *
 * What `f` throws is thrown after all threads have ended, and before what they threw. A thread that panicked and was
 * not joined makes it throw `PanicError`.
 */
export async function scope<R>(f: (scope: Scope) => R): Promise<Awaited<R>> {
  const s = new Scope()
  let result: Awaited<R>
  try {
    result = await f(s)
  } catch (error) {
    await s.end()
    throw error
  }
  const panic = await s.end()
  if (panic !== undefined) throw panic
  return result
}
