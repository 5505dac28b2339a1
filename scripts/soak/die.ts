/** What the threads of the runs of deaths import: it does nothing by itself. */
import { PoisonError, type Guard, type Mutex, type RwLock, type WriteGuard } from 'fearless'
import type { How } from './scenes.ts'

/** When and where a thread dies of itself: at its so manieth turn, inside of its section or outside. */
export interface Fate {
  readonly how: How
  readonly turn: number
  readonly inside: boolean
}

/** Ends this thread if its turn has come; one that is to be terminated goes on until somebody does that. */
export function dieAt({ how, turn, inside }: Fate, now: number, isInside: boolean): void {
  if (how === 'terminate' || now !== turn || inside !== isInside) return
  if (how === 'exit') process.exit(1)
  if (how === 'throw') throw new Error('on purpose')
  // Large pieces: the collector has little to do before it gives up.
  const hoard: unknown[] = []
  for (;;) hoard.push(new Array(250_000).fill(hoard.length))
}

/** Locks although somebody died in there. */
export function lockAnyway<T>(mutex: Mutex<T>): Guard<T> {
  try {
    return mutex.lock().wait()
  } catch (error) {
    if (error instanceof PoisonError) return (error as PoisonError<Guard<T>>).guard
    throw error
  }
}

export function writeAnyway<T>(lock: RwLock<T>): WriteGuard<T> {
  try {
    return lock.write().wait()
  } catch (error) {
    if (error instanceof PoisonError) return (error as PoisonError<WriteGuard<T>>).guard
    throw error
  }
}

/** Reads, if nobody died while writing. */
export function readIfSound<T>(lock: RwLock<T>, look: (value: T) => void): void {
  try {
    using guard = lock.read().wait()
    look(guard.value as T)
  } catch (error) {
    if (!(error instanceof PoisonError)) throw error
  }
}
