/**
 * Frees what a handle kept alive once nobody can use the handle any more: the garbage collector's part.
 *
 * Telling the garbage collector of a handle costs 250 ns, and most handles are dropped after a moment. So it is told of
 * those only that are still there at the end of the microtask, or when there are many: a clone that is dropped again
 * costs a quarter of what it did (320 against 84 ns, sync/arc.bench.ts).
 *
 * The collector does not see the shared heap: to it, a vec of 8 MB is an object of 100 bytes. So a large handle has a weight, a
 * buffer of as many bytes that no code touches. It takes addresses and no memory, and the collector counts it: it runs as soon
 * as it would for ordinary typed arrays. What it has found and no finalizer has ended yet, an allocation that fails looks for.
 */
import { platform } from '#platform'
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
/** A handle of so many bytes is worth a collection of garbage before an allocation fails. */
const LARGE = 4096
/** Bytes of the least weight: one of several smaller handles has the weight of all. */
const LEAST_WEIGHT = 256 * 1024

/**
 * `bytesOf`: how many bytes of the heap a handle keeps, if they may be many; else 0.
 * `isWanted`: whether the end of a handle is the garbage collector's business. `end` ends the record of one.
 */
export function forgottenHandles<H extends Watched>(
  isWanted: (handle: H) => boolean,
  bytesOf: (handle: H) => number,
  madeAt: (handle: H) => Made | undefined,
  end: (told: Told) => void,
): { watch(handle: H): void; unwatch(handle: H): void; endGarbage(): boolean } {
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
  const weights = new WeakMap<H, ArrayBuffer>()
  /** Bytes of large handles that have no weight yet. */
  let unweighed = 0

  function tell(): void {
    for (const handle of young) if (handle.watched === undefined && isWanted(handle)) tellOf(handle)
    young.length = 0
  }

  function tellOf(handle: H): void {
    const told = { record: handle.record, life: handle.life, made: madeAt(handle), ended: false }
    handle.watched = told
    forgotten.register(handle, told, handle)
    const bytes = bytesOf(handle)
    if (bytes < LARGE) return
    large.set(told, new WeakRef(handle))
    isMore = true
    weigh(handle, bytes)
  }

  function weigh(handle: H, bytes: number): void {
    unweighed += bytes
    if (unweighed < LEAST_WEIGHT) return
    const weight = platform.weigh?.(unweighed)
    unweighed = 0
    if (weight !== undefined) weights.set(handle, weight)
  }

  /** Ends the large handles that the collector has found. */
  function endFound(): boolean {
    let found = false
    for (const [told, handle] of large) {
      if (handle.deref() !== undefined) continue
      large.delete(told)
      told.ended = true
      end(told)
      found = true
    }
    return found
  }

  function tellSoon(): void {
    tellsSoon = false
    tell()
  }

  return {
    watch(handle) {
      if (young.push(handle) >= MOST_YOUNG || bytesOf(handle) >= LARGE) tell()
      if (tellsSoon) return
      tellsSoon = true
      queueMicrotask(tellSoon)
    },
    unwatch(handle) {
      if (handle.watched !== undefined) {
        if (large.delete(handle.watched)) weights.get(handle)?.transfer(0)
        handle.watched = undefined
        forgotten.unregister(handle)
      } else if (young[young.length - 1] === handle) young.pop()
    },
    /** Ends the large handles that are garbage, collecting it where the runtime can; false if none is found. */
    endGarbage() {
      let found = endFound()
      if (isMore && platform.collectNow !== undefined) {
        isMore = false
        platform.collectNow()
        found = endFound() || found
      }
      return found
    },
  }
}
