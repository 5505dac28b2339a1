/**
 * Frees what a handle kept alive once nobody can use the handle any more: the garbage collector's part.
 *
 * Telling the garbage collector of a handle costs 250 ns, and most handles are dropped after a moment. So it is told of
 * those only that are still there at the end of the microtask, or when there are many: a clone that is dropped again
 * costs a quarter of what it did (320 against 84 ns, sync/arc.bench.ts).
 */
interface Watched {
  readonly record: number
  readonly life: number
  watched: boolean
}

/** The longest list of handles that the garbage collector has not been told of. They are alive as long. */
const MOST_YOUNG = 64

/**
 * `isWanted`: whether the end of a handle is the garbage collector's business. `end` ends the record of one. `onEnd` hears
 * of each handle that ends otherwise.
 */
export function forgottenHandles<H extends Watched>(
  isWanted: (handle: H) => boolean,
  end: (record: number, life: number) => void,
  onEnd?: (handle: H) => void,
): { watch(handle: H): void; unwatch(handle: H): void } {
  const forgotten = new FinalizationRegistry<{ record: number; life: number }>(({ record, life }) => end(record, life))
  const young: H[] = []
  let tellsSoon = false

  function tell(): void {
    for (const handle of young) {
      if (handle.watched || !isWanted(handle)) continue
      handle.watched = true
      forgotten.register(handle, { record: handle.record, life: handle.life }, handle)
    }
    young.length = 0
  }

  function tellSoon(): void {
    tellsSoon = false
    tell()
  }

  return {
    watch(handle) {
      if (young.push(handle) >= MOST_YOUNG) tell()
      if (tellsSoon) return
      tellsSoon = true
      queueMicrotask(tellSoon)
    },
    unwatch(handle) {
      onEnd?.(handle)
      if (handle.watched) {
        handle.watched = false
        forgotten.unregister(handle)
      } else if (young[young.length - 1] === handle) young.pop()
    },
  }
}
