/**
 * Frees what a handle kept alive once nobody can use the handle any more: the garbage collector's part.
 *
 * Telling the garbage collector of a handle costs 250 ns, and most handles are dropped after a moment. So it is told of
 * those only that are still there at the end of the microtask, or when there are many: a clone that is dropped again
 * costs a quarter of what it did (320 against 84 ns, sync/arc.bench.ts).
 */
import type { Made } from './leaks.ts'

interface Watched {
  readonly record: number
  readonly life: number
  watched: Told | undefined
}

/** What the garbage collector was told of a handle. */
export interface Told {
  readonly record: number
  readonly life: number
  /** Where the handle was made, if leaks are reported. */
  readonly made: Made | undefined
  /** The handle was found to be garbage before the garbage collector said so. */
  ended: boolean
}

/** The longest list of handles that the garbage collector has not been told of. They are alive as long. */
const MOST_YOUNG = 64

/**
 * `isLarge`: whether a handle keeps so much memory that it is worth while to collect garbage before an allocation fails.
 * `isWanted`: whether the end of a handle is the garbage collector's business. `end` ends the record of one.
 */
export function forgottenHandles<H extends Watched>(
  isWanted: (handle: H) => boolean,
  isLarge: (handle: H) => boolean,
  madeAt: (handle: H) => Made | undefined,
  end: (told: Told) => void,
): { watch(handle: H): void; unwatch(handle: H): void; endGarbage(collectNow: () => void): boolean } {
  const forgotten = new FinalizationRegistry<Told>(told => {
    large.delete(told)
    if (!told.ended) end(told)
  })
  const young: H[] = []
  let tellsSoon = false
  /** The large handles that the garbage collector was told of. */
  const large = new Map<Told, WeakRef<H>>()
  /** Whether there is one more since garbage was last collected for want of memory. */
  let isMore = false

  function tell(): void {
    for (const handle of young) if (handle.watched === undefined && isWanted(handle)) tellOf(handle)
    young.length = 0
  }

  function tellOf(handle: H): void {
    const told = { record: handle.record, life: handle.life, made: madeAt(handle), ended: false }
    handle.watched = told
    forgotten.register(handle, told, handle)
    if (!isLarge(handle)) return
    large.set(told, new WeakRef(handle))
    isMore = true
  }

  function tellSoon(): void {
    tellsSoon = false
    tell()
  }

  return {
    watch(handle) {
      if (young.push(handle) >= MOST_YOUNG || isLarge(handle)) tell()
      if (tellsSoon) return
      tellsSoon = true
      queueMicrotask(tellSoon)
    },
    unwatch(handle) {
      if (handle.watched !== undefined) {
        large.delete(handle.watched)
        handle.watched = undefined
        forgotten.unregister(handle)
      } else if (young[young.length - 1] === handle) young.pop()
    },
    /** Ends the large handles that are garbage; false if there are none, or too few to look again. */
    endGarbage(collectNow) {
      if (!isMore) return false
      isMore = false
      collectNow()
      let found = false
      for (const [told, handle] of large) {
        if (handle.deref() !== undefined) continue
        large.delete(told)
        told.ended = true
        end(told)
        found = true
      }
      return found
    },
  }
}
