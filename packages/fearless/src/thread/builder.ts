/** The builder: threads with a name, or with limits of their own. */
import { describe } from '../describe.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import type { JoinHandle } from './join-handle.ts'
import { refuseIfRunQueueFull } from './pool/settings.ts'
import type { Scope } from './scope.ts'
import { spawnThread } from './spawn.ts'

/** Options of `thread.builder`. */
export interface BuilderOptions {
  /** The thread's name, in `thread.current().name`, in messages, and in the operating system's tools. */
  readonly name?: string
  /** Size of the thread's stack, in MiB (Node). The thread then runs on a worker of its own. */
  readonly stackSizeMb?: number
  /** Limit of the thread's JavaScript heap, in MiB (Node). The thread then runs on a worker of its own. */
  readonly heapSizeMb?: number
}

/** Spawns threads with a name or with limits of their own. */
export class Builder {
  declare readonly [crossing]: Crossing<
    'Builder',
    'never: spawn with it where it was made',
    'never: spawn with it where it was made'
  >
  readonly #options: BuilderOptions

  /** @internal */
  constructor(options: BuilderOptions) {
    if (options.name !== undefined && typeof options.name !== 'string') {
      throw new TypeError(`A thread name must be a string, got ${describe(options.name)}. Pass a string.`)
    }
    if (options.name?.includes('\0')) {
      throw new RangeError(
        `A thread name cannot contain a NUL character, got ${describe(options.name)}. Remove the character.`,
      )
    }
    for (const key of ['stackSizeMb', 'heapSizeMb'] as const) {
      const size = options[key]
      if (size !== undefined && (typeof size !== 'number' || !(size > 0)))
        throw new RangeError(`\`${key}\` must be more than 0, got ${describe(size)}. Pass a number of MiB.`)
    }
    this.#options = options
  }

  /** Spawns as `thread.spawn` does, with this builder's name and limits. */
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    refuseIfRunQueueFull()
    return spawnThread<Awaited<R>>(this.#options, f, args, 'move')
  }

  /**
   * Spawns as `spawn` of a scope does, with this builder's name and limits.
   *
   * ```ts
   * const words = ['a', 'b']
   * await thread.scope(s => {
   *   // prints "counter 2"
   *   thread.builder({ name: 'counter' }).spawnScoped(s, () => console.log(thread.current().name, words.length))
   * })
   * ```
   */
  spawnScoped<A extends unknown[], R>(
    scope: Scope,
    f: (...args: A) => SendResult<R>,
    ...args: SendArgs<A>
  ): JoinHandle<Awaited<R>> {
    return scope.start<Awaited<R>>(this.#options, f, args)
  }
}

/**
 * Returns a builder for threads with a name or with limits.
 *
 * ```ts
 * await thread.builder({ name: 'parser' }).spawn(() => thread.current().name).join() // => 'parser'
 * ```
 */
export function builder(options: BuilderOptions): Builder {
  return new Builder(options)
}
