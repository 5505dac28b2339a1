/**
 * Things with several owners: the last owner ends the contents, and when no weak owner is left either, the memory goes.
 *
 * A thing has two words for that, at offsets of its own. All owners together count as one weak owner, so that exactly one
 * drop sees both counts at their end. The upper byte of the owners' count is the thing's generation (core/count.ts).
 */
import { OWNER_COUNT } from '../core/count.ts'
import { LAST_OWNER } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { NotSendError, SharedError } from '../errors.ts'
import { defineKind, type Handle, type Measured } from '../memory/handles/handle.ts'
import { i32 } from '../memory/heap.ts'
import { mayEndStatic } from '../memory/codec/statics.ts'

export interface Counted {
  readonly name: string
  readonly owners: number
  readonly weaks: number
  /**
   * The last owner is gone: ends what the thing holds. False: somebody may still write to it, so it is never freed. If its
   * thread dies over that, a reaper calls it again: what was ended must not be ended twice.
   */
  readonly end?: (thing: number) => boolean | void
  /** Whether `end` would end all that the thing holds, and no thread observes that; it does if absent. */
  readonly endsUnseen?: (thing: number) => boolean
  /** How many bytes hang on a thing, if they may be many: see `Kind`. */
  readonly bytes?: (thing: number) => number
  /** For the report of the heap: see `Kind`. */
  readonly measure?: (thing: number) => Measured
  readonly revive: (record: number) => Handle
}

const countedKinds = new Map<number, Counted>()

/** Makes a class known whose things count their owners. */
export function defineCounted(number: number, constructor: { readonly prototype: Handle }, kind: Counted): void {
  countedKinds.set(number, kind)
  defineKind(number, constructor, {
    name: kind.name,
    share: thing => Atomics.add(i32, (thing + kind.owners) >> 2, 1),
    drop: (thing, _record, note) => (note === LAST_OWNER ? endContents(kind, thing) : dropOwner(kind, thing)),
    owners: kind.owners,
    last: (thing, record) => endWithRecord(kind, thing, record),
    revive: kind.revive,
    ...(kind.measure && { measure: kind.measure }),
    ...(kind.bytes && { bytes: kind.bytes }),
    onlyMemory: true,
    // Of one that was never shared: it may hold a Sender, as an object may.
    observed: {
      handles: thing => ownersAt(thing + kind.owners),
      isUnobservable: () => true,
      ...(kind.endsUnseen && { endsUnseen: kind.endsUnseen }),
    },
    inModules: 'shared',
  })
}

/** How the things of a kind count their owners. Throws where they have no weak owners. */
export function countedKind(number: number): Counted {
  const kind = countedKinds.get(number)
  if (kind !== undefined) return kind
  throw new NotSendError(
    'an Arc of a Sender, a Receiver or a thread has no weak owners: keep it in a Mutex, and downgrade that',
  )
}

export function isCounted(number: number): boolean {
  return countedKinds.has(number)
}

/** A new thing's counts: one owner, and all owners as one weak owner. */
export function startCounts(thing: number, owners: number, weaks: number): void {
  i32[(thing + owners) >> 2] = 1
  i32[(thing + weaks) >> 2] = 1
}

/** One owner less; the last one ends what the thing holds. */
export function dropOwner(kind: Counted, thing: number): void {
  if (core.leftOwners(thing + kind.owners) !== 0) endContents(kind, thing)
}

/** The last owner is gone. */
export function endContents(kind: Counted, thing: number): void {
  if (kind.end?.(thing) !== false) dropWeak(kind, thing)
}

/** The same; the record of the last owner is this thread's until then. */
function endWithRecord(kind: Counted, thing: number, record: number): void {
  if (kind.end?.(thing) === false) core.freeHandle(self, record)
  else if (core.endLastOwner(self, record, thing + kind.weaks) !== 0) core.release(self, thing)
}

/** One weak owner less; the last one frees the memory. */
export function dropWeak(kind: Counted, thing: number): void {
  if (Atomics.sub(i32, (thing + kind.weaks) >> 2, 1) === 1) core.release(self, thing)
}

/** How many owners there are. */
export function ownersAt(owners: number): number {
  return Atomics.load(i32, owners >> 2) & OWNER_COUNT
}

/** Refuses to give a lock's value to one of several owners. */
export function refuseShared(name: string, thing: number, owners: number): void {
  if (ownersAt(thing + owners) !== 1) throw sharedError(name)
}

/** Takes a lock from all who could still become its owners. Throws `SharedError` if one is faster. */
export function leaveNoOthers(name: string, thing: number, owners: number): void {
  if (!mayEndStatic(thing)) throw sharedError(name)
  while (core.cutOff(thing + owners) === 0) refuseShared(name, thing, owners)
}

function sharedError(name: string): SharedError {
  return new SharedError(
    `This ${name} has other owners, who may use its value at any time. Lock it, or wait until they are gone.`,
  )
}
