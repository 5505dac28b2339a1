/**
 * Threads that end before the scope does, and may therefore borrow.
 *
 * A scope is a channel of the threads that were spawned in it: its owner receives them and waits for each; every thread of the
 * scope has a sender. The scope waits for the thread itself and not for its handle, so it does not matter where the handle has gone.
 *
 * - A thread is in the channel before it is queued, so it is there before the thread that has spawned it ends. When all that were
 *   received have ended and the channel is empty, no thread of the scope runs, and none can spawn another one.
 * - A scope may have gone astray, into a thread that its owner does not wait for. The owner closes the channel, and then looks into
 *   it once more; the spawner sends, and then looks whether the channel was closed. One of them sees the other, so a thread
 *   that is not waited for does not start.
 * - A thread that was sent and will not start has ended (owners.ts), also when its spawner dies: the reaper ends it.
 */
import { IF_ROOM, PUSHED, STREAM } from '../core/channel.ts'
import { core, self } from '../core/index.ts'
import {
  EMPTY,
  dropReceiver,
  dropSender,
  isClosed,
  newChannel,
  receiverObserved,
  senderObserved,
  takeMessage,
} from '../channel/channel.ts'
import { push, unsentError } from '../channel/send.ts'
import { DroppedError, PanicError } from '../errors.ts'
import { Handle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handles/handle.ts'
import { SCOPE, SCOPED_THREADS } from '../memory/handles/kinds.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import { uncancelled } from '../wait/cancellation.ts'
import { Ended, Thread, threadOf, type JoinHandle } from './handle.ts'
import { endUnstarted, scopeThread, unjoinedPanicOf } from './pool/owners.ts'
import type { ThreadOptions } from './pool/record.ts'
import { refuseIfFull } from './pool/settings.ts'
import { start } from './spawn.ts'

type Callable = (...args: never[]) => unknown

/** Where scoped threads are spawned: by the function that was given it, and by threads of the scope that borrow it. */
export class Scope extends Handle {
  declare readonly [crossing]: Crossing<'Scope', 'never: it ends with the function it was given to', 'always'>
  /** The handles of this thread's spawns. */
  readonly #handles: JoinHandle<unknown>[] = []

  /**
   * Like `thread.spawn`, but `f` borrows what it captures: it gets a read-only copy of data, and shares handles. A thread that
   * changes such a copy ends with `LostWriteError`; its arguments are its own.
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
   * Throws `DroppedError` once the scope has ended, and what `thread.spawn` throws.
   */
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    return this.start<Awaited<R>>({}, f, args)
  }

  /** @internal */
  start<T>(options: ThreadOptions, f: Callable, args: readonly unknown[]): JoinHandle<T> {
    const channel = channelOf(this)
    refuseIfFull()
    const handle = start<T>(options, f, args, 'copy', thread => enrol(channel, thread))
    this.#handles.push(handle)
    return handle
  }

  /** @internal */
  end(): void {
    for (const handle of this.#handles) dropHandle(handle)
    dropHandle(this)
  }
}

/** The channel of a scope that has not ended here. */
function channelOf(scope: Scope): number {
  if (scope.record === 0) throw scopeEnded()
  return thingOf(scope)
}

/** @internal Makes a thread known to its scope, before it is queued. Throws `DroppedError` if the scope has ended. */
export function enrol(channel: number, thread: number): void {
  scopeThread(thread)
  const handle = threadOf(thread)
  try {
    const answer = push(channel, handle, IF_ROOM)
    if (answer !== PUSHED) throw isClosed(channel) ? scopeEnded() : unsentError(answer)
  } finally {
    dropHandle(handle)
  }
  // RACE: the owner may have closed the channel since, and have looked for the last time. It may as well have received the thread,
  // and wait for it: so the thread ends here.
  if (!isClosed(channel)) return
  endUnstarted(thread)
  throw scopeEnded()
}

function scopeEnded(): DroppedError {
  return new DroppedError('This scope has ended, and nothing would wait for its thread. Spawn inside of it.')
}

/** The threads of a scope, for its owner. */
class ScopedThreads extends Handle {
  /** The next thread that was spawned; undefined if there is none and never will be. */
  next(): Thread | undefined {
    const channel = thingOf(this)
    let thread = takeMessage(channel)
    if (thread === EMPTY) {
      core.closeReceiving(self, channel)
      // ORDER: who has sent before it was closed has not seen that; look once more.
      thread = takeMessage(channel)
    }
    return thread === EMPTY ? undefined : (thread as Thread)
  }
}

/** @internal A scope and its threads. */
export function openScope(): [Scope, ScopedThreads] {
  const channel = newChannel(undefined, STREAM)
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

/** Waits for every thread; the error of a scope in which one panicked and was not joined. */
async function endOf(scope: Scope, threads: ScopedThreads): Promise<PanicError | undefined> {
  let panic: PanicError | undefined
  for (let thread = threads.next(); thread !== undefined; thread = threads.next()) {
    await uncancelled(() => new Ended(thread).then())
    const unjoined = unjoinedPanicOf(thingOf(thread))
    if (unjoined !== undefined) {
      panic ??= new PanicError('A scoped thread panicked, and nobody joined it. What it threw is in `cause`.', unjoined)
    }
    dropHandle(thread)
  }
  scope.end()
  dropHandle(threads)
  return panic
}

defineKind(SCOPE, Scope as { readonly prototype: Handle }, {
  name: 'Scope',
  share: (channel, record) => core.shareSender(self, channel, record),
  drop: dropSender,
  countsRecords: true,
  revive: record => new Scope(record),
  onlyMemory: true,
  observed: senderObserved,
  stays: 'it ends with the function it was given to. Spawn in it from a thread of the same scope',
})
defineKind(SCOPED_THREADS, ScopedThreads as { readonly prototype: Handle }, {
  name: 'ScopedThreads',
  drop: dropReceiver,
  countsRecords: true,
  revive: record => new ScopedThreads(record),
  onlyMemory: false,
  observed: receiverObserved,
})

/**
 * Runs `f` with a scope whose threads all end before this does; they may borrow what `f` can see, and the scope itself.
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
