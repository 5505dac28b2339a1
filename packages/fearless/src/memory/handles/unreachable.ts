/**
 * Handles that the garbage collector has found though another thread could observe their end.
 *
 * The end of a Sender, or of a Receiver, is observable, and the garbage collector must not choose the moment of it. So an
 * unreachable handle ends only when no thread can observe that:
 *
 * - The other side is gone: a Receiver of a channel without senders, a OneshotReceiver whose sender has sent or is gone.
 * - Or every handle of its subject (the channel) is unreachable in this thread, so no thread can use the subject again.
 *
 * What ends with it must end unseen as well: a message that no thread has received may hold a Sender. Any other handle
 * keeps its record until its thread ends. It is looked at again when the collector has found more, so a thread pays for
 * a few looks per handle, however many there are.
 */

/** How the end of a handle is observed. */
export interface Observed {
  /** How many handles of its subject there are, in all threads and messages. */
  readonly handles: (subject: number) => number
  /** Whether no handle is left through which a thread could observe the end. Never becomes false again. */
  readonly isUnobservable: (thing: number, record: number) => boolean
  /** Whether all that ends with the handle ends unseen; it does if absent. */
  readonly endsUnseen?: (thing: number) => boolean
}

export interface Unreachable<N> {
  /** Ends a handle, unless its end is observable: then it is looked at again. `note` is for `onKept`. */
  end(record: number, life: number, note: N): void
  /** Calls `onKept` for each that was not ended yet. */
  keepAll(): void
  /** The thread of this life has ended, and all its handles with it. */
  forgetLife(life: number): void
}

/** What an unreachable record is of. */
interface Target {
  readonly observed: Observed
  readonly thing: number
  readonly subject: number
}

interface Found<N> extends Target {
  readonly life: number
  readonly note: N
  /** How often the collector had found handles before. */
  readonly collection: number
  isKept: boolean
}

/** How many handles are looked at again for each one that is found. */
const LOOKS = 2

/** `end` ends a record. `onKept` hears once of each handle that is still observable when the collector has found others. */
export function unreachableHandles<N>(
  targetOf: (record: number) => Target,
  end: (record: number) => void,
  onKept: (note: N) => void,
): Unreachable<N> {
  /** By record; the first one was not looked at for the longest time. */
  const found = new Map<number, Found<N>>()
  const bySubject = new Map<number, Set<number>>()
  let looks = 0
  let collections = 0

  function remove(record: number, subject: number): void {
    found.delete(record)
    const records = bySubject.get(subject)
    records?.delete(record)
    if (records?.size === 0) bySubject.delete(subject)
  }

  function mayEnd(record: number, { observed, thing, subject }: Target): boolean {
    const areAll = bySubject.get(subject)?.size === observed.handles(subject)
    if (!areAll && !observed.isUnobservable(thing, record)) return false
    return observed.endsUnseen === undefined || observed.endsUnseen(thing)
  }

  function endThoseOf(subject: number): void {
    for (const record of bySubject.get(subject) ?? []) {
      const target = found.get(record)
      if (target === undefined || !mayEnd(record, target)) continue
      remove(record, subject)
      end(record)
    }
  }

  function keep(of: Found<N>): void {
    if (of.isKept) return
    of.isKept = true
    onKept(of.note)
  }

  function lookAgain(): void {
    for (const [record, of] of found) {
      if (looks-- <= 0) break
      found.delete(record)
      found.set(record, of)
      endThoseOf(of.subject)
      if (of.collection < collections && found.has(record)) keep(of)
    }
    looks = 0
    collections++
  }

  return {
    end(record, life, note) {
      const target = targetOf(record)
      const { subject } = target
      found.set(record, { ...target, life, note, collection: collections, isKept: false })
      const records = bySubject.get(subject)
      if (records === undefined) bySubject.set(subject, new Set([record]))
      else records.add(record)
      endThoseOf(subject)
      // Once for all handles of one collection.
      if (looks === 0) queueMicrotask(lookAgain)
      looks += LOOKS
    },
    keepAll() {
      found.forEach(keep)
    },
    forgetLife(life) {
      for (const [record, of] of found) if (of.life === life) remove(record, of.subject)
    },
  }
}
