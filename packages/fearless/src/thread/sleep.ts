/** Waits for a time, and `yieldNow`. */
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { PENDING, monotonicNow, type Operation, type Pending } from '../wait/operation.ts'
import { SPIN_LIMIT_US } from '../wait/spin-budget.ts'
import { Cancellation } from '../wait/cancellation.ts'
import { yieldProcessor } from '../wait/park.ts'
import { reportIfUnwaited } from '../wait/unwaited.ts'
import { Wait } from '../wait/wait.ts'

/**
 * Waits at least `ms` milliseconds, counted from the start of the wait.
 *
 * ```ts
 * await sleep(100)
 * sleep(100).wait() // blocks this thread
 * ```
 */
export function sleep(ms: number): Wait<void> {
  if (typeof ms !== 'number' || !(ms >= 0))
    throw new RangeError(`\`sleep\` expects 0 or more milliseconds, got ${describe(ms)}. Pass such a number.`)
  return reportIfUnwaited(new Sleep(ms), 'sleep', sleep)
}

class Sleep extends Wait<void> {
  readonly #ms: number

  constructor(ms: number) {
    super()
    this.#ms = ms
  }
  override begin(): Operation<void> {
    return new Sleeping(monotonicNow() + this.#ms)
  }
}

/**
 * Waits until `time`, and never returns earlier. Does not wait if `time` is past.
 *
 * ```ts
 * await sleepUntil(new Date(Date.now() + 20))
 * ```
 *
 * `time` is a `Date`, or milliseconds since 1970. Throws `RangeError` for any other value.
 */
export function sleepUntil(time: Date | number): Wait<void> {
  const due = Number(time)
  if (Number.isNaN(due)) {
    throw new RangeError(
      `\`sleepUntil\` expects a valid Date or milliseconds since 1970, got ${describe(time)}. Pass a Date, or a number.`,
    )
  }
  return reportIfUnwaited(new SleepUntil(due), 'sleepUntil', sleepUntil)
}

class SleepUntil extends Wait<void> {
  readonly #due: number

  constructor(due: number) {
    super()
    this.#due = due
  }
  override begin(): Operation<void> {
    return new Sleeping(monotonicNow() + this.#due - Date.now())
  }
}

/** A wait that its deadline completes: it registers in no wait queue. */
class Sleeping implements Operation<void> {
  readonly deadline: number

  constructor(deadline: number) {
    this.deadline = deadline
  }
  tryComplete(): void | Pending {
    if (monotonicNow() < this.deadline) return PENDING
  }
  isReady(): boolean {
    return monotonicNow() >= this.deadline
  }
  register(): boolean {
    return true
  }
  unregister(): boolean {
    return true
  }
  accept(): void | Pending {
    return this.tryComplete()
  }
}

/**
 * Lets other code run: one turn of the event loop if it is awaited, other threads if it blocks.
 *
 * ```ts
 * const flag = new AtomicBool(false)
 * thread.spawn(move(() => flag.store(true)))
 * while (!flag.load()) await thread.yieldNow()
 * ```
 *
 * A thread that blocks on it again and again gives up its processor for about 50 us each time.
 */
export function yieldNow(): Wait<void> {
  return reportIfUnwaited(new Yield(), 'yieldNow', yieldNow)
}

/** Yields in a row that return at once, because the awaited change may come soon. */
const FREE_YIELDS = SPIN_LIMIT_US > 0 ? 16 : 0
/** Yields that are further apart than this, in milliseconds, are not counted as in a row. */
const ROW_MS = 0.5

let inRow = 0
let last = 0

async function yieldUnder(under: Cancellation): Promise<void> {
  await under.refusal()
  await platform.turn()
  await under.refusal()
}

class Yield extends Wait<void> {
  override begin(): Operation<void> {
    return new Sleeping(monotonicNow())
  }
  override wait(): void {
    inRow = monotonicNow() - last < ROW_MS ? inRow + 1 : 0
    if (inRow >= FREE_YIELDS) yieldProcessor()
    last = monotonicNow()
  }
  override then<A = void, B = never>(
    onValue?: ((value: void) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const under = Cancellation.current
    return (under === undefined ? platform.turn() : yieldUnder(under)).then(onValue, onError)
  }
}
