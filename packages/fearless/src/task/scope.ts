/**
 * Tasks that end before the scope does: structured concurrency on promises.
 *
 * A child is in the set of its scope from its spawn until its body runs no longer, so an empty set means that nothing
 * of the scope runs any more. The first failure is kept, and cancels the scope: the waits of its function end, and every
 * child is aborted, also those to come.
 */
import { CancelledError, DroppedError } from '../errors.ts'
import type { Crossing, crossing } from '../send.ts'
import { Cancellation, abortSignal } from '../wait/cancellation.ts'
import { TaskHandle, type Body, type Owner } from './handle.ts'

/** Where the tasks of a `task.scope` are spawned. */
export class TaskScope {
  declare readonly [crossing]: Crossing<
    'TaskScope',
    'never: it ends with the function it was given to',
    'never: it ends with the function it was given to'
  >
  readonly #children = new Set<TaskHandle<unknown>>()
  #state: 'open' | 'cancelled' | 'over' = 'open'
  #failure: { readonly error: unknown } | undefined
  #controller: AbortController | undefined
  #onEmpty: (() => void) | undefined
  /** Of the scope's function. */
  readonly #cancellation = new Cancellation(Cancellation.current, true, error => this.#onCancel(error))
  readonly #owner: Owner = {
    settled: task => {
      // Whoever waits for the task gets its error, and decides.
      const failure = task.takeFailure()
      if (failure !== undefined) this.#fail(failure.error)
    },
    ended: task => {
      this.#children.delete(task)
      if (this.#children.size === 0) this.#onEmpty?.()
    },
  }

  /** Like `task.spawn`, but the scope does not end before the task's body does. A cancelled scope aborts it. */
  spawn<R>(f: Body<R>): TaskHandle<Awaited<R>> {
    if (this.#state === 'over') throw new DroppedError('This scope has ended. Spawn in a scope that is still open.')
    const task = new TaskHandle<Awaited<R>>(f, this.#owner)
    this.#children.add(task)
    if (this.#state === 'cancelled') task.abort()
    return task
  }

  /** Aborted when the scope is cancelled: for what the scope's own function waits for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#state === 'cancelled') this.#controller.abort(scopeCancelled())
    }
    return this.#controller.signal
  }

  /** Aborts every child, and those still to come. A wait that the scope's own function is in ends as well. */
  cancel(): void {
    this.#cancellation.cancel(scopeCancelled())
    this.#cancellation.tell()
  }

  #onCancel(error: Error): void {
    this.#state = 'cancelled'
    if (this.#controller !== undefined) abortSignal(this.#controller, error, this.#cancellation)
    for (const task of this.#children) task.abort()
  }

  /** Cancels the scope and waits for its children: the end of an `await using` cannot see a throw. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
    await this.#end()
  }

  /** @internal */
  async run<R>(f: (scope: TaskScope) => R): Promise<Awaited<R>> {
    let result: Awaited<R> | undefined
    try {
      result = await this.#cancellation.run(() => f(this))
    } catch (error) {
      this.#fail(error)
    }
    try {
      await this.#end()
    } catch (error) {
      this.#cancellation.discard(result)
      throw error
    }
    return result as Awaited<R>
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#cancellation.cancel(scopeCancelled())
  }

  async #end(): Promise<void> {
    while (this.#children.size > 0) await new Promise<void>(resolve => (this.#onEmpty = resolve))
    this.#state = 'over'
    this.#cancellation.end()
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

/**
 * Runs `f` with a scope whose tasks all end before this does.
 *
 * ```ts
 * const total = await task.scope(async s => {
 *   const a = s.spawn(async () => 1)
 *   const b = s.spawn(async () => 2)
 *   return (await a.join()) + (await b.join())
 * })
 * total // => 3
 * ```
 *
 * When `f` returns, it waits for the tasks that still run. When `f` throws, or a task throws and nothing waits for it, the
 * other tasks are aborted, and a wait of `f` ends with `CancelledError`; the scope waits for all of them, and throws the first of
 * these errors. A task that neither waits for something of this library nor looks at its signal ends by itself.
 */
export function scope<R>(f: (scope: TaskScope) => R): Promise<Awaited<R>> {
  return Cancellation.current?.refusal() ?? new TaskScope().run(f)
}

function scopeCancelled(): CancelledError {
  return new CancelledError(
    'This scope was cancelled: by `cancel()`, or because something in it threw, which the scope throws.',
  )
}
