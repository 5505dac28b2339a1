/**
 * One run of a wait, as the ways of waiting see it: how to try, how to stand in line, when to give up.
 */
import { platform } from '#platform'
import type { Handle } from '../memory/handles/handle.ts'
import type { Stranded } from './loop-deadlock.ts'

export const PENDING: unique symbol = Symbol('pending')
export type Pending = typeof PENDING

/** One run of a wait. */
export interface Attempt<T> {
  /** Tries once. May throw what the wait ends with. */
  poll(): T | Pending
  /** Whether `poll` would not be pending now; changes nothing. */
  ready(): boolean
  /** Stands in line with this waiter; false: not entered, poll again. */
  enter(waiter: number): boolean
  /** Leaves the line; false: somebody has woken this waiter. */
  leave(waiter: number): boolean
  /** Tries again after a wake: what was handed over with it, if something was. */
  woken(waiter: number): T | Pending
  /** Whether something was handed over with the wake of this waiter. */
  handed?(waiter: number): boolean
  /** It was woken, and nobody will use the wake: what was handed over with it ends. */
  forgo?(waiter: number): void
  /** When `poll` stops being pending by itself, on the clock of `now`; Infinity if never. */
  readonly deadline: number
  /** It goes on only when somebody finds it in line: so it stands there while it watches. */
  readonly meets?: boolean
  /** Watches for a moment whether it becomes ready; a kind that knows how to watch faster does. */
  spin?(rounds: number): void
  /** The last `poll` did a part of the work, and the event loop has its turn before the next one. */
  readonly sliced?: boolean
  /** Nothing comes of watching: what it waits for cannot happen before it stands in line. */
  readonly unwatched?: boolean
  /** The signals that end it: when one of them is aborted, `poll` throws. */
  signals?(): readonly AbortSignal[]
  /** The handles it needs: when one is dropped or moved meanwhile, the wait fails. */
  owners?(): readonly Handle[]
  /** What it waits for, if only this event loop can end the wait and its line and its handles do not show that. */
  stranded?(): Stranded | undefined
  /** An event loop was given what `poll` or `woken` gave: nothing else keeps it. */
  taken?(value: T): void
  /** Called once when the attempt is over, however it ends. */
  end?(): void
}

/** Milliseconds on a clock that never goes back. */
export const now: () => number = performance.now.bind(performance)

/** The longest a thread watches before it sleeps, in microseconds. */
export const spinLimit: number = Number(platform.setting('FEARLESS_SPIN_US') ?? 40)

/**
 * Two that wait for each other by turns may both have learnt that watching does not pay: each sleeps before the other, who
 * has to be woken, can answer. So one in this many watches, once they are short, is long enough for a wake.
 */
export const PROBE_EVERY = 64
export const longWatch: number = spinLimit * 4
