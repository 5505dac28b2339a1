/**
 * Handles that the garbage collector has found although another thread could observe their drop.
 *
 * The drop of a Sender or of a Receiver is observable, and the garbage collector must not choose its moment. So an
 * unreachable handle is dropped only if no thread can observe this:
 *
 * - The other side is dropped: a Receiver of a channel without senders, a OneshotReceiver whose sender has sent or was
 *   dropped.
 * - Or every handle of its subject (the channel) is unreachable in this thread, so no thread can use the subject again.
 *
 * Values that are dropped with the handle must not be observable either: a message that no thread has received may hold
 * a Sender. Any other handle keeps its record until its thread finishes. For each further handle that
 * the collector finds, two of the earlier ones are checked again, so the number of checks per handle is constant.
 */

/** How threads observe the drop of a handle. */
export interface DropObservation {
  /** Returns the number of handles of its subject, in all threads and messages. */
  readonly handles: (subject: number) => number
  /** Whether no handle is left that could observe the drop. Once true, it stays true. */
  readonly isUnobservable: (thing: number, record: number) => boolean
  /** Whether no thread observes the drops that follow from this one. True if absent. */
  readonly endsUnseen?: (thing: number) => boolean
}

export interface UnreachableHandles<N> {
  /**
   * Drops a handle if no thread can observe it. Otherwise the handle is checked again later. `note` is for `onKept`.
   */
  end(record: number, life: number, note: N): void
  /** Calls `onKept` for each handle that was not dropped yet. */
  keepAll(): void
  /** Removes the handles of an epoch, whose thread has finished and dropped them. */
  forgetLife(life: number): void
}

/** The object and the subject of an unreachable record. */
interface Target {
  readonly observed: DropObservation
  readonly thing: number
  readonly subject: number
}

interface Found<N> extends Target {
  readonly life: number
  readonly note: N
  /** The number of collections before the one that found the handle. */
  readonly collection: number
  isKept: boolean
}

/** The number of repeated checks for each handle that is found. */
const CHECKS_PER_HANDLE = 2

/**
 * `end` drops a record. `onKept` is called once for each handle whose drop is still observable when a later collection
 * has found further handles.
 */
export function trackUnreachable<N>(
  targetOf: (record: number) => Target,
  end: (record: number) => void,
  onKept: (note: N) => void,
): UnreachableHandles<N> {
  /** By record, ordered by the time of the last check, the earliest first. */
  const found = new Map<number, Found<N>>()
  const bySubject = new Map<number, Set<number>>()
  let checks = 0
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

  function checkAgain(): void {
    for (const [record, of] of found) {
      if (checks-- <= 0) break
      found.delete(record)
      found.set(record, of)
      endThoseOf(of.subject)
      if (of.collection < collections && found.has(record)) keep(of)
    }
    checks = 0
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
      // One pass for all handles of one collection.
      if (checks === 0) queueMicrotask(checkAgain)
      checks += CHECKS_PER_HANDLE
    },
    keepAll() {
      found.forEach(keep)
    },
    forgetLife(life) {
      for (const [record, of] of found) if (of.life === life) remove(record, of.subject)
    },
  }
}
