/**
 * Lost guards: garbage that was never released, as in `await m.lock().then(g => g.value)`. Others would wait for ever.
 *
 * 1. When the garbage collector finds a guard that is not released, its lock is released, and poisoned if it was held alone:
 *    what the program has changed through the guard is lost. The line is reported on stderr.
 * 2. Only guards that an event loop was given (`await`, `then`, `select`) are watched. A thread that blocks runs no
 *    finalizers, so watching what it takes by `.wait()` would help nobody; its locks are released when it ends.
 * 3. Most guards end within the turn of the event loop in which they were taken. So the garbage collector is told of those
 *    only that are still held in the next turn, or when there are many (as in memory/handles/gc-drop.ts).
 */
import { platform } from '#platform'
import { lifeNow } from '../memory/handles/handle.ts'
import { placeIn } from '../memory/source-location.ts'
import { placeNoted, placeOf, traceOfWait } from '../wait/places.ts'

/** What a guard holds, without the guard. */
export interface Hold {
  /** The guard was not released. */
  open: boolean
  readonly name: string
  readonly life: number
  readonly lock: number
  /** The guard's part of the lock: for `release`. */
  readonly part: number
  readonly release: (lock: number, part: number) => void
  readonly trace: { readonly stack?: string } | undefined
}

/** A guard that can be watched. */
export interface Watchable {
  /** @internal Only guards of an event loop have one. */
  hold: Hold | undefined
}

/** The longest list of guards that the garbage collector was not told of. They are alive as long. */
const MOST_YOUNG = 64
const young: Watchable[] = []
let tellsSoon = false

const lost = new FinalizationRegistry<Hold>(hold => {
  if (!hold.open || hold.life !== lifeNow()) return
  hold.open = false
  report(hold)
  hold.release(hold.lock, hold.part)
})

/** An event loop was given this guard: if it becomes garbage before it is released, `release` is called. */
export function watchGuard(
  guard: Watchable,
  name: string,
  lock: number,
  part: number,
  release: (lock: number, part: number) => void,
): void {
  guard.hold = { open: true, name, life: lifeNow(), lock, part, release, trace: traceOfWait() }
  if (young.push(guard) >= MOST_YOUNG) tell()
  if (tellsSoon) return
  tellsSoon = true
  void platform.turn().then(() => {
    tellsSoon = false
    tell()
  })
}

function tell(): void {
  for (const guard of young) if (guard.hold?.open === true) lost.register(guard, guard.hold)
  young.length = 0
}

function report({ name, lock, trace }: Hold): void {
  const place = placeIn(trace?.stack) ?? placeOf(placeNoted(lock))
  platform.printError(
    `${name === 'UpgradableGuard' ? 'An' : 'A'} ${name}${place === '' ? '' : `, taken at ${place},`} was lost: it became garbage before it was released. ` +
      `Its lock is free now${name === 'Guard' || name === 'WriteGuard' ? ', and poisoned' : ''}. ` +
      'Keep the guard with `using`, or end it by `drop(guard)`.\n',
  )
}
