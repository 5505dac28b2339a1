/**
 * Handles that the program has forgotten though others may wait for their end: with `FEARLESS_LEAKS=on`, each is reported
 * on stderr, with the line that made it, when the garbage collector finds it.
 *
 * Only handles whose end is observable: the others end with their last user, and nobody notices. It is not on by itself,
 * because every such handle then costs the stack that shows the line (0.5 us became 19).
 */
import { platform } from '#platform'
import { placeOfCaller } from './place.ts'

export interface Leaks {
  /** Tells of a handle that this thread's life, or (-1) its worker, has from now on. */
  made(handle: object, name: string, life: number): void
  /** It has ended, or is another thread's now. */
  ended(handle: object): void
}

interface Made {
  readonly name: string
  readonly place: string
  readonly life: number
}

/** Undefined unless the setting asks for it. `lifeNow`: what belongs to another life has ended with it. */
export function leakReports(lifeNow: () => number): Leaks | undefined {
  if (platform.setting('FEARLESS_LEAKS') !== 'on') return undefined
  const registry = new FinalizationRegistry<Made>(({ name, place, life }) => {
    if (life !== -1 && life !== lifeNow()) return
    platform.printError(
      `A ${name} that was made at ${place} is forgotten, and who waits for its end waits for ever. ` +
        'End it with `using` or `drop`, or move it to a thread that ends.\n',
    )
  })
  return {
    made: (handle, name, life) => registry.register(handle, { name, place: placeOfCaller(), life }, handle),
    ended: handle => void registry.unregister(handle),
  }
}
