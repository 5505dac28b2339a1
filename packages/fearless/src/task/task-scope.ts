/**
 * A task scope: structured concurrency on promises. Its tasks end before the scope does.
 *
 * A child is in the set of its scope from its spawn until its body has ended, so no task of the scope runs when the set
 * is empty. The first failure is kept, and cancels the scope: the waits of its function end, and every child is
 * aborted, also those that are spawned later.
 */
import { CancelledError, DroppedError } from '../errors.ts'
import type { Crossing, crossing } from '../send.ts'
import { Cancellation, abortSignalOfFunction } from '../wait/cancellation.ts'
import { TaskHandle, type TaskBody, type TaskOwner } from './task-handle.ts'

/** The scope that `task.scope` passes to its function, which spawns in it. */
export class TaskScope {
  declare readonly [crossing]: Crossing<
    'TaskScope',
    'never: spawn in the function it was given to',
    'never: spawn in the function it was given to'
  >
  readonly #children = new Set<TaskHandle<unknown>>()
  #state: 'open' | 'cancelled' | 'over' = 'open'
  #failure: { readonly error: unknown } | undefined
  #controller: AbortController | undefined
  #onEmpty: (() => void) | undefined
  /** The cancellation of the scope's function. */
  readonly #cancellation = new Cancellation(Cancellation.current, true, error => this.#onCancel(error))
  readonly #owner: TaskOwner = {
    settled: task => {
      // Code that waits for the task gets its error, and decides about it.
      const failure = task.takeFailure()
      if (failure !== undefined) this.#fail(failure.error)
    },
    ended: task => {
      this.#children.delete(task)
      if (this.#children.size === 0) this.#onEmpty?.()
    },
  }

  /** Spawns as `task.spawn` does, but the scope ends only after the task's body. A cancelled scope aborts the task. */
  spawn<R>(f: TaskBody<R>): TaskHandle<Awaited<R>> {
    if (this.#state === 'over') throw new DroppedError('This scope has ended. Spawn in a scope that is still open.')
    const task = new TaskHandle<Awaited<R>>(f, this.#owner)
    this.#children.add(task)
    if (this.#state === 'cancelled') task.abort()
    return task
  }

  /** Aborted when the scope is cancelled. For operations of the scope's own function. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#state === 'cancelled') this.#controller.abort(scopeCancelled())
    }
    return this.#controller.signal
  }

  /** Aborts every child, also those that are spawned later. A current wait of the scope's own function throws, too. */
  cancel(): void {
    this.#cancellation.cancel(scopeCancelled())
    this.#cancellation.tell()
  }

  #onCancel(error: Error): void {
    this.#state = 'cancelled'
    if (this.#controller !== undefined) abortSignalOfFunction(this.#controller, error, this.#cancellation)
    for (const task of this.#children) task.abort()
  }

  /** Cancels the scope and waits for its children, because `await using` does not tell whether its block threw. */
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
 * Runs `f` with a scope whose tasks all end before `scope` returns.
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
 * When `f` returns, `scope` waits for the tasks that still run. When `f` throws, or a task throws and no code waits for
 * it, the other tasks are aborted, and a wait of `f` throws `CancelledError`. `scope` waits for all of them, then
 * throws the first of these errors. A task that neither waits for an operation of this library nor reads its signal
 * runs to its end.
 */
export function scope<R>(f: (scope: TaskScope) => R): Promise<Awaited<R>> {
  return Cancellation.current?.refusal() ?? new TaskScope().run(f)
}

function scopeCancelled(): CancelledError {
  return new CancelledError('This scope was cancelled, by `cancel()` or by an error. Await the scope to get the error.')
}
