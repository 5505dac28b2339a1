/**
 * Every error the library throws, in one table.
 *
 * A class has a stable `code` and `name`; a message has two sentences: what happened, what to do.
 * `code` never changes within a major version, so programs may switch on it.
 */

/**
 * What all errors of this library have in common: a stable `code`, and the arm of the `select` that ended with them.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * drop(tx)
 * try {
 *   await rx.recv()
 * } catch (error) {
 *   if (!(error instanceof FearlessError)) throw error
 *   error.code // => 'FL0003'
 * }
 * ```
 */
export class FearlessError extends Error {
  override readonly name: string = 'FearlessError'
  readonly code: string = 'FL0000'
  /** The name of the arm, if an arm of a `select` ended with this error. */
  declare readonly key?: string
}

/**
 * A thread threw something that is not an `Error`, or ended without a result; what it threw is in `payload`.
 *
 * ```ts
 * await thread.spawn(() => { throw 'no header' }).join() // => throws PanicError, payload: 'no header'
 * ```
 */
export class PanicError extends FearlessError {
  override readonly name = 'PanicError'
  override readonly code = 'FL0001'
  readonly payload: unknown
  constructor(message: string, options?: ErrorOptions & { payload?: unknown }) {
    super(message, options)
    this.payload = options?.payload
  }
}

/**
 * A thread panicked while it held this lock, so the value may be half changed. `guard` gives access all the same.
 *
 * ```ts
 * const m = new Mutex(1)
 * m.with(() => { throw new Error('half way') }).try() // => throws Error, message: 'half way'
 * try {
 *   await m.lock()
 * } catch (error) {
 *   if (!(error instanceof PoisonError)) throw error
 *   using guard = error.guard
 *   guard.value = 2
 *   m.clearPoison()
 * }
 * await m.update(n => n) // => 2
 * ```
 */
export class PoisonError<G = unknown> extends FearlessError {
  override readonly name = 'PoisonError'
  override readonly code = 'FL0002'
  readonly #lock: () => G

  /** @internal */
  constructor(message: string, lock: () => G) {
    super(message)
    this.#lock = lock
  }

  /** Takes the lock in spite of the poison, blocking if somebody holds it now. Release the guard as any other. */
  get guard(): G {
    return this.#lock()
  }
}

/**
 * The other side of a channel is gone; a value that could not be sent comes back in `value`.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * drop(rx)
 * tx.send('hello?') // => throws ClosedError, value: 'hello?'
 * ```
 */
export class ClosedError<T = unknown> extends FearlessError {
  override readonly name = 'ClosedError'
  override readonly code = 'FL0003'
  readonly value: T | undefined
  constructor(message: string, value?: T) {
    super(message)
    this.value = value
  }
}

/**
 * A bounded channel has no room now; the value that was not sent comes back in `value`.
 *
 * ```ts
 * const [tx] = mpsc.channel<number>(1)
 * tx.send(1).try()
 * tx.send(2).try() // => throws FullError, value: 2
 * ```
 */
export class FullError<T = unknown> extends FearlessError {
  override readonly name = 'FullError'
  override readonly code = 'FL0004'
  readonly value: T | undefined
  constructor(message: string, value?: T) {
    super(message)
    this.value = value
  }
}

/**
 * A receiver of a broadcast channel was too slow; how many messages it has missed is in `missed`.
 *
 * ```ts
 * const [tx, rx] = broadcast.channel<number>(1)
 * tx.send(1)
 * tx.send(2)
 * await rx.recv() // => throws LaggedError, missed: 1
 * await rx.recv() // => 2
 * ```
 */
export class LaggedError extends FearlessError {
  override readonly name = 'LaggedError'
  override readonly code = 'FL0014'
  readonly missed: number
  constructor(message: string, missed: number) {
    super(message)
    this.missed = missed
  }
}

/**
 * The time given to a wait ran out; a value that was not sent comes back in `value`.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>()
 * await rx.recv().within(10) // => throws TimeoutError
 * ```
 */
export class TimeoutError<T = unknown> extends FearlessError {
  override readonly name = 'TimeoutError'
  override readonly code = 'FL0005'
  readonly value: T | undefined
  constructor(message: string, value?: T) {
    super(message)
    this.value = value
  }
}

/**
 * The value was moved away and this name may not be used any more.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<number>()
 * thread.spawn(tx => tx.send(1), tx)
 * tx.send(2) // => throws MovedError
 * ```
 */
export class MovedError extends FearlessError {
  override readonly name = 'MovedError'
  override readonly code = 'FL0006'
}

/**
 * The value was dropped, or its guard released, and may not be used any more.
 *
 * ```ts
 * const m = new Mutex(1)
 * const guard = await m.lock()
 * guard[Symbol.dispose]()
 * guard.value // => throws DroppedError
 * ```
 */
export class DroppedError extends FearlessError {
  override readonly name = 'DroppedError'
  override readonly code = 'FL0007'
}

/**
 * This thread may not block here: a page's main thread has to yield.
 *
 * ```ts
 * try {
 *   sleep(1).wait()
 * } catch (error) {
 *   if (!(error instanceof BlockingError)) throw error
 *   await sleep(1) // on a page
 * }
 * ```
 */
export class BlockingError extends FearlessError {
  override readonly name = 'BlockingError'
  override readonly code = 'FL0008'
}

/**
 * Waiting here could never end: the thing waited for is held by the waiter.
 *
 * ```ts
 * const m = new Mutex(0)
 * using first = m.lock().wait()
 * m.lock().wait() // => throws DeadlockError
 * ```
 */
export class DeadlockError extends FearlessError {
  override readonly name = 'DeadlockError'
  override readonly code = 'FL0009'
}

/**
 * The value may not cross a thread.
 *
 * ```ts
 * const [tx] = mpsc.channel<{ id: number }>()
 * const job = Object.assign(() => {}, { id: 1 })
 * tx.send(job) // => throws NotSendError
 * ```
 */
export class NotSendError extends FearlessError {
  override readonly name = 'NotSendError'
  override readonly code = 'FL2002'
}

/**
 * A function that is not self-contained was given to a thread without the compiler.
 *
 * ```ts
 * const run = (f: () => number) => thread.spawn(f)
 * run((() => 1).bind(undefined)) // => throws ClosureError, code: 'FL2003'
 * ```
 */
export class ClosureError extends FearlessError {
  override readonly name = 'ClosureError'
  override readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * A thread evaluated a module that makes a lock, a channel or the like, and it would not be the one that other threads have.
 *
 * ```ts
 * new StaticError('...').code // => 'FL2005'
 * ```
 */
export class StaticError extends FearlessError {
  override readonly name = 'StaticError'
  override readonly code = 'FL2005'
}

/**
 * The shared heap has no room for what was asked. The message names what fills it; `thread.heapReport()` has all of it.
 *
 * ```ts
 * vec.f64(2 ** 30) // => throws HeapFullError
 * ```
 */
export class HeapFullError extends FearlessError {
  override readonly name = 'HeapFullError'
  override readonly code = 'FL0010'
}

/**
 * The work was cancelled before it was done.
 *
 * ```ts
 * const job = task.spawn(() => sleep(1000))
 * job.abort()
 * await job.join() // => throws CancelledError
 * ```
 */
export class CancelledError extends FearlessError {
  override readonly name = 'CancelledError'
  override readonly code = 'FL0011'
}

/**
 * Something that was lent for the time of one function was to be used for longer.
 *
 * ```ts
 * const numbers = vec.f64([1, 2])
 * numbers.with(view => view) // => throws BorrowError
 * ```
 */
export class BorrowError extends FearlessError {
  override readonly name = 'BorrowError'
  override readonly code = 'FL0013'
}

/**
 * The library cannot run here: no shared memory, two copies in one process, a bad setting.
 *
 * ```ts
 * try {
 *   await thread.spawn(() => {}).join()
 * } catch (error) {
 *   if (!(error instanceof EnvironmentError)) throw error
 *   console.error(`no threads here: ${error.message}`)
 * }
 * ```
 */
export class EnvironmentError extends FearlessError {
  override readonly name = 'EnvironmentError'
  override readonly code = 'FL0012'
}

/**
 * Others own this thing as well, so nobody can have it for itself.
 *
 * ```ts
 * const m = new Arc(new Mutex(1))
 * const other = Arc.clone(m)
 * m.getMut() // => throws SharedError
 * drop(other)
 * m.intoInner() // => 1
 * ```
 */
export class SharedError extends FearlessError {
  override readonly name = 'SharedError'
  override readonly code = 'FL0015'
}

/**
 * Several threads read this data, or the lock that protected it was released: a change of it would be lost.
 *
 * ```ts
 * const config = new Arc({ hosts: new Map([['a', 1]]) })
 * const hosts = config.value.hosts as Map<string, number>
 * hosts.set('b', 2) // => throws ReadonlyError
 * ```
 */
export class ReadonlyError extends FearlessError {
  override readonly name = 'ReadonlyError'
  override readonly code = 'FL0016'
}

/**
 * The mark of `clone(value)` was used in a place that moves nothing.
 *
 * ```ts
 * const config = { retries: 3 }
 * clone(config).retries // => throws CloneError
 * structuredClone(config).retries // => 3
 * ```
 */
export class CloneError extends FearlessError {
  override readonly name = 'CloneError'
  override readonly code = 'FL0017'
}

/**
 * A closure changed what it had borrowed, or something else changed it meanwhile. Each thread works on a copy, so the
 * change would be lost on the others.
 *
 * ```ts
 * await parIter([{ n: 1 }]).forEach(item => { item.n *= 2 }) // => throws LostWriteError
 * await parIter([{ n: 1 }]).map(item => ({ n: item.n * 2 })).collect() // => [{ n: 2 }]
 * ```
 */
export class LostWriteError extends FearlessError {
  override readonly name = 'LostWriteError'
  override readonly code = 'FL0018'
}

/**
 * A file or a directory could not be read, or changed while it was read. Which one is in `path`, what the system says in `cause`.
 *
 * ```ts
 * await parIter(par.lines('no-such-file')).count() // => throws FileError, path: 'no-such-file'
 * ```
 */
export class FileError extends FearlessError {
  override readonly name = 'FileError'
  override readonly code = 'FL0019'
  readonly path: string
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options)
    this.path = path
  }
}
