/**
 * Drops handles that the garbage collector has found.
 *
 * - Registering a handle with the collector costs 250 ns, and most handles are dropped soon. So handles are registered
 *   at the end of the microtask, or when there are many. A clone that is dropped at once costs a quarter: 84 ns instead
 *   of 320 (sync/arc.bench.ts).
 * - The collector does not see the shared heap: to it, a vec of 8 MB is an object of 100 bytes. So a large handle has a
 *   weight, a buffer of the same size that no code touches. The weight uses addresses but no memory. Because the
 *   collector counts it, it runs as early as it would for ordinary typed arrays.
 * - An allocation that fails drops the large handles that the collector has found but no finalizer has dropped yet.
 */
import { platform } from '#platform'
import type { CreationSite } from './leaks.ts'

interface Watched {
  readonly record: number
  readonly life: number
  watched: GcRegistration | undefined
}

/** The registration of a handle with the garbage collector. */
export interface GcRegistration {
  readonly record: number
  readonly life: number
  /** The location that created the handle, if leaks are reported. */
  readonly made: CreationSite | undefined
  /** Whether the handle was dropped as garbage before its finalizer ran. */
  ended: boolean
}

/** The longest list of unregistered handles. The list keeps its handles alive. */
const MAX_YOUNG_HANDLES = 64
/** A handle of at least this many bytes justifies a garbage collection before an allocation fails. */
const LARGE_BYTES = 4096
/** The least weight in bytes. Smaller handles share one weight. */
const MIN_WEIGHT_BYTES = 256 * 1024

/**
 * `isWanted`: whether the garbage collector may drop a handle. `bytesOf`: the bytes of the heap that a handle keeps
 * alive, or 0 if they are few. `end` drops the record of a handle.
 */
export function createGcDropper<H extends Watched>(
  isWanted: (handle: H) => boolean,
  bytesOf: (handle: H) => number,
  madeAt: (handle: H) => CreationSite | undefined,
  end: (registration: GcRegistration) => void,
): { watch(handle: H): void; unwatch(handle: H): void; endGarbage(): boolean } {
  const forgotten = new FinalizationRegistry<GcRegistration>(registration => {
    large.delete(registration)
    if (!registration.ended) end(registration)
  })
  const young: H[] = []
  let registersSoon = false
  /** The large handles that are registered. */
  const large = new Map<GcRegistration, WeakRef<H>>()
  /** Whether a large handle was registered since the last collection for lack of memory. */
  let hasNewLarge = false
  const weights = new WeakMap<H, ArrayBuffer>()
  /** The bytes of large handles that no weight represents yet. */
  let unweighedBytes = 0

  function registerYoung(): void {
    for (const handle of young) if (handle.watched === undefined && isWanted(handle)) register(handle)
    young.length = 0
  }

  function register(handle: H): void {
    const registration = { record: handle.record, life: handle.life, made: madeAt(handle), ended: false }
    handle.watched = registration
    forgotten.register(handle, registration, handle)
    const bytes = bytesOf(handle)
    if (bytes < LARGE_BYTES) return
    large.set(registration, new WeakRef(handle))
    hasNewLarge = true
    weigh(handle, bytes)
  }

  function weigh(handle: H, bytes: number): void {
    unweighedBytes += bytes
    if (unweighedBytes < MIN_WEIGHT_BYTES) return
    const weight = platform.weigh?.(unweighedBytes)
    unweighedBytes = 0
    if (weight !== undefined) weights.set(handle, weight)
  }

  /** Drops the large handles that the collector has found. Returns whether there were any. */
  function endFound(): boolean {
    let found = false
    for (const [registration, handle] of large) {
      if (handle.deref() !== undefined) continue
      large.delete(registration)
      registration.ended = true
      end(registration)
      found = true
    }
    return found
  }

  function registerSoon(): void {
    registersSoon = false
    registerYoung()
  }

  return {
    watch(handle) {
      if (young.push(handle) >= MAX_YOUNG_HANDLES || bytesOf(handle) >= LARGE_BYTES) registerYoung()
      if (registersSoon) return
      registersSoon = true
      queueMicrotask(registerSoon)
    },
    unwatch(handle) {
      if (handle.watched !== undefined) {
        if (large.delete(handle.watched)) weights.get(handle)?.transfer(0)
        handle.watched = undefined
        forgotten.unregister(handle)
      } else if (young[young.length - 1] === handle) young.pop()
    },
    /**
     * Drops the large handles that are garbage, after a collection where the runtime offers one. False if there are
     * none.
     */
    endGarbage() {
      let found = endFound()
      if (hasNewLarge && platform.collectNow !== undefined) {
        hasNewLarge = false
        platform.collectNow()
        found = endFound() || found
      }
      return found
    },
  }
}
