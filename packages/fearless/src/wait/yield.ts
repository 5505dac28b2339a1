/**
 * Yielding: an event loop waits for many things with one bell. The only caller of `Atomics.waitAsync`.
 *
 * Wakers put what they woke on the loop's ready list and ring only if the loop sleeps. The loop says that it sleeps,
 * THEN looks at the list once more, then arms the bell; a waker fills the list, THEN looks whether the loop sleeps.
 */
import { core, self } from '../core/index.ts'
import { BELL_ASLEEP, BELL_AWAKE, SLOT_BELL, SLOT_READY, SLOT_RECOUNT } from '../core/layout.ts'
import {
  WAITER_CLAIM,
  WAITER_FREE,
  WAITER_QUEUE,
  WAITER_READY,
  WAITER_STATE,
  WAITER_WOKEN,
} from '../core/wait-queue.ts'
import { platform } from '#platform'
import type { Handle, Standing } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { PENDING, PROBE_EVERY, longWatch, now, spinLimit, type Attempt } from './attempt.ts'
import { onAbort, type Cancellable, type Cancellation } from './cancellation.ts'
import {
  allStanding,
  beginStanding,
  endStanding,
  keepAlive,
  letEnd,
  strandedBy,
  type LoopWait,
  type Stranded,
} from './loop-deadlock.ts'
import { traceOfWait, withTrace } from './places.ts'
import { freeWaiter, newWaiter } from './waiter.ts'

const LONGEST_TIMER = 0x7fff_ffff
const ROUNDS = 32

/** So many answers in a row may come without a turn of the event loop: a loop that never waits starves no timer. */
const WITHOUT_TURN = 128
let withoutTurn = 0
const AT_ONCE = Promise.resolve()

/** Waiters of this loop and what to do when one was woken. */
const waiting = new Map<number, () => void>()
let armed = false

/** How long this loop watches before it sleeps, in microseconds: half of a thread's limit while that pays, halves when not. */
let budget = spinLimit / 4
/** Waits that were not worth watching. */
let unwatched = 0

/** Waits on this event loop, until the attempt ends or `under` is cancelled. */
export function yieldUntil<T>(attempt: Attempt<T>, under: Cancellation | undefined): Promise<T> {
  const refusal = under?.refusal()
  if (refusal !== undefined) {
    attempt.end?.()
    return afterTurnIfDue(refusal)
  }
  try {
    let value = attempt.poll()
    if (value === PENDING && attempt.unwatched !== true) value = watch(attempt)
    if (value === PENDING) {
      return new Promise((resolve, reject) => new Yielding(attempt, under, resolve, reject).stand())
    }
    attempt.end?.()
    attempt.taken?.(value)
    return afterTurnIfDue(Promise.resolve(value))
  } catch (error) {
    attempt.end?.()
    return afterTurnIfDue(Promise.reject(error))
  }
}

/** The same promise; every so often one that settles a turn of the event loop later. */
export function afterTurnIfDue<T>(promise: Promise<T>): Promise<T> {
  if (++withoutTurn < WITHOUT_TURN) return promise
  withoutTurn = 0
  return promise.finally(platform.turn)
}

function watch<T>(attempt: Attempt<T>): T | typeof PENDING {
  const time = watchTime()
  if (time === 0) return PENDING
  const end = now() + time / 1000
  do {
    for (let i = 0; i < ROUNDS; i++) {
      if (!attempt.ready()) continue
      budget = spinLimit / 2
      return attempt.poll()
    }
  } while (now() < end)
  budget /= 2
  return PENDING
}

function watchTime(): number {
  if (budget >= 1) return budget
  return ++unwatched % PROBE_EVERY === 0 ? longWatch : 0
}

/** One attempt that an event loop waits for. */
class Yielding<T> implements Standing, LoopWait, Cancellable {
  readonly #attempt: Attempt<T>
  readonly #under: Cancellation | undefined
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  #waiter = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #owners: readonly Handle[] = []
  #listening: readonly (() => void)[] = []
  #paused = false
  /** How often it has stopped waiting. */
  #turns = 0
  readonly #trace = traceOfWait()

  constructor(
    attempt: Attempt<T>,
    under: Cancellation | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#attempt = attempt
    this.#under = under
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Stands in line until the attempt is no longer pending. */
  stand(): void {
    try {
      for (;;) {
        if (this.#waiter === 0) this.#waiter = newWaiter(1)
        if (this.#attempt.enter(this.#waiter)) {
          if (!this.#attempt.ready()) return this.#wait()
          if (this.#finish(this.#leaveAndLook())) return
        } else if (this.#attempt.sliced === true) return this.#nextTurn()
        else if (this.#finish(this.#attempt.poll())) return
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The rest goes on after a turn of the event loop; until then it stands in no queue, as one that is paused. */
  #nextTurn(): void {
    this.#paused = true
    this.#begin()
    const turn = this.#turns
    void platform.turn().then(() => {
      if (this.#turns === turn) this.#aborted()
    })
  }

  #wait(): void {
    waitFor(this.#waiter, this.#woken)
    this.#begin()
    this.#startTimer()
    // Code that a message runs while it is written waits with a handle that lies in it.
    if (this.#owners.some(owner => owner.moved)) this.pause()
  }

  #begin(): void {
    beginStanding(this)
    this.#owners = this.#attempt.owners?.() ?? []
    for (const owner of this.#owners) (owner.waits ??= new Set()).add(this)
    this.#under?.add(this)
    const signals = this.#attempt.signals?.()
    if (signals !== undefined) this.#listening = signals.map(signal => onAbort(signal, this.#aborted))
  }

  #startTimer(): void {
    const { deadline } = this.#attempt
    if (deadline === Infinity) return
    // Rounded up: a timer may fire a little early, and a sleep is never shorter than asked.
    this.#timer = setTimeout(this.#timeOut, Math.min(LONGEST_TIMER, Math.max(0, Math.ceil(deadline - now()))))
  }

  readonly #woken = (): void => {
    this.#step(() => this.#attempt.woken(this.#waiter))
  }

  readonly #timeOut = (): void => {
    this.#timer = undefined
    if (!this.#attempt.ready()) return this.#startTimer()
    this.#step(this.#leaveAndLook)
  }

  readonly #aborted = (): void => {
    this.#step(this.#paused ? () => this.#attempt.poll() : this.#leaveAndLook)
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#stopListening()
    try {
      if (this.#attempt.leave(this.#waiter)) return
      const value = this.#takeWake()
      if (value === PENDING) return
      this.#stop()
      this.#finish(value)
    } catch (error) {
      this.#stop()
      this.#fail(error)
    }
  }

  resume(): void {
    if (!this.#paused) return
    this.#stop()
    this.stand()
  }

  /** Looking again throws that a handle it needs was dropped or moved. */
  gone(): void {
    this.#aborted()
  }

  stranded(): Stranded | undefined {
    return this.#paused ? undefined : strandedBy(this.#attempt, this.#waiter)
  }

  refuse(error: Error): void {
    this.#step(() => {
      if (!this.#attempt.leave(this.#waiter)) return this.#takeWake()
      throw error
    })
  }

  readonly #leaveAndLook = (): T | typeof PENDING =>
    this.#attempt.leave(this.#waiter) ? this.#attempt.poll() : this.#takeWake()

  /** Its thread has ended: it leaves the queue, and never settles. */
  abandon(): void {
    const isQueued = !this.#paused
    this.#stop()
    if (isQueued && !this.#attempt.leave(this.#waiter)) this.#forgo()
    this.#end()
  }

  cancel(error: Error): void {
    const isQueued = !this.#paused
    this.#stop()
    try {
      if (isQueued && !this.#attempt.leave(this.#waiter)) {
        if (this.#attempt.handed?.(this.#waiter) !== true) this.#forgo()
        else if (this.#finish(this.#takeWake())) return
      }
      this.#fail(error)
    } catch (reason) {
      this.#fail(reason)
    }
  }

  /** It was woken and will not use the wake: the others in that queue look instead. */
  #forgo(): void {
    const waiter = this.#waiter
    this.#waiter = 0
    this.#attempt.forgo?.(waiter)
    const queue = i32[(waiter + WAITER_QUEUE) >> 2]
    if (queue !== 0) core.wakeAll(self, queue)
    retire(waiter)
  }

  #stop(): void {
    this.#stopListening()
    this.#turns++
    this.#paused = false
    endStanding(this)
    for (const owner of this.#owners) owner.waits?.delete(this)
    this.#under?.delete(this)
    for (const stop of this.#listening) stop()
    this.#listening = []
  }

  #stopListening(): void {
    noLongerWaitFor(this.#waiter)
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #step(look: () => T | typeof PENDING): void {
    this.#stop()
    try {
      if (!this.#finish(this.#under === undefined ? look() : this.#under.noting(look))) this.stand()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Takes a wake before the ready list brought it: that waiter is still on the list, so another takes its place. */
  #takeWake(): T | typeof PENDING {
    const waiter = this.#waiter
    this.#waiter = 0
    const value = this.#attempt.woken(waiter)
    retire(waiter)
    return value
  }

  #finish(value: T | typeof PENDING): boolean {
    if (value === PENDING) return false
    this.#end()
    if (this.#attempt.taken !== undefined) withTrace(this.#trace, () => this.#attempt.taken!(value))
    this.#resolve(value)
    return true
  }

  #fail(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  #end(): void {
    if (this.#waiter !== 0) freeWaiter(this.#waiter)
    this.#waiter = 0
    this.#attempt.end?.()
  }
}

/** Ends the waits that a thread has left open: they never settle. */
export function abandonWaits(): void {
  for (const wait of allStanding()) wait.abandon()
}

/** Calls `f` from the event loop when this waiter is woken. */
export function waitFor(waiter: number, f: () => void): void {
  expect(waiter, f)
  arm()
}

function expect(waiter: number, f: () => void): void {
  keepAlive()
  waiting.set(waiter, f)
}

export function noLongerWaitFor(waiter: number): void {
  if (waiting.delete(waiter) && waiting.size === 0) letEnd()
}

/** Frees a woken waiter: at once if the ready list has brought it, else when it does. */
export function retire(waiter: number): void {
  if (Atomics.load(i32, (waiter + WAITER_STATE) >> 2) !== WAITER_WOKEN) {
    noLongerWaitFor(waiter)
    return freeWaiter(waiter)
  }
  waitFor(waiter, () => {
    noLongerWaitFor(waiter)
    freeWaiter(waiter)
  })
}

/** Lets a wake of `waiter` do what a wake of `first` does. */
export function waitAlongside(waiter: number, first: number): void {
  expect(waiter, () => waiting.get(first)?.())
}

/** Wakes a waiter of this very loop that stands in no line of the heap; false: its select has chosen another arm. */
export function wakeHere(waiter: number): boolean {
  const claim = i32[(waiter + WAITER_CLAIM) >> 2]
  if (claim !== 0 && Atomics.compareExchange(i32, claim >> 2, 0, waiter) !== 0) return false
  waiting.get(waiter)?.()
  return true
}

function arm(): void {
  if (armed) return
  armed = true
  Atomics.store(i32, (self + SLOT_BELL) >> 2, BELL_ASLEEP)
  if (Atomics.load(i32, (self + SLOT_READY) >> 2) === 0) {
    const bell = Atomics.waitAsync(i32, (self + SLOT_BELL) >> 2, BELL_ASLEEP)
    if (bell.async) return void bell.value.then(rungAfterTurn)
  }
  void afterTurnIfDue(AT_ONCE).then(rung)
}

function rungAfterTurn(): void {
  withoutTurn = 0
  rung()
}

function rung(): void {
  armed = false
  Atomics.store(i32, (self + SLOT_BELL) >> 2, BELL_AWAKE)
  deliver()
  if (waiting.size > 0) arm()
}

/** Runs what was woken, first woken first. */
function deliver(): void {
  const woken: number[] = []
  for (let waiter = core.takeReady(self); waiter !== 0; waiter = i32[(waiter + WAITER_READY) >> 2]) woken.push(waiter)
  if (Atomics.exchange(i32, (self + SLOT_RECOUNT) >> 2, 0) !== 0) {
    // A waker died between marking a waiter and listing it.
    for (const waiter of waiting.keys()) {
      if (Atomics.load(i32, (waiter + WAITER_STATE) >> 2) === WAITER_WOKEN && !woken.includes(waiter))
        woken.push(waiter)
    }
  }
  // From here on a state of WOKEN means: on the list still.
  for (const waiter of woken) Atomics.store(i32, (waiter + WAITER_STATE) >> 2, WAITER_FREE)
  for (let i = woken.length - 1; i >= 0; i--) waiting.get(woken[i])?.()
}
