/** Waiting for time, and giving way. */
import { platform } from '#platform'
import { PENDING, now, type Attempt, type Pending } from '../wait/attempt.ts'
import { Wait } from '../wait/wait.ts'

/**
 * Waits at least `ms` milliseconds, counted from when it is waited for.
 *
 * ```ts
 * await sleep(100)
 * sleep(100).wait() // blocks this thread
 * ```
 */
export function sleep(ms: number): Wait<void> {
  if (!(ms >= 0)) throw new RangeError(`A sleep must be 0 or more milliseconds, not ${ms}.`)
  return new Sleep(ms)
}

class Sleep extends Wait<void> {
  readonly #ms: number

  constructor(ms: number) {
    super()
    this.#ms = ms
  }
  override begin(): Attempt<void> {
    return new Sleeping(now() + this.#ms)
  }
}

/** Nobody wakes a sleep: it stands in no line, and its deadline ends it. */
class Sleeping implements Attempt<void> {
  readonly deadline: number

  constructor(deadline: number) {
    this.deadline = deadline
  }
  poll(): void | Pending {
    if (now() < this.deadline) return PENDING
  }
  ready(): boolean {
    return now() >= this.deadline
  }
  enter(): boolean {
    return true
  }
  leave(): boolean {
    return true
  }
  woken(): void | Pending {
    return this.poll()
  }
}

/**
 * Gives others a chance to run: the event loop one turn when awaited, other threads when it blocks.
 *
 * ```ts
 * while (flag.load() === 0) await thread.yieldNow()
 * ```
 */
export function yieldNow(): Wait<void> {
  return new Yield()
}

class Yield extends Wait<void> {
  override begin(): Attempt<void> {
    return new Sleeping(now() + 0.001)
  }
  override then<A = void, B = never>(
    onValue?: ((value: void) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return platform.turn().then(onValue, onError)
  }
}
