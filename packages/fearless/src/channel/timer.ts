/**
 * Timers: receivers of time, for loops and for the arms of a select. After Go's and crossbeam's `after`, `at`, `tick`
 * and `never`. The state machine is in core/timer.ts.
 */
import { describe } from '../describe.ts'
import { add } from '../core/memory.ts'
import { TIMER_OWNERS } from '../core/timer.ts'
import { platform } from '#platform'
import { core, self } from '../core/index.ts'
import { Handle, defineHandleClass, dropHandle, newRecord, liveObjectOf } from '../memory/handles/handle.ts'
import { heapFullError, free } from '../memory/heap.ts'
import { TIMER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, monotonicNow, type Operation, type Pending } from '../wait/operation.ts'
import { Wait } from '../wait/wait.ts'

/**
 * A receiver of ticks. Each tick is its time in milliseconds since 1970, as `Date.now()` returns it. A timer is never
 * closed.
 *
 * ```ts
 * const late = after(20)
 * const [tx, rx] = mpsc.channel<string>()
 * const first = await select({ page: rx.recv(), late: late.recv() })
 * first.key // => 'late'
 * ```
 *
 * A timer that crosses to another thread is shared: each tick is received once, by one of the threads that wait for it.
 */
export class Timer extends Handle {
  declare readonly [crossing]: Crossing<'Timer', 'always', 'always'>
  readonly #recv: TickWait = new TickWait(this)

  /** Waits for the next tick, and never ends early. `try()` returns `undefined` before the tick. */
  recv(): Wait<number> {
    return this.#recv
  }

  /** Blocks for each tick. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (;;) yield this.#recv.wait()
  }

  /** Yields for each tick. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<number> {
    for (;;) yield await this.#recv
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * Creates a timer that ticks once, `ms` milliseconds from now, and then never again.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * const late = after(50)
 * for (let n = 0; ; n++) {
 *   const next = await select({ message: rx.recv(), late: late.recv() })
 *   if (next.key === 'late') break // 50 ms for all messages together
 * }
 * ```
 */
export function after(ms: number): Timer {
  if (typeof ms !== 'number' || !(ms >= 0))
    throw new RangeError(`\`after\` expects 0 or more milliseconds, got ${describe(ms)}. Pass such a number.`)
  return newTimer(clock() + ms, 0, systemTimeIn(ms))
}

/**
 * Creates a timer that ticks once, at `time`, and then never again. A tick in the past is received at once.
 *
 * ```ts
 * await at(new Date(Date.now() + 50)).recv()
 * ```
 */
export function at(time: Date | number): Timer {
  const due = Number(time)
  if (Number.isNaN(due))
    throw new RangeError(`\`at\` expects a Date or milliseconds since 1970, got ${describe(time)}. Pass one of these.`)
  return newTimer(clock() + due - Date.now(), 0, due)
}

/**
 * Creates a timer that ticks every `ms` milliseconds.
 *
 * ```ts
 * let beats = 0
 * for await (const moment of tick(10)) {
 *   console.log(new Date(moment))
 *   if (++beats === 3) break
 * }
 * ```
 *
 * It keeps one tick at most: a late receiver gets one tick, and the next tick a full period later.
 */
export function tick(ms: number): Timer {
  if (typeof ms !== 'number' || !(ms > 0))
    throw new RangeError(
      `\`tick\` expects a period of more than 0 milliseconds, got ${describe(ms)}. Pass such a number.`,
    )
  return newTimer(clock() + ms, ms, systemTimeIn(ms))
}

/**
 * Creates a timer that never ticks and is never closed: for an optional arm of a select.
 *
 * ```ts
 * const [tx, rx] = mpsc.channel<string>()
 * thread.spawn(move(() => tx.send('hi')))
 * const wait = async (ms?: number) => {
 *   const limit = ms === undefined ? never() : after(ms)
 *   return await select({ message: rx.recv(), late: limit.recv() })
 * }
 * (await wait()).value // => 'hi'
 * ```
 */
export function never(): Timer {
  return newTimer(Infinity, 0, Infinity)
}

/**
 * A monotonic clock that is the same in all threads: it ignores changes of the system time and a wake-up of the
 * machine.
 */
const clock = (): number => platform.steadyOrigin + monotonicNow()

/**
 * Returns the time `ms` milliseconds from now, in milliseconds since 1970. It is more precise than `Date.now()` unless
 * the system time was set.
 */
function systemTimeIn(ms: number): number {
  const fine = performance.timeOrigin + monotonicNow()
  const off = Date.now() - fine
  return (Math.abs(off) > 2 ? fine + off : fine) + ms
}

function newTimer(due: number, period: number, moment: number): Timer {
  const timer = core.newTimer(self, due, period, moment)
  if (timer === 0) throw heapFullError(32)
  try {
    return new Timer(newRecord(TIMER, timer, true))
  } catch (error) {
    free(timer)
    throw error
  }
}

class TickWait extends Wait<number> {
  readonly #timer: Handle

  constructor(timer: Handle) {
    super()
    this.#timer = timer
  }
  override begin(): Operation<number> {
    return new TickRun(this.#timer)
  }
}

/** A wait without a notifier: its waiter is in no wait queue, and its deadline ends it. */
class TickRun implements Operation<number> {
  readonly #timer: Handle
  readonly #began = clock()

  constructor(timer: Handle) {
    this.#timer = timer
  }
  get deadline(): number {
    return core.timerDue(self, liveObjectOf(this.#timer)) - platform.steadyOrigin
  }
  tryComplete(): number | Pending {
    const due = core.takeTick(self, liveObjectOf(this.#timer), clock(), this.#began)
    return due === due ? due : PENDING
  }
  owners(): readonly Handle[] {
    return [this.#timer]
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
  accept(): number | Pending {
    return this.tryComplete()
  }
}

defineHandleClass(TIMER, Timer, {
  name: 'Timer',
  share: timer => add(timer + TIMER_OWNERS, 1),
  drop: timer => {
    if (add(timer + TIMER_OWNERS, -1) === 1) free(timer)
  },
  revive: record => new Timer(record),
  onlyMemory: true,
})
