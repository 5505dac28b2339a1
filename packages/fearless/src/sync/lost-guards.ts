/**
 * Lost guards: a guard that is garbage-collected without being released, as in `await m.lock().then(g => g.value)`.
 * Without this file, other threads would wait for its lock for ever.
 *
 * 1. When the garbage collector finds such a guard, its lock is released. An exclusive lock is poisoned, because
 *    changes made through the guard are lost. A message on stderr names the source line.
 * 2. Only guards that an event loop received (`await`, `then`, `select`) are watched. A thread that blocks runs no
 *    finalizers, so watching the guards of `.wait()` would have no effect. The locks of such a thread are released
 *    when it ends.
 * 3. Most guards are released in the same turn of the event loop in which they were acquired. So a guard is
 *    registered with the garbage collector only if it is alive in the next turn, or if there are many (as in
 *    memory/handles/gc-drop.ts).
 */
import { platform } from '#platform'
import { withFirstArticle } from '../describe.ts'
import { currentEpoch } from '../memory/handles/handle.ts'
import { locationIn } from '../memory/creation-sites.ts'
import { locationNumberOfLock, locationOfNumber, currentTrace } from '../wait/lock-sites.ts'

/** The state of a watched guard, held apart from the guard so that the guard can become garbage. */
export interface WatchedGuard {
  /** Whether the guard has not been released. */
  open: boolean
  readonly name: string
  readonly epoch: number
  readonly lock: number
  /** The guard's share of the lock (a reader's seat, or a holder's MUTEX_LOST), passed to `release`. */
  readonly share: number
  readonly release: (lock: number, part: number) => void
  readonly trace: { readonly stack?: string } | undefined
}

/** A guard that can be watched. */
export interface WatchableGuard {
  /** @internal Set only for a guard that an event loop received. */
  watched: WatchedGuard | undefined
}

/** The maximum number of guards not yet registered with the garbage collector. The list keeps them alive. */
const MAX_YOUNG_GUARDS = 64
const young: WatchableGuard[] = []
let registersSoon = false

const lost = new FinalizationRegistry<WatchedGuard>(hold => {
  if (!hold.open || hold.epoch !== currentEpoch()) return
  hold.open = false
  report(hold)
  hold.release(hold.lock, hold.share)
})

/** Watches a guard that an event loop received: if it becomes garbage before its release, `release` is called. */
export function watchGuard(
  guard: WatchableGuard,
  name: string,
  lock: number,
  part: number,
  release: (lock: number, part: number) => void,
): void {
  guard.watched = { open: true, name, epoch: currentEpoch(), lock, share: part, release, trace: currentTrace() }
  if (young.push(guard) >= MAX_YOUNG_GUARDS) registerYoung()
  if (registersSoon) return
  registersSoon = true
  void platform.turn().then(() => {
    registersSoon = false
    registerYoung()
  })
}

function registerYoung(): void {
  for (const guard of young) if (guard.watched?.open === true) lost.register(guard, guard.watched)
  young.length = 0
}

function report({ name, lock, trace }: WatchedGuard): void {
  const place = locationIn(trace?.stack) ?? locationOfNumber(locationNumberOfLock(lock))
  platform.printError(
    `${withFirstArticle(name)}${place === '' ? '' : ` acquired at ${place}`} ` +
      'was garbage-collected without being released. ' +
      `Its lock was ${name === 'Guard' || name === 'WriteGuard' ? 'released and poisoned' : 'released'}. ` +
      'Use `using`, or call `drop(guard)`.\n',
  )
}
