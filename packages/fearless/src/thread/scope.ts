/**
 * Threads that end before the scope does, and may therefore borrow.
 *
 * The scope waits for the thread itself and not for its handle, so it does not matter where the handle has gone.
 */
import { DroppedError, PanicError } from '../errors.ts'
import { dropHandle, thingOf } from '../memory/handle.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import { Ended, type JoinHandle, type Thread } from './handle.ts'
import { scopeThread, unjoinedPanicOf } from './owners.ts'
import { start } from './spawn.ts'

interface Scoped {
  readonly thread: Thread
  readonly handle: JoinHandle<unknown>
}

/** Where scoped threads are spawned. */
export class Scope {
  declare readonly [crossing]: Crossing<
    'Scope',
    'never: it ends with the function it was given to',
    'never: it ends with the function it was given to'
  >
  readonly #spawned: Scoped[] = []
  #ended = false

  /**
   * Like `thread.spawn`, but `f` borrows what it captures: it gets a read-only copy of data, and shares handles. A thread that
   * changes such a copy ends with `LostWriteError`; its arguments are its own.
   */
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    if (this.#ended)
      throw new DroppedError('This scope has ended, and nothing would wait for its thread. Spawn inside of it.')
    const handle = start<Awaited<R>>({}, f, args, 'copy')
    const { thread } = handle
    scopeThread(thingOf(thread))
    this.#spawned.push({ thread, handle })
    return handle
  }

  /** @internal Waits for every thread; whether one of them panicked, and nobody joined it. */
  async end(): Promise<PanicError | undefined> {
    // Threads may be spawned while others are waited for.
    for (const { thread } of this.#spawned) await new Ended(thread)
    this.#ended = true
    let panic: PanicError | undefined
    for (const { thread, handle } of this.#spawned) {
      const unjoined = unjoinedPanicOf(thingOf(thread))
      if (unjoined !== undefined) {
        panic ??= new PanicError(
          'A scoped thread panicked, and nobody joined it. What it threw is in `cause`.',
          unjoined,
        )
      }
      dropHandle(handle)
      dropHandle(thread)
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
