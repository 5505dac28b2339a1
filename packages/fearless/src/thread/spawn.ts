/** Starting threads: spawn, the builder, and closures that take their data along. */
import { core, self } from '../core/index.ts'
import { SLOT_SPAWNING } from '../core/layout.ts'
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { ClosureError, NotSendError } from '../errors.ts'
import type { Destination, Mode } from '../memory/codec/codec.ts'
import { dropHandle, isSharedHandle } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { proofsHold } from '../memory/codec/lent.ts'
import { toBlock, type Block } from '../memory/codec/message.ts'
import { INTO_THREAD, destination } from '../memory/codec/moved.ts'
import { wallsAreOn } from '../memory/codec/walls.ts'
import type { Crossing, SendArgs, SendResult, crossing } from '../send.ts'
import {
  READS,
  TEXT_PREFIX,
  annotationOf,
  borrows,
  capturedNames,
  markClosure,
  markMoved,
  numberOf,
  suspectOf,
  type Annotation,
} from './closure/closure.ts'
import type { Watch } from './closure/lost-write.ts'
import { joinHandleOf, type JoinHandle } from './handle.ts'
import { dropThread } from './pool/owners.ts'
import { ask, refuse, wantWorker } from './pool/pool.ts'
import { freeThread, newThread, setBody, type ThreadOptions } from './pool/record.ts'
import type { Scope } from './scope.ts'
import { refuseIfFull } from './pool/settings.ts'
import type { Body } from './pool/worker.ts'

/**
 * Runs `f` in a thread of its own, on a core of its own if there is one.
 *
 * ```ts
 * const handle = thread.spawn((a, b) => a + b, 20, 22)
 * await handle.join() // => 42
 * ```
 *
 * `f` captures nothing local unless it is `move(...)`. Arguments and captures are given away: primitives are copied,
 * `Arc`s are shared, everything else is moved. What this thread did before `spawn` is visible to the new thread.
 * Throws `NotSendError` if a value may not cross, `ClosureError` if `f` cannot, `FullError` if `thread.configure` has set a
 * `queueLimit` and as many threads wait for a worker, `HeapFullError`; nothing was moved then.
 */
export function spawn<A extends unknown[], R>(
  f: (...args: A) => SendResult<R>,
  ...args: SendArgs<A>
): JoinHandle<Awaited<R>> {
  refuseIfFull()
  return start<Awaited<R>>({}, f, args, 'move')
}

/** What a thread can be built with. */
export interface BuilderOptions {
  /** Shown by `thread.current().name`, in messages, and by the operating system's tools. */
  readonly name?: string
  /** Stack of the thread, in MiB (Node); it then runs on a worker of its own. */
  readonly stackSizeMb?: number
  /** The most its JavaScript heap may grow, in MiB (Node); it then runs on a worker of its own. */
  readonly heapSizeMb?: number
}

/** Threads with a name or with limits of their own. */
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
      throw new TypeError(`The name of a thread must be a string, not ${describe(options.name)}.`)
    }
    if (options.name?.includes('\0')) throw new RangeError('A thread name must not contain a NUL character.')
    for (const key of ['stackSizeMb', 'heapSizeMb'] as const) {
      const size = options[key]
      if (size !== undefined && (typeof size !== 'number' || !(size > 0)))
        throw new RangeError(`${key} must be more than 0, not ${describe(size)}.`)
    }
    this.#options = options
  }

  /** Like `thread.spawn`, with this builder's name and limits. */
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>> {
    refuseIfFull()
    return start<Awaited<R>>(this.#options, f, args, 'move')
  }

  /**
   * Like `spawn` of a scope, with this builder's name and limits.
   *
   * ```ts
   * const words = ['a', 'b']
   * await thread.scope(s => {
   *   thread.builder({ name: 'counter' }).spawnScoped(s, () => console.log(thread.current().name, words.length)) // counter 2
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
 * A thread to be, with a name or with limits.
 *
 * ```ts
 * await thread.builder({ name: 'parser' }).spawn(() => thread.current().name).join() // => 'parser'
 * ```
 */
export function builder(options: BuilderOptions): Builder {
  return new Builder(options)
}

/**
 * A closure that takes what it captures along to its thread.
 *
 * ```ts
 * const data = [1, 2, 3]
 * const handle = thread.spawn(move(() => data.reduce((a, b) => a + b, 0)))
 * await handle.join() // => 6
 * ```
 */
export function move<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  return markMoved(f)
}

/**
 * A closure that reaches `thread.spawn`, a scope or a parallel iterator through a function of the program.
 *
 * ```ts
 * const inBackground = (f: () => number) => thread.spawn(f).join()
 * await inBackground(closure(() => 6 * 7)) // => 42
 * ```
 *
 * The compiler cuts out of a file what is written in a call of this library. A closure that is written elsewhere has to be
 * marked. It borrows what it captures; one that captures data and is spawned has to be `move(...)`, which marks it as well.
 */
export function closure<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  return markClosure(f)
}

type Callable = (...args: never[]) => unknown

/** A thread may outlive what a `closure(...)` borrows: it gets primitives, and handles that share. Throws `ClosureError`. */
function refuseBorrowed(annotation: Annotation): void {
  const values = annotation.captures?.() ?? []
  const at = values.findIndex(
    value => typeof value === 'function' || (typeof value === 'object' && value !== null && !isSharedHandle(value)),
  )
  if (at < 0) return
  throw new ClosureError(
    'FL2003',
    `This closure borrows \`${capturedNames(annotation)[at] ?? 'a value'}\`, and a thread may run longer than its owner. ` +
      'Write `move(() => ...)` in the place of `closure(() => ...)`, or spawn it in `thread.scope`.',
  )
}

/**
 * Queues a thread. All or nothing: what throws has moved nothing and started nothing. `enrol` is called with the thread before it
 * is queued, and may refuse it.
 */
export function start<T>(
  options: ThreadOptions,
  f: Callable,
  args: readonly unknown[],
  mode: Mode,
  enrol?: (thread: number) => void,
): JoinHandle<T> {
  const annotation = annotationOf(f)
  if (mode === 'move' && borrows(f)) refuseBorrowed(annotation)
  const { url, captures } = annotation
  const closure = numberOf(url)
  const thread = newThread(options)
  // Until it is queued, a reaper drops the worker's part of it in our stead.
  i32[(self + SLOT_SPAWNING) >> 2] = thread
  if (url.startsWith(TEXT_PREFIX)) platform.inPlace?.keep(thread, f)
  let handle: JoinHandle<T>
  try {
    const body: Body = [captures?.() ?? [], args, mode === 'copy' ? watchOf(annotation) : undefined]
    const set = (block: Block): void => {
      handle = joinHandleOf<T>(thread)
      setBody(thread, closure, block)
    }
    toBlock(body, mode, set, mode === 'move' ? threadOf(url) : undefined)
  } catch (error) {
    i32[(self + SLOT_SPAWNING) >> 2] = 0
    freeThread(thread)
    throw error instanceof NotSendError ? atSpawn(error, capturedNames(annotation)) : error
  }
  if (enrol !== undefined) {
    try {
      enrol(thread)
    } catch (error) {
      i32[(self + SLOT_SPAWNING) >> 2] = 0
      // With its last owners the record ends, and the body in it.
      dropHandle(handle!)
      dropThread(thread)
      throw error
    }
  }
  if (!platform.pools || (options.stackSizeMb ?? 0) > 0 || (options.heapSizeMb ?? 0) > 0) {
    i32[(self + SLOT_SPAWNING) >> 2] = 0
    try {
      ask({
        ask: 'dedicate',
        thread,
        name: options.name ?? '',
        stackSizeMb: options.stackSizeMb ?? 0,
        heapSizeMb: options.heapSizeMb ?? 0,
      })
    } catch (cause) {
      refuse(thread, cause)
    }
  } else if (core.pushThread(self, thread) === 0) wantWorker()
  return handle!
}

const destinations = new Map<string, Destination>()

/** A thread as the destination of what its closure captures: the error of a later use names the closure's file. */
function threadOf(url: string): Destination {
  const file = /([^/\\]+)\?fl=/.exec(url)?.[1]
  if (file === undefined) return INTO_THREAD
  let known = destinations.get(file)
  if (known === undefined) destinations.set(file, (known = destination(`into a thread that ${file} starts`)))
  return known
}

/** What the thread is told of the captures that it borrows; undefined if its closure was proven to only read them. */
function watchOf(annotation: Annotation): Watch | undefined {
  if (!wallsAreOn || annotation.captures === undefined) return undefined
  if (proofsHold() && (annotation.reads & READS.captures) !== 0) return undefined
  return [capturedNames(annotation), suspectOf(annotation)]
}

/** The path in the message begins at the body: `[0][0]` is the first capture, `[1][0]` the first argument. */
function atSpawn(error: NotSendError, names: readonly string[]): NotSendError {
  error.message = error.message
    .replace(/^\[0\]\[(\d+)\]/, (_, index: string) => `captured \`${names[Number(index)] ?? index}\``)
    .replace(/^\[1\]\[(\d+)\]/, (_, index: string) => `argument ${Number(index) + 1}`)
  return error
}

/**
 * How many threads the machine runs at once; honours affinity and container limits where the runtime does. At least 1.
 *
 * ```ts
 * const workers = Array.from({ length: thread.availableParallelism() }, () => thread.spawn(() => 1))
 * for (const worker of workers) await worker.join()
 * ```
 */
export function availableParallelism(): number {
  return platform.parallelism()
}
