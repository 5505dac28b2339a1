/**
 * Source locations for errors about locks: where a thread blocks, and where it acquired the locks that it holds.
 *
 * The compiler numbers the location of every `using` per thread (`numberOfLocation`), and stores the number here with
 * the lock: one store, 1 ns (sync/mutex.bench.ts). Without the compiler, `FEARLESS_DEADLOCKS=lines` takes the location
 * from a stack trace, which costs 15,000 ns.
 */
import { platform } from '#platform'
import { locationOfCaller } from '../memory/creation-sites.ts'

const traceLockSites = platform.setting('FEARLESS_DEADLOCKS') === 'lines'

/**
 * The locks that this thread acquired last, each with the number of its source location, or 0 if that is not known:
 *
 *    30                    16 15               0
 *   | bits 30-16 of the lock | location number |
 *
 * Bits 15-6 of the lock's address choose the entry, and its lowest six bits are 0. So an entry identifies one lock,
 * until another lock replaces it. Every acquisition writes its entry, so an entry is never out of date; an error about
 * a lock whose entry was replaced omits the location.
 */
const locationsByLock = new Int32Array(1024)
const OF_LOCK = 0x7fff_0000
const MOST_PLACES = 0xffff

const places = ['']
const numbers = new Map<string, number>()

/** Where the Wait that starts or completes now was created: for errors about the handles that it returns. */
let trace: { readonly stack?: string } | undefined

export const currentTrace = (): typeof trace => trace

/** Runs one step of a Wait that was created there. */
export function withTrace<T>(of: typeof trace, step: () => T): T {
  const before = trace
  trace = of
  try {
    return step()
  } finally {
    trace = before
  }
}

/** The source location with this number; '' for 0. */
export const locationOfNumber = (number: number): string => places[number]

/** Returns the number of a location (a file url with line and column). Returns 0 if all numbers are in use. */
export function numberOfLocation(place: string): number {
  const known = numbers.get(place)
  if (known !== undefined) return known
  if (places.length > MOST_PLACES) return 0
  numbers.set(place, places.length)
  return places.push(place) - 1
}

/** Must be called for every lock that this thread has acquired. */
export function recordAcquired(lock: number): void {
  if (traceLockSites) recordAcquiredAt(lock, numberOfLocation(locationOfCaller()))
  // Inlined by hand: one more call makes V8 inline less of a lock's fast path, 31 against 27 ns (sync/mutex.bench.ts).
  else locationsByLock[(lock >> 6) & 1023] = 0
}

/** Records where this thread acquired a lock that it holds. */
export function recordAcquiredAt(lock: number, place: number): void {
  locationsByLock[(lock >> 6) & 1023] = (lock & OF_LOCK) | place
}

/** Returns the number of the location where this thread last acquired a lock; 0 if it is not known. */
export function locationNumberOfLock(lock: number): number {
  const entry = locationsByLock[(lock >> 6) & 1023]
  return (entry & OF_LOCK) === (lock & OF_LOCK) ? entry & MOST_PLACES : 0
}

/** Returns the location where this thread last acquired a lock; '' if it is not known. */
export function locationOfLock(lock: number): string {
  return places[locationNumberOfLock(lock)]
}

/**
 * Returns where this thread blocks, then one line for each lock that it holds and where it acquired it; see
 * `acquiredLocation`.
 */
export function encodeLockLocations(holds: (lock: number) => boolean): string {
  let all = locationOfCaller()
  locationsByLock.forEach((entry, i) => {
    const lock = (entry & OF_LOCK) | (i << 6)
    const place = entry & MOST_PLACES
    if (place !== 0 && holds(lock)) all += `\n${lock} ${places[place]}`
  })
  return all
}

/** Returns where the thread of this text blocks. */
export function blockedLocation(places: string): string {
  return places.split('\n', 1)[0]
}

/** Returns where the thread of this text acquired a lock; undefined if it has not recorded that. */
export function acquiredLocation(places: string, lock: number): string | undefined {
  const line = places.split('\n').find((text, i) => i > 0 && text.startsWith(`${lock} `))
  return line?.slice(line.indexOf(' ') + 1)
}
