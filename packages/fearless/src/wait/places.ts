/**
 * Lines of the program, for errors about locks: where a thread blocks, and where it took what it holds.
 *
 * The compiler gives the place of every `using` a number of this thread (`numberOf`), and leaves it here with the lock:
 * two stores, 1 ns (sync/mutex.bench.ts). Where no compiler has been, `FEARLESS_DEADLOCKS=lines` looks for the place in a
 * stack, which costs 15,000.
 */
import { platform } from '#platform'
import { placeOfCaller } from '../memory/place.ts'

const setting = platform.setting('FEARLESS_DEADLOCKS')

/**
 * The locks that this thread took last, each with the number of the place, or 0 if that is not known. A lock has one entry,
 * by its address, that every taking of it writes: what is there is true. Two locks may share an entry; the one before is
 * then forgotten, and an error says less.
 */
const last = new Int32Array(2048)
const entryOf = (lock: number): number => (lock >> 5) & 2046

const places = ['']
const numbers = new Map<string, number>()

/** The number of a place, which is a file's url with a line and a column. */
export function numberOf(place: string): number {
  const known = numbers.get(place)
  if (known !== undefined) return known
  numbers.set(place, places.length)
  return places.push(place) - 1
}

/** To be called with every lock that this thread has taken. */
export function noteTaken(lock: number): void {
  const entry = entryOf(lock)
  last[entry] = lock
  last[entry + 1] = setting === 'lines' ? numberOf(placeOfCaller()) : 0
}

/** Where this thread took a lock that it has just taken; 0 says nothing. */
export function notePlace(lock: number, place: number): void {
  const entry = entryOf(lock)
  if (place !== 0 && last[entry] === lock) last[entry + 1] = place
}

/** The number of the place where this thread took a lock last; 0 if it is not known. */
export function placeNoted(lock: number): number {
  const entry = entryOf(lock)
  return last[entry] === lock ? last[entry + 1] : 0
}

/** Where this thread blocks, and then, a line for each, the locks that it holds and where it took them: for `whereTaken`. */
export function placesOfThread(holds: (lock: number) => boolean): string {
  let all = placeOfCaller()
  for (let entry = 0; entry < last.length; entry += 2) {
    if (last[entry + 1] !== 0 && holds(last[entry])) all += `\n${last[entry]} ${places[last[entry + 1]]}`
  }
  return all
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
