/** Helpers that the threads of the runs of deaths import. This module has no effects of its own. */
import { PoisonError, type Guard, type Mutex, type RwLock, type WriteGuard } from 'fearless'
import type { DeathKind } from './scenes.ts'

/** The time and place of a thread's own death: its iteration, and whether it is inside of its critical section. */
export interface PlannedDeath {
  readonly how: DeathKind
  readonly turn: number
  readonly inside: boolean
}

/** Ends this thread if its fate says so. A victim that is to be terminated runs on until it is terminated. */
export function dieAt({ how, turn, inside }: PlannedDeath, now: number, isInside: boolean): void {
  if (how === 'terminate' || now !== turn || inside !== isInside) return
  if (how === 'exit') process.exit(1)
  if (how === 'throw') throw new Error('on purpose')
  // Large arrays, so that the garbage collector gives up soon.
  const hoard: unknown[] = []
  for (;;) hoard.push(new Array(250_000).fill(hoard.length))
}

/** Locks a mutex even if it is poisoned. */
export function lockPoisoned<T>(mutex: Mutex<T>): Guard<T> {
  try {
    return mutex.lock().wait()
  } catch (error) {
    if (error instanceof PoisonError) return (error as PoisonError<Guard<T>>).guard
    throw error
  }
}

export function writePoisoned<T>(lock: RwLock<T>): WriteGuard<T> {
  try {
    return lock.write().wait()
  } catch (error) {
    if (error instanceof PoisonError) return (error as PoisonError<WriteGuard<T>>).guard
    throw error
  }
}

/** Reads the value unless the lock is poisoned. */
export function readIfSound<T>(lock: RwLock<T>, look: (value: T) => void): void {
  try {
    using guard = lock.read().wait()
    look(guard.value as T)
  } catch (error) {
    if (!(error instanceof PoisonError)) throw error
  }
}
