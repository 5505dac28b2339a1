/** Receivers of time, for loops and for the arms of a select. The state machine is in core/timer.ts. */
import { describe } from '../describe.ts'
import { TIMER_OWNERS } from '../core/timer.ts'
import { platform } from '#platform'
import { core, self } from '../core/index.ts'
import { Handle, defineKind, dropHandle, newRecord, thingOf } from '../memory/handles/handle.ts'
import { heapFull, i32, release } from '../memory/heap.ts'
import { TIMER } from '../memory/handles/kinds.ts'
import type { Crossing, crossing } from '../send.ts'
import { PENDING, now, type Attempt, type Pending } from '../wait/attempt.ts'
import { Wait } from '../wait/wait.ts'

/**
 * A receiver of moments in milliseconds since 1970, as `Date.now()` has them. It is never closed.
 *
 * ```ts
 * const late = after(20)
 * const [tx, rx] = mpsc.channel<string>()
 * const first = await select({ page: rx.recv(), late: late.recv() })
 * first.key // => 'late'
 * ```
 *
 * Crossing a thread shares it: each moment is received once, by one of those who wait for it.
 */
export class Timer extends Handle {
  declare readonly [crossing]: Crossing<'Timer', 'always', 'always'>
  readonly #recv: Moment = new Moment(this)

  /** Waits for the next moment, and is never early. `try()` gives `undefined` before it. */
  recv(): Wait<number> {
    return this.#recv
  }

  /** Blocks for each moment. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (;;) yield this.#recv.wait()
  }

  /** Yields for each moment. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<number> {
    for (;;) yield await this.#recv
  }

  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

/**
 * A receiver that gets one moment, `ms` milliseconds from now, and then nothing, for ever.
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
    throw new RangeError(`A timer must be due in 0 or more milliseconds, not ${describe(ms)}.`)
  return newTimer(clock() + ms, 0, today(ms))
}

/**
 * A receiver that gets one moment, `time`, and then nothing, for ever. One that is past is received at once.
 *
 * ```ts
 * await at(new Date(Date.now() + 50)).recv()
 * ```
 */
export function at(time: Date | number): Timer {
  const due = Number(time)
  if (Number.isNaN(due))
    throw new RangeError('A timer is due at a Date, or at milliseconds since 1970. This is neither.')
  return newTimer(clock() + due - Date.now(), 0, due)
}

/**
 * A receiver that gets a moment every `ms` milliseconds.
 *
 * ```ts
 * let beats = 0
 * for await (const moment of tick(10)) {
 *   console.log(new Date(moment))
 *   if (++beats === 3) break
 * }
 * ```
 *
 * It keeps one moment at most: who comes late gets one, and the next a whole period later.
 */
export function tick(ms: number): Timer {
  if (typeof ms !== 'number' || !(ms > 0))
    throw new RangeError(`The period of a timer must be more than 0 milliseconds, not ${describe(ms)}.`)
  return newTimer(clock() + ms, ms, today(ms))
}

/**
 * A receiver that never gets anything and is never closed: for an arm that is not always wanted.
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

/** A clock that is the same in all threads and does not know when somebody sets the time, or the machine wakes. */
const clock = (): number => platform.steadyOrigin + now()

/** The moment `ms` milliseconds from now, in milliseconds since 1970; finer than `Date.now()`, unless somebody has set the time. */
function today(ms: number): number {
  const fine = performance.timeOrigin + now()
  const off = Date.now() - fine
  return (Math.abs(off) > 2 ? fine + off : fine) + ms
}

function newTimer(due: number, period: number, moment: number): Timer {
  const timer = core.newTimer(self, due, period, moment)
  if (timer === 0) throw heapFull(32)
  try {
    return new Timer(newRecord(TIMER, timer, true))
  } catch (error) {
    release(timer)
    throw error
  }
}

class Moment extends Wait<number> {
  readonly #timer: Handle

  constructor(timer: Handle) {
    super()
    this.#timer = timer
  }
  override begin(): Attempt<number> {
    return new AwaitedMoment(this.#timer)
  }
}

/** Nobody wakes it: it stands in no line, and its deadline ends it. */
class AwaitedMoment implements Attempt<number> {
  readonly #timer: Handle
  readonly #began = clock()

  constructor(timer: Handle) {
    this.#timer = timer
  }
  get deadline(): number {
    return core.timerDue(self, thingOf(this.#timer)) - platform.steadyOrigin
  }
  poll(): number | Pending {
    const due = core.takeMoment(self, thingOf(this.#timer), clock(), this.#began)
    return due === due ? due : PENDING
  }
  owners(): readonly Handle[] {
    return [this.#timer]
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
  woken(): number | Pending {
    return this.poll()
  }
}

defineKind(TIMER, Timer, {
  name: 'Timer',
  share: timer => Atomics.add(i32, (timer + TIMER_OWNERS) >> 2, 1),
  drop: timer => {
    if (Atomics.sub(i32, (timer + TIMER_OWNERS) >> 2, 1) === 1) release(timer)
  },
  revive: record => new Timer(record),
  onlyMemory: true,
})
