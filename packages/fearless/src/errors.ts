/**
 * Every error the library throws, in one table.
 *
 * A class has a stable `code` and `name`; a message has two sentences: what happened, what to do.
 * `code` never changes within a major version, so programs may switch on it.
 */

/** What all errors of this library have in common: a stable `code`. */
export class FearlessError extends Error {
  override readonly name: string = 'FearlessError'
  readonly code: string = 'FL0000'
}

/** A thread threw something that is not an `Error`, or ended without a result; what it threw is in `payload`. */
export class PanicError extends FearlessError {
  override readonly name = 'PanicError'
  override readonly code = 'FL0001'
  readonly payload: unknown
  constructor(message: string, options?: ErrorOptions & { payload?: unknown }) {
    super(message, options)
    this.payload = options?.payload
  }
}

/** A thread panicked while it held this lock, so the value may be half changed. `guard` gives access all the same. */
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

/** The other side of a channel is gone; a value that could not be sent comes back in `value`. */
export class ClosedError<T = unknown> extends FearlessError {
  override readonly name = 'ClosedError'
  override readonly code = 'FL0003'
  readonly value: T | undefined
  constructor(message: string, value?: T) {
    super(message)
    this.value = value
  }
}

/** A bounded channel has no room now; the value that was not sent comes back in `value`. */
export class FullError<T = unknown> extends FearlessError {
  override readonly name = 'FullError'
  override readonly code = 'FL0004'
  readonly value: T | undefined
  constructor(message: string, value?: T) {
    super(message)
    this.value = value
  }
}

/** A receiver of a broadcast channel was too slow; how many messages it has missed is in `missed`. */
export class LaggedError extends FearlessError {
  override readonly name = 'LaggedError'
  override readonly code = 'FL0014'
  readonly missed: number
  constructor(message: string, missed: number) {
    super(message)
    this.missed = missed
  }
}

/** The time given to a wait ran out; a value that was not sent comes back in `value`. */
export class TimeoutError<T = unknown> extends FearlessError {
  override readonly name = 'TimeoutError'
  override readonly code = 'FL0005'
  readonly value: T | undefined
  constructor(message: string, value?: T) {
    super(message)
    this.value = value
  }
}

/** The value was moved away and this name may not be used any more. */
export class MovedError extends FearlessError {
  override readonly name = 'MovedError'
  override readonly code = 'FL0006'
}

/** The value was dropped, or its guard released, and may not be used any more. */
export class DroppedError extends FearlessError {
  override readonly name = 'DroppedError'
  override readonly code = 'FL0007'
}

/** This thread may not block here: a page's main thread has to yield. */
export class BlockingError extends FearlessError {
  override readonly name = 'BlockingError'
  override readonly code = 'FL0008'
}

/** Waiting here could never end: the thing waited for is held by the waiter. */
export class DeadlockError extends FearlessError {
  override readonly name = 'DeadlockError'
  override readonly code = 'FL0009'
}

/** The value may not cross a thread. */
export class NotSendError extends FearlessError {
  override readonly name = 'NotSendError'
  override readonly code = 'FL2002'
}

/** A function that is not self-contained was given to a thread without the compiler. */
export class ClosureError extends FearlessError {
  override readonly name = 'ClosureError'
  override readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The shared heap has no room for what was asked. */
export class HeapFullError extends FearlessError {
  override readonly name = 'HeapFullError'
  override readonly code = 'FL0010'
}

/** The work was cancelled before it was done. */
export class CancelledError extends FearlessError {
  override readonly name = 'CancelledError'
  override readonly code = 'FL0011'
}

/** Something that was lent for the time of one function was to be used for longer. */
export class BorrowError extends FearlessError {
  override readonly name = 'BorrowError'
  override readonly code = 'FL0013'
}

/** The library cannot run here: no shared memory, two copies in one process, a bad setting. */
export class EnvironmentError extends FearlessError {
  override readonly name = 'EnvironmentError'
  override readonly code = 'FL0012'
}

/** Others own this thing as well, so nobody can have it for itself. */
export class SharedError extends FearlessError {
  override readonly name = 'SharedError'
  override readonly code = 'FL0013'
}
