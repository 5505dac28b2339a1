/**
 * All errors that the library throws.
 *
 * A class has a stable `code` and `name`. A message has two sentences: the failure, and its repair. A `code` never
 * changes within a major version, so programs may switch on it.
 */

/**
 * The base class of all errors of this library. An error has a stable `code`, and the arm of the `select` that threw
 * it.
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
  /** The name of the arm, if an arm of a `select` threw this error. */
  declare readonly key?: string
}

/**
 * A thread threw a value that is not an `Error`, or ended without a result. The thrown value is in `payload`.
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
 * A thread panicked while it held this lock, so the value may be half changed. `guard` gives access to the value.
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

  /** Acquires the poisoned lock. Blocks while another thread holds it. Release the guard like any other. */
  get guard(): G {
    return this.#lock()
  }
}

/**
 * The other side of a channel was dropped. A value that could not be sent is in `value`.
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
 * A bounded channel was full. The value that was not sent is in `value`.
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
 * A receiver of a broadcast channel was too slow. The number of messages that it missed is in `missed`.
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
 * A wait reached its time limit. A value that was not sent is in `value`.
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
 * The value was moved, so this variable can no longer be used.
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
 * The value was dropped, or its guard released, so it can no longer be used.
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
 * This thread must not block: the main thread of a page has to yield.
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
 * The wait could never end, because the waiter itself holds the lock or resource.
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
 * The value cannot cross threads.
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
 * A function that is not self-contained was passed to a thread without the compiler.
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
 * A thread evaluated a module that creates a lock, a channel or a similar object, which other threads would not share.
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
 * The shared heap had no room for an allocation. The message names the largest holders of memory, `thread.heapReport()`
 * all.
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
 * The work was cancelled before it was complete.
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
 * A value that was lent for the time of one function was used after it.
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
 * The object has other owners as well, so exclusive access is impossible.
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
 * The data is read by several threads, or its lock was released, so a change of it would be lost.
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
 * The mark of `clone(value)` was used where no value is moved.
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
 * A closure changed a value that it had borrowed, or the value was changed elsewhere during the call. Each thread works
 * on a copy, so other threads would not see the change.
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
 * A file or directory could not be read, or changed while it was read. Its path is in `path`, the system's error in
 * `cause`.
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
