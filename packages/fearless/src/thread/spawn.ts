/** Starts threads: `spawn`, the builder, and the marks of closures. */
import { set } from '../core/memory.ts'
import { core, self } from '../core/index.ts'
import { SLOT_SPAWNING } from '../core/layout.ts'
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { ClosureError, NotSendError } from '../errors.ts'
import type { MoveDestination, Mode } from '../memory/codec/codec.ts'
import { dropHandle, isSharedHandle } from '../memory/handles/handle.ts'

import { methodNamesAreUnique } from '../memory/codec/lent.ts'
import { encodeToBlock, type EncodedBlock } from '../memory/codec/message.ts'
import { INTO_THREAD, destination } from '../memory/codec/moved.ts'
import { wallsAreOn } from '../platform/settings.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import {
  PROVEN_READS,
  TEXT_PREFIX,
  annotationOf,
  borrows,
  capturedNames,
  markClosure,
  markMove,
  closureNumber,
  suspectLocation,
  type ClosureAnnotation,
} from './closure/closure.ts'
import type { LoanWatch } from './closure/lost-write.ts'
import { newJoinHandle, type JoinHandle } from './join-handle.ts'
import { dropThread } from './pool/thread-owners.ts'
import { requestSupervisor, failThread, startWorkerIfAllowed } from './pool/pool.ts'
import { freeThread, newThread, setBody, type ThreadOptions } from './pool/thread-record.ts'
import type { Scope } from './scope.ts'
import { refuseIfRunQueueFull } from './pool/settings.ts'
import type { SpawnMessage } from './pool/worker.ts'

/**
 * Runs `f` in a new thread.
 *
 * ```ts
 * const handle = thread.spawn((a, b) => a + b, 20, 22)
 * await handle.join() // => 42
 * ```
 *
 * `f` captures nothing local unless it is `move(...)`. Arguments and captures are given away: primitives are copied,
 * `Arc`s are shared, all other values are moved. Everything this thread did before `spawn` is visible to the new
 * thread. Throws `NotSendError` if a value may not cross, `ClosureError` if `f` cannot cross, `HeapFullError`, and
 * `FullError` if `thread.configure` has set a `queueLimit` that is reached. Nothing was moved then.
 */
export function spawn<A extends unknown[], R>(
  f: (...args: A) => SendResult<R>,
  ...args: SendArgs<A>
): JoinHandle<Awaited<R>> {
  refuseIfRunQueueFull()
  return spawnThread<Awaited<R>>({}, f, args, 'move')
}

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
   *   thread.builder({ name: 'counter' }).spawnScoped(s, () => console.log(thread.current().name, words.length)) //
   *   counter 2
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

/**
 * Marks a closure that moves its captures to its thread.
 *
 * ```ts
 * const data = [1, 2, 3]
 * const handle = thread.spawn(move(() => data.reduce((a, b) => a + b, 0)))
 * await handle.join() // => 6
 * ```
 */
export function move<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  return markMove(f)
}

/**
 * Marks a closure that reaches `thread.spawn`, a scope or a parallel iterator through a function of the program.
 *
 * ```ts
 * const inBackground = (f: () => number) => thread.spawn(f).join()
 * await inBackground(closure(() => 6 * 7)) // => 42
 * ```
 *
 * The compiler extracts a closure that is written in a call of this library. A closure that is written elsewhere must
 * be marked. It borrows its captures. If it captures data and is spawned, it must be marked `move(...)` instead.
 */
export function closure<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  return markClosure(f)
}

type Callable = (...args: never[]) => unknown

/**
 * Throws `ClosureError` if a closure borrows an object: a thread may outlive it. Primitives and shared handles are
 * fine.
 */
function refuseBorrowed(annotation: ClosureAnnotation): void {
  const values = annotation.captures?.() ?? []
  const at = values.findIndex(
    value => typeof value === 'function' || (typeof value === 'object' && value !== null && !isSharedHandle(value)),
  )
  if (at < 0) return
  throw new ClosureError(
    'FL2003',
    `This closure borrowed \`${capturedNames(annotation)[at] ?? 'a value'}\`, but a thread may outlive its owner. ` +
      'Write `move(() => ...)` instead of `closure(() => ...)`, or spawn it in `thread.scope`.',
  )
}

/**
 * Queues a thread, all or nothing: if it throws, it has moved nothing and started nothing. Calls `enrol` with the
 * thread before the thread is queued; `enrol` may throw to refuse it.
 */
export function spawnThread<T>(
  options: ThreadOptions,
  f: Callable,
  args: readonly unknown[],
  mode: Mode,
  enrol?: (thread: number) => void,
): JoinHandle<T> {
  const annotation = annotationOf(f)
  if (mode === 'move' && borrows(f)) refuseBorrowed(annotation)
  const { url, captures } = annotation
  const closure = closureNumber(url)
  const thread = newThread(options)
  // Until the thread is queued, the reaper drops the worker's share of its record if this thread dies.
  set(self + SLOT_SPAWNING, thread)
  if (url.startsWith(TEXT_PREFIX)) platform.inPlace?.keep(thread, f)
  let handle: JoinHandle<T>
  try {
    const body: SpawnMessage = [captures?.() ?? [], args, mode === 'copy' ? watchOf(annotation) : undefined]
    const set = (block: EncodedBlock): void => {
      handle = newJoinHandle<T>(thread)
      setBody(thread, closure, block)
    }
    encodeToBlock(body, mode, set, mode === 'move' ? threadOf(url) : undefined)
  } catch (error) {
    set(self + SLOT_SPAWNING, 0)
    freeThread(thread)
    throw error instanceof NotSendError ? atSpawn(error, capturedNames(annotation)) : error
  }
  if (enrol !== undefined) {
    try {
      enrol(thread)
    } catch (error) {
      set(self + SLOT_SPAWNING, 0)
      // The last owner frees the record and drops the body.
      dropHandle(handle!)
      dropThread(thread)
      throw error
    }
  }
  if (!platform.pools || (options.stackSizeMb ?? 0) > 0 || (options.heapSizeMb ?? 0) > 0) {
    set(self + SLOT_SPAWNING, 0)
    try {
      requestSupervisor({
        ask: 'dedicate',
        thread,
        name: options.name ?? '',
        stackSizeMb: options.stackSizeMb ?? 0,
        heapSizeMb: options.heapSizeMb ?? 0,
      })
    } catch (cause) {
      failThread(thread, cause)
    }
  } else if (core.pushThread(self, thread) === 0) startWorkerIfAllowed()
  return handle!
}

const destinations = new Map<string, MoveDestination>()

/** The destination of a thread's captures, for errors: the error of a later use names the closure's file. */
function threadOf(url: string): MoveDestination {
  const file = /([^/\\]+)\?fl=/.exec(url)?.[1]
  if (file === undefined) return INTO_THREAD
  let known = destinations.get(file)
  if (known === undefined) destinations.set(file, (known = destination(`into a thread that ${file} starts`)))
  return known
}

/** The description of the borrowed captures, for the thread; undefined if the closure was proven to only read them. */
function watchOf(annotation: ClosureAnnotation): LoanWatch | undefined {
  if (!wallsAreOn || annotation.captures === undefined) return undefined
  if (methodNamesAreUnique() && (annotation.reads & PROVEN_READS.captures) !== 0) return undefined
  return [capturedNames(annotation), suspectLocation(annotation)]
}

/**
 * Rewrites the path in a message, which begins at the body: `[0][0]` is the first capture, `[1][0]` the first argument.
 */
function atSpawn(error: NotSendError, names: readonly string[]): NotSendError {
  error.message = error.message
    .replace(/^\[0\]\[(\d+)\]/, (_, index: string) => `captured \`${names[Number(index)] ?? index}\``)
    .replace(/^\[1\]\[(\d+)\]/, (_, index: string) => `argument ${Number(index) + 1}`)
  return error
}

/**
 * Returns how many threads the machine runs at once, at least 1. Honours affinity and container limits where the
 * runtime does.
 *
 * ```ts
 * const workers = Array.from({ length: thread.availableParallelism() }, () => thread.spawn(() => 1))
 * for (const worker of workers) await worker.join()
 * ```
 */
export function availableParallelism(): number {
  return platform.parallelism()
}
