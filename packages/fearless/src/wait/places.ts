/**
 * Lines of the program, for errors about locks: where a thread blocks, and where it took what it holds.
 *
 * The compiler gives the place of every `using` a number of this thread (`numberOf`), and leaves it here with the lock:
 * a store, 1 ns (sync/mutex.bench.ts). Where no compiler has been, `FEARLESS_DEADLOCKS=lines` looks for the place in a
 * stack, which costs 15,000.
 */
import { platform } from '#platform'
import { placeOfCaller } from '../memory/source-location.ts'

const asked = platform.setting('FEARLESS_DEADLOCKS') === 'lines'

/**
 * The locks that this thread took last, each with the number of the place, or 0 if that is not known:
 *
 *    30           16 15             0
 *   |  of the lock  | number of place |
 *
 * The ten bits of a lock's address below those choose its entry, and six are 0: so an entry is one lock's, until another one
 * takes it over. Every taking of a lock writes its entry, so what is there is true; of a lock that lost it an error says less.
 */
const last = new Int32Array(1024)
const OF_LOCK = 0x7fff_0000
const MOST_PLACES = 0xffff

const places = ['']
const numbers = new Map<string, number>()

/** Where the Wait was made that is begun now, or that ends now: for errors about what it took. */
let trace: { readonly stack?: string } | undefined

export const traceOfWait = (): typeof trace => trace

/** Runs a step of a Wait that was made there. */
export function withTrace<T>(of: typeof trace, step: () => T): T {
  const before = trace
  trace = of
  try {
    return step()
  } finally {
    trace = before
  }
}

/** The place with a number; '' for 0. */
export const placeOf = (number: number): string => places[number]

/** The number of a place, which is a file's url with a line and a column; 0 if there are too many. */
export function numberOf(place: string): number {
  const known = numbers.get(place)
  if (known !== undefined) return known
  if (places.length > MOST_PLACES) return 0
  numbers.set(place, places.length)
  return places.push(place) - 1
}

/** To be called with every lock that this thread has taken. */
export function noteTaken(lock: number): void {
  if (asked) notePlace(lock, numberOf(placeOfCaller()))
  // In one piece: with a call more V8 compiles less of a lock's way in one piece, 31 against 27 ns (sync/mutex.bench.ts).
  else last[(lock >> 6) & 1023] = 0
}

/** Where this thread took a lock that it holds. */
export function notePlace(lock: number, place: number): void {
  last[(lock >> 6) & 1023] = (lock & OF_LOCK) | place
}

/** The number of the place where this thread took a lock last; 0 if it is not known. */
export function placeNoted(lock: number): number {
  const entry = last[(lock >> 6) & 1023]
  return (entry & OF_LOCK) === (lock & OF_LOCK) ? entry & MOST_PLACES : 0
}

/** Where this thread took a lock last; '' if it is not known. */
export function placeTaken(lock: number): string {
  return places[placeNoted(lock)]
}

/** Where this thread blocks, and then, a line for each, the locks that it holds and where it took them: for `whereTaken`. */
export function placesOfThread(holds: (lock: number) => boolean): string {
  let all = placeOfCaller()
  last.forEach((entry, i) => {
    const lock = (entry & OF_LOCK) | (i << 6)
    const place = entry & MOST_PLACES
    if (place !== 0 && holds(lock)) all += `\n${lock} ${places[place]}`
  })
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
