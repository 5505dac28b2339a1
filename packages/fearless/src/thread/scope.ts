/**
 * A scope: threads that finish before the scope ends, and may therefore borrow, after std's `thread::scope`.
 *
 * A scope is a channel of the threads that were spawned in it. Its owner receives them and waits for each; every thread
 * of the scope has a sender. The owner waits for the thread itself, so the JoinHandle may be anywhere.
 *
 * - A thread is sent before it is queued, so the channel contains it before the thread that spawned it finishes. When
 *   all received threads have finished and the channel is empty, no thread of the scope runs, so none can spawn another
 *   one.
 * - RACE: a scope may be in a stray thread, one that its owner does not wait for. The owner closes the channel, then
 *   receives once more; the spawner sends, then checks whether the channel was closed. At least one of them sees the
 *   other, so a thread that the owner does not wait for does not start.
 * - A thread that was sent and will not start is ended (pool/thread-owners.ts). If its spawner dies, the reaper ends
 *   it.
 */
import { IF_ROOM, PUSHED, MPSC } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import {
  EMPTY,
  dropReceiver,
  dropSender,
  isClosed,
  newChannel,
  receiverObservability,
  senderObservability,
  recvSingle,
} from '../channel/channel.ts'
import { tryPush, unsentError } from '../channel/push.ts'
import { DroppedError, PanicError } from '../errors.ts'
import { Handle, defineHandleClass, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { SCOPE, SCOPED_THREADS } from '../memory/handles/kinds.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import { runUncancelled } from '../wait/cancellation.ts'
import { ThreadEndWait, Thread, newThreadHandle, type JoinHandle } from './join-handle.ts'
import { endUnstartedThread, scopeThread, takeUnjoinedPanic } from './pool/thread-owners.ts'
import type { ThreadOptions } from './pool/thread-record.ts'
import { refuseIfRunQueueFull } from './pool/settings.ts'
import { spawnThread } from './spawn.ts'

type Callable = (...args: never[]) => unknown

/** The scope that `thread.scope` passes to its function: that function and threads of the scope spawn in it. */
export class Scope extends Handle {
  declare readonly [crossing]: Crossing<'Scope', 'never: spawn in it from a thread of the same scope', 'always'>
  /** The handles of the threads that this thread has spawned in the scope. */
  readonly #handles: JoinHandle<unknown>[] = []

  /**
   * Spawns as `thread.spawn` does, but `f` borrows its captures: data is a read-only copy, handles are shared. A thread
   * that changes such a copy ends with `LostWriteError`. The arguments belong to the thread.
   *
   * ```ts
   * const done = new AtomicI32(0)
   * await thread.scope(s => {
   *   s.spawn(() => {
   *     s.spawn(() => done.fetchAdd(1)) // a thread of the scope spawns in it as well
   *     done.fetchAdd(1)
   *   })
   * })
   * done.load() // => 2
   * ```
   *
   * Throws `DroppedError` once the scope has ended, and the errors of `thread.spawn`.
   */
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    return this.start<Awaited<R>>({}, f, args)
  }

  /** @internal */
  start<T>(options: ThreadOptions, f: Callable, args: readonly unknown[]): JoinHandle<T> {
    const channel = channelOf(this)
    refuseIfRunQueueFull()
    const handle = spawnThread<T>(options, f, args, 'copy', thread => registerScopedThread(channel, thread))
    this.#handles.push(handle)
    return handle
  }

  /** @internal */
  end(): void {
    for (const handle of this.#handles) dropHandle(handle)
    dropHandle(this)
  }
}

/** The channel of a scope. Throws `DroppedError` if the scope has ended in this thread. */
function channelOf(scope: Scope): number {
  if (scope.record === 0) throw scopeEnded()
  return liveObjectOf(scope)
}

/** @internal Sends a thread to its scope's owner, before it is queued. Throws `DroppedError` if the scope has ended. */
export function registerScopedThread(channel: number, thread: number): void {
  scopeThread(thread)
  const handle = newThreadHandle(thread)
  try {
    const answer = tryPush(channel, handle, IF_ROOM)
    if (answer !== PUSHED) throw isClosed(channel) ? scopeEnded() : unsentError(answer)
  } finally {
    dropHandle(handle)
  }
  // RACE: the owner may have closed the channel and received for the last time, or it may have received this thread and
  // wait for it. The thread is ended here, which is right in both cases.
  if (!isClosed(channel)) return
  endUnstartedThread(thread)
  throw scopeEnded()
}

function scopeEnded(): DroppedError {
  return new DroppedError('This scope has already ended. Spawn in its function, or in a thread of the scope.')
}

/** The owner's end of a scope: receives the threads of the scope. */
class ScopedThreads extends Handle {
  /** Returns the next thread of the scope; undefined once there are no more. */
  next(): Thread | undefined {
    const channel = liveObjectOf(this)
    let thread = recvSingle(channel)
    if (thread === EMPTY) {
      core.closeReceiving(self, channel)
      // ORDER: a spawner that sent before the close has not seen the close, so receive once more.
      thread = recvSingle(channel)
    }
    return thread === EMPTY ? undefined : (thread as Thread)
  }
}

/** @internal Opens a scope: returns it and its owner's end. */
export function openScope(): [Scope, ScopedThreads] {
  const channel = newChannel(undefined, MPSC)
  let receiving = 0
  try {
    receiving = newRecord(SCOPED_THREADS, channel, false)
    return [new Scope(newRecord(SCOPE, channel, false)), new ScopedThreads(receiving)]
  } catch (error) {
    if (receiving !== 0) core.freeHandle(self, receiving)
    core.freeChannel(self, channel)
    throw error
  }
}

/**
 * Waits for every thread of a scope. Returns the error of a thread that panicked and was not joined; undefined if none.
 */
async function endOf(scope: Scope, threads: ScopedThreads): Promise<PanicError | undefined> {
  let panic: PanicError | undefined
  for (let thread = threads.next(); thread !== undefined; thread = threads.next()) {
    await runUncancelled(() => new ThreadEndWait(thread).then())
    const unjoined = takeUnjoinedPanic(liveObjectOf(thread))
    if (unjoined !== undefined) {
      panic ??= new PanicError(
        'A scoped thread panicked and was not joined. Read its error from `cause`, or join the thread to handle it.',
        unjoined,
      )
    }
    dropHandle(thread)
  }
  scope.end()
  dropHandle(threads)
  return panic
}

defineHandleClass(SCOPE, Scope as { readonly prototype: Handle }, {
  name: 'Scope',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new Scope(record),
  onlyMemory: true,
  observed: senderObservability,
  stays: 'Spawn in it from a thread of the same scope, because it ends with the function it was given to.',
})
defineHandleClass(SCOPED_THREADS, ScopedThreads as { readonly prototype: Handle }, {
  name: 'ScopedThreads',
  drop: dropReceiver,
  countsRecords: true,
  revive: record => new ScopedThreads(record),
  onlyMemory: false,
  observed: receiverObservability,
})

/**
 * Runs `f` with a scope whose threads finish before `scope` returns. They may borrow the variables of `f`, and the
 * scope.
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
 * If `f` throws, the error is thrown after all threads have finished, and takes precedence over their errors. If a
 * thread panicked and was not joined, `scope` throws `PanicError`.
 */
export async function scope<R>(f: (scope: Scope) => R): Promise<Awaited<R>> {
  const [s, threads] = openScope()
  let result: Awaited<R>
  try {
    result = await f(s)
  } catch (error) {
    await endOf(s, threads)
    throw error
  }
  const panic = await endOf(s, threads)
  if (panic !== undefined) throw panic
  return result
}
