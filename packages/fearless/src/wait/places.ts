/** Lines of the program, for errors about locks: where a thread blocks, and where it took what it holds. */
import { platform } from '#platform'
import { placeOfCaller } from '../memory/place.ts'

/**
 * Where this thread took each lock last, by the lock's address; there is none unless the setting asks for it, because
 * every lock then costs the stack that shows the line (40 ns became 17,000).
 */
const taken: Map<number, string> | undefined =
  platform.setting('FEARLESS_DEADLOCKS') === 'lines' ? new Map<number, string>() : undefined

/** To be called with every lock that this thread has taken. */
export function noteTaken(lock: number): void {
  if (taken !== undefined) taken.set(lock, placeOfCaller())
}

/** Where this thread blocks, and then, a line for each, the locks that it has taken and where: for `whereTaken`. */
export function placesOfThread(): string {
  const locks = [...(taken ?? [])].map(([lock, place]) => `${lock} ${place}`)
  return [placeOfCaller(), ...locks].join('\n')
}

/** Where a thread with such places blocks. */
export function whereBlocked(places: string): string {
  return places.split('\n', 1)[0]
}

/** Where a thread with such places took a lock; undefined if it did not note it. */
export function whereTaken(places: string, lock: number): string | undefined {
  const line = places.split('\n').find((text, i) => i > 0 && text.startsWith(`${lock} `))
  return line?.slice(line.indexOf(' ') + 1)
}
