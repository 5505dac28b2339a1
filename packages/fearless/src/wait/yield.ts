/**
 * Yielding waits: one event loop waits for many waiters with one bell. The only caller of `Atomics.waitAsync`.
 *
 * A notifier pushes the woken waiter on the loop's ready list, THEN reads the bell and rings it only if the loop
 * sleeps. The loop marks its bell as asleep, THEN reads the ready list again, then waits on the bell. All four accesses
 * are sequentially consistent, so either the notifier rings or the loop finds the waiter: no wake-up is lost.
 */
import { cas, get, load, store, swap } from '../core/memory.ts'
import { core, self } from '../core/index.ts'
import { BELL_ASLEEP, BELL_AWAKE, SLOT_BELL, SLOT_READY, SLOT_RECHECK_WAITERS } from '../core/layout.ts'
import {
  WAITER_CLAIM,
  WAITER_FREE,
  WAITER_QUEUE,
  WAITER_READY,
  WAITER_STATE,
  WAITER_WOKEN,
} from '../core/wait-queue.ts'
import { platform } from '#platform'
import type { Handle, HandleWait } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { PENDING, monotonicNow, type Operation, type StrandedWait } from './operation.ts'
import { SPIN_LIMIT_US, SpinBudget } from './spin-budget.ts'
import { onAbort, type Cancellable, type Cancellation } from './cancellation.ts'
import {
  pendingWaitsOfLoop,
  addPendingWait,
  removePendingWait,
  keepLoopAlive,
  letLoopExit,
  describeStranded,
  type PendingLoopWait,
} from './loop-deadlock.ts'
import { currentTrace, withTrace } from './lock-sites.ts'
import { freeWaiter, newWaiter } from './waiter.ts'

const LONGEST_TIMER_MS = 0x7fff_ffff
const ROUNDS_PER_CHECK = 32

/**
 * After 128 waits in a row that were ready at once, the event loop takes one turn (tokio's budget is 128, too). So a
 * program that never has to wait cannot starve timers.
 */
const READY_WAITS_PER_TURN = 128
let readyWaits = 0
const RESOLVED = Promise.resolve()

/** The waiters of this loop, each with the callback for its wake-up. */
const waiting = new Map<number, () => void>()
let armed = false

/** A loop spins half as long as a thread, because its other tasks wait meanwhile. */
const spins = new SpinBudget(SPIN_LIMIT_US / 4, SPIN_LIMIT_US / 2, 0)

/**
 * Waits on this event loop until the attempt completes or fails. It fails with the cancellation's error if `under` is
 * cancelled.
 */
export function yieldUntilComplete<T>(attempt: Operation<T>, under: Cancellation | undefined): Promise<T> {
  const refusal = under?.refusal()
  if (refusal !== undefined) {
    attempt.finish?.()
    return yieldTurnIfDue(refusal)
  }
  try {
    let value = attempt.tryComplete()
    if (value === PENDING && attempt.neverSpins !== true) value = spinUntilReady(attempt)
    if (value === PENDING) {
      return new Promise((resolve, reject) => new Yielding(attempt, under, resolve, reject).registerOrFinish())
    }
    attempt.finish?.()
    attempt.transferred?.(value)
    return yieldTurnIfDue(Promise.resolve(value))
  } catch (error) {
    attempt.finish?.()
    return yieldTurnIfDue(Promise.reject(error))
  }
}

/** Returns the same promise; every 128th call, one that settles a turn of the event loop later. */
export function yieldTurnIfDue<T>(promise: Promise<T>): Promise<T> {
  if (++readyWaits < READY_WAITS_PER_TURN) return promise
  readyWaits = 0
  return promise.finally(platform.turn)
}

function spinUntilReady<T>(attempt: Operation<T>): T | typeof PENDING {
  const us = spins.next()
  if (us === 0) return PENDING
  const end = monotonicNow() + us / 1000
  do {
    for (let i = 0; i < ROUNDS_PER_CHECK; i++) {
      if (!attempt.isReady()) continue
      spins.succeeded()
      return attempt.tryComplete()
    }
  } while (monotonicNow() < end)
  spins.failed()
  return PENDING
}

/** One attempt that this event loop waits for. */
class Yielding<T> implements HandleWait, PendingLoopWait, Cancellable {
  readonly #attempt: Operation<T>
  readonly #under: Cancellation | undefined
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  #waiter = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #owners: readonly Handle[] = []
  #listening: readonly (() => void)[] = []
  #paused = false
  /** The number of times that it has stopped waiting. */
  #turns = 0
  readonly #trace = currentTrace()

  constructor(
    attempt: Operation<T>,
    under: Cancellation | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#attempt = attempt
    this.#under = under
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Registers its waiter, polling in between, until it waits or the attempt is over. */
  registerOrFinish(): void {
    try {
      for (;;) {
        if (this.#waiter === 0) this.#waiter = newWaiter(1)
        if (this.#attempt.register(this.#waiter)) {
          if (!this.#attempt.isReady()) return this.#wait()
          if (this.#finish(this.#unregisterAndPoll())) return
        } else if (this.#attempt.isSliced === true) return this.#nextTurn()
        else if (this.#finish(this.#attempt.tryComplete())) return
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Polls again after one turn of the event loop. Until then it is registered in no queue, as a paused wait is. */
  #nextTurn(): void {
    this.#paused = true
    this.#begin()
    const turn = this.#turns
    void platform.turn().then(() => {
      if (this.#turns === turn) this.#aborted()
    })
  }

  #wait(): void {
    onWake(this.#waiter, this.#woken)
    this.#begin()
    this.#startTimer()
    // A message is encoded by code that may wait with a handle inside this very message: the handle is already moved.
    if (this.#owners.some(owner => owner.moved)) this.pause()
  }

  #begin(): void {
    addPendingWait(this)
    this.#owners = this.#attempt.owners?.() ?? []
    for (const owner of this.#owners) (owner.waits ??= new Set()).add(this)
    this.#under?.add(this)
    const signals = this.#attempt.signals?.()
    if (signals !== undefined) this.#listening = signals.map(signal => onAbort(signal, this.#aborted))
  }

  #startTimer(): void {
    const { deadline } = this.#attempt
    if (deadline === Infinity) return
    // Rounded up, because a timer may fire a little early and a sleep must not be shorter than requested.
    this.#timer = setTimeout(
      this.#timeOut,
      Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(deadline - monotonicNow()))),
    )
  }

  readonly #woken = (): void => {
    this.#step(() => this.#attempt.accept(this.#waiter))
  }

  readonly #timeOut = (): void => {
    this.#timer = undefined
    if (!this.#attempt.isReady()) return this.#startTimer()
    this.#step(this.#unregisterAndPoll)
  }

  readonly #aborted = (): void => {
    this.#step(this.#paused ? () => this.#attempt.tryComplete() : this.#unregisterAndPoll)
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#stopListening()
    try {
      if (this.#attempt.unregister(this.#waiter)) return
      const value = this.#acceptWake()
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
    this.registerOrFinish()
  }

  /** Called when a handle of this wait was dropped or moved: the next poll throws that error. */
  gone(): void {
    this.#aborted()
  }

  stranded(): StrandedWait | undefined {
    return this.#paused ? undefined : describeStranded(this.#attempt, this.#waiter)
  }

  refuse(error: Error): void {
    this.#step(() => {
      if (!this.#attempt.unregister(this.#waiter)) return this.#acceptWake()
      throw error
    })
  }

  readonly #unregisterAndPoll = (): T | typeof PENDING =>
    this.#attempt.unregister(this.#waiter) ? this.#attempt.tryComplete() : this.#acceptWake()

  /** Called when its thread has ended: unregisters the waiter; the promise never settles. */
  abandon(): void {
    const isQueued = !this.#paused
    this.#stop()
    if (isQueued && !this.#attempt.unregister(this.#waiter)) this.#discardWake()
    this.#end()
  }

  cancel(error: Error): void {
    const isQueued = !this.#paused
    this.#stop()
    try {
      if (isQueued && !this.#attempt.unregister(this.#waiter)) {
        if (this.#attempt.hasHandover?.(this.#waiter) !== true) this.#discardWake()
        else if (this.#finish(this.#acceptWake())) return
      }
      this.#fail(error)
    } catch (reason) {
      this.#fail(reason)
    }
  }

  /** Discards the notification of a woken waiter. All other waiters of its queue are woken and poll in its place. */
  #discardWake(): void {
    const waiter = this.#waiter
    this.#waiter = 0
    this.#attempt.discardWake?.(waiter)
    const queue = get(waiter + WAITER_QUEUE)
    if (queue !== 0) core.wakeAll(self, queue)
    freeWokenWaiter(waiter)
  }

  #stop(): void {
    this.#stopListening()
    this.#turns++
    this.#paused = false
    removePendingWait(this)
    for (const owner of this.#owners) owner.waits?.delete(this)
    this.#under?.delete(this)
    for (const stop of this.#listening) stop()
    this.#listening = []
  }

  #stopListening(): void {
    removeOnWake(this.#waiter)
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #step(look: () => T | typeof PENDING): void {
    this.#stop()
    try {
      if (!this.#finish(this.#under === undefined ? look() : this.#under.noting(look))) this.registerOrFinish()
    } catch (error) {
      this.#fail(error)
    }
  }

  /**
   * Accepts a notification before the ready list delivers it. The waiter is still on the ready list, so the next
   * registration allocates a new one.
   */
  #acceptWake(): T | typeof PENDING {
    const waiter = this.#waiter
    this.#waiter = 0
    const value = this.#attempt.accept(waiter)
    freeWokenWaiter(waiter)
    return value
  }

  #finish(value: T | typeof PENDING): boolean {
    if (value === PENDING) return false
    this.#end()
    if (this.#attempt.transferred !== undefined) withTrace(this.#trace, () => this.#attempt.transferred!(value))
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
    this.#attempt.finish?.()
  }
}

/** Unregisters the waits that an ended thread has left pending. Their promises never settle. */
export function abandonPendingWaits(): void {
  for (const wait of pendingWaitsOfLoop()) wait.abandon()
}

/** Calls `f` on this event loop when this waiter is woken. */
function onWake(waiter: number, f: () => void): void {
  expect(waiter, f)
  arm()
}

function expect(waiter: number, f: () => void): void {
  keepLoopAlive()
  waiting.set(waiter, f)
}

export function removeOnWake(waiter: number): void {
  if (waiting.delete(waiter) && waiting.size === 0) letLoopExit()
}

/** Frees a woken waiter: at once if the ready list has delivered it, otherwise on delivery. */
export function freeWokenWaiter(waiter: number): void {
  if (load(waiter + WAITER_STATE) !== WAITER_WOKEN) {
    removeOnWake(waiter)
    return freeWaiter(waiter)
  }
  onWake(waiter, () => {
    removeOnWake(waiter)
    freeWaiter(waiter)
  })
}

/** Makes a wake-up of `waiter` run the callback of `first`. */
export function shareWakeCallback(waiter: number, first: number): void {
  expect(waiter, () => waiting.get(first)?.())
}

/**
 * Wakes a waiter of this event loop that is in no wait queue of the heap. Returns false if its select has already
 * chosen another arm.
 */
export function wakeLocalWaiter(waiter: number): boolean {
  const claim = get(waiter + WAITER_CLAIM)
  if (claim !== 0 && cas(claim, 0, waiter) !== 0) return false
  waiting.get(waiter)?.()
  return true
}

function arm(): void {
  if (armed) return
  armed = true
  store(self + SLOT_BELL, BELL_ASLEEP)
  if (load(self + SLOT_READY) === 0) {
    const bell = Atomics.waitAsync(i32, (self + SLOT_BELL) >> 2, BELL_ASLEEP)
    if (bell.async) return void bell.value.then(rungAfterTurn)
  }
  void yieldTurnIfDue(RESOLVED).then(rung)
}

function rungAfterTurn(): void {
  readyWaits = 0
  rung()
}

function rung(): void {
  armed = false
  store(self + SLOT_BELL, BELL_AWAKE)
  deliver()
  if (waiting.size > 0) arm()
}

/** Runs the callbacks of all woken waiters, in the order of their wake-ups. */
function deliver(): void {
  const woken: number[] = []
  for (let waiter = core.takeReadyWaiters(self); waiter !== 0; waiter = get(waiter + WAITER_READY)) woken.push(waiter)
  if (swap(self + SLOT_RECHECK_WAITERS, 0) !== 0) {
    // RACE: a notifier may have died after it marked a waiter as woken and before it pushed it on the ready list.
    for (const waiter of waiting.keys()) {
      if (load(waiter + WAITER_STATE) === WAITER_WOKEN && !woken.includes(waiter)) woken.push(waiter)
    }
  }
  // The state WOKEN means from here on that the waiter is still on the ready list.
  for (const waiter of woken) store(waiter + WAITER_STATE, WAITER_FREE)
  for (let i = woken.length - 1; i >= 0; i--) waiting.get(woken[i])?.()
}
