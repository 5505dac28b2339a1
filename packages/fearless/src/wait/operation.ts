/**
 * The protocol of one run of a wait, after crossbeam's `SelectHandle`: try to complete, register a waiter, unregister
 * it, accept a notification. The ways of waiting (`park.ts`, `yield.ts`, `select.ts`) know a wait through this
 * interface only.
 */
import type { Handle } from '../memory/handles/handle.ts'

export const PENDING: unique symbol = Symbol('pending')
export type Pending = typeof PENDING

/** A wait that only code of its own event loop can complete (loop-deadlock.ts). */
export interface StrandedWait {
  /** Completes a sentence after "waits for". */
  readonly what: string
  readonly repair: string
}

/** The operations of one run of a wait. */
export interface Operation<T> {
  /**
   * Tries to complete the wait once, without waiting. Returns PENDING if it would have to wait. May throw the wait's
   * error.
   */
  tryComplete(): T | Pending
  /** Returns whether `tryComplete` would complete or throw now. Has no side effect. */
  isReady(): boolean
  /**
   * Registers this waiter in the wait queue. Returns false if it was not registered; the caller must then poll again.
   */
  register(waiter: number): boolean
  /** Unregisters this waiter. Returns false if a notifier has already woken it; the caller must then call `accept`. */
  unregister(waiter: number): boolean
  /**
   * Accepts a notification of this waiter: returns the value that the notifier transferred to it, or else polls.
   * Returns PENDING if neither gave a value.
   */
  accept(waiter: number): T | Pending
  /** Returns whether the notifier of this woken waiter transferred a value to it. */
  hasHandover?(waiter: number): boolean
  /**
   * Discards the notification of a woken waiter that no caller will accept, and drops the value transferred with it.
   */
  discardWake?(waiter: number): void
  /** The time, on the clock of `now`, from which `tryComplete` is no longer pending; Infinity if there is none. */
  readonly deadline: number
  /**
   * Whether this is one side of a rendezvous. The other side completes it by finding its waiter in the queue, so the
   * waiter must be registered before the thread spins.
   */
  readonly isRendezvous?: boolean
  /**
   * Spins for a limited number of rounds until the wait is ready. Defined by waits that can poll faster than `isReady`
   * does.
   */
  spin?(rounds: number): void
  /**
   * Whether the last `tryComplete` did a part of the work, so that the event loop takes one turn before the next poll.
   */
  readonly isSliced?: boolean
  /** Whether spinning is useless, because the wait cannot become ready before its waiter is registered. */
  readonly neverSpins?: boolean
  /** Returns the signals of this wait. Once one of them is aborted, `tryComplete` throws. */
  signals?(): readonly AbortSignal[]
  /**
   * Returns the handles that this wait needs. The wait fails if one of them is dropped or moved before it completes.
   */
  owners?(): readonly Handle[]
  /**
   * Returns a description of this wait if only this event loop can complete it. Defined where the wait queue and the
   * handles do not show that.
   */
  strandedBy?(): StrandedWait | undefined
  /** Called with the value before an event loop resolves a promise with it. Nothing else keeps that value alive. */
  transferred?(value: T): void
  /** Called exactly once when the run is over, whether it completed, failed or was abandoned. */
  finish?(): void
}

/** Milliseconds of a monotonic clock. */
export const monotonicNow: () => number = performance.now.bind(performance)
