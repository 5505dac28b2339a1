/**
 * Reference-counted objects, after std's `Arc`: the last owner drops the contents, and the last weak owner frees the
 * memory.
 *
 * - An object has two words for its counts, at offsets of its own kind.
 * - All owners together count as one weak owner, so exactly one drop sees both counts reach zero.
 * - The upper byte of the owner count is the object's generation (core/count.ts).
 */
import { add, load, set } from '../core/memory.ts'
import { OWNER_COUNT } from '../core/count.ts'
import { LAST_OWNER } from '../core/handles.ts'
import { core, self } from '../core/index.ts'
import { NotSendError, SharedError } from '../errors.ts'
import { defineHandleClass, type Handle, type MemoryUsage } from '../memory/handles/handle.ts'

import { mayDropStatic } from '../memory/codec/statics.ts'

export interface CountedKind {
  readonly name: string
  readonly owners: number
  readonly weaks: number
  /**
   * Drops the contents of the object after its last owner. Returns false if a holder may still write to the object,
   * which is then never freed. If its thread dies during the drop, the reaper calls it again: it must not drop the
   * same content twice.
   */
  readonly dropContents?: (thing: number) => boolean | void
  /** Whether `dropContents` would drop all contents and no other thread could observe that. Absent means yes. */
  readonly isDropUnobservable?: (thing: number) => boolean
  /** The number of bytes that an object keeps alive, if they may be many: see `HandleClass`. */
  readonly bytes?: (thing: number) => number
  /** Measures the object for the heap report: see `HandleClass`. */
  readonly measure?: (thing: number) => MemoryUsage
  readonly revive: (record: number) => Handle
}

const countedKinds = new Map<number, CountedKind>()

/** Registers a class whose objects count their owners. */
export function defineCounted(number: number, constructor: { readonly prototype: Handle }, kind: CountedKind): void {
  countedKinds.set(number, kind)
  defineHandleClass(number, constructor, {
    name: kind.name,
    share: thing => add(thing + kind.owners, 1),
    drop: (thing, _record, note) => (note === LAST_OWNER ? dropContents(kind, thing) : dropOwner(kind, thing)),
    owners: kind.owners,
    last: (thing, record) => endWithRecord(kind, thing, record),
    revive: kind.revive,
    ...(kind.measure && { measure: kind.measure }),
    ...(kind.bytes && { bytes: kind.bytes }),
    onlyMemory: true,
    // Asked for an object that was never shared. It may hold a Sender, as a plain object may.
    observed: {
      handles: thing => ownerCountAt(thing + kind.owners),
      isUnobservable: () => true,
      ...(kind.isDropUnobservable && { endsUnseen: kind.isDropUnobservable }),
    },
    inModules: 'shared',
  })
}

/** Returns how the objects of a kind count their owners. Throws `NotSendError` if they have no weak owners. */
export function countedKind(number: number): CountedKind {
  const kind = countedKinds.get(number)
  if (kind !== undefined) return kind
  throw new NotSendError(
    'An Arc of a Sender, a Receiver or a thread has no weak owners. Keep it in a Mutex, and downgrade that.',
  )
}

export function isCounted(number: number): boolean {
  return countedKinds.has(number)
}

/** Initialises the counts of a new object: one owner, and one weak owner that stands for all owners. */
export function initCounts(thing: number, owners: number, weaks: number): void {
  set(thing + owners, 1)
  set(thing + weaks, 1)
}

/** Removes an owner. The last one drops the contents of the object. */
function dropOwner(kind: CountedKind, thing: number): void {
  if (core.removeOwner(thing + kind.owners) !== 0) dropContents(kind, thing)
}

/** Drops the contents after the last owner. */
export function dropContents(kind: CountedKind, thing: number): void {
  if (kind.dropContents?.(thing) !== false) dropWeak(kind, thing)
}

/** Does the same as `dropContents`. This thread owns the record of the last owner until the contents are dropped. */
function endWithRecord(kind: CountedKind, thing: number, record: number): void {
  if (kind.dropContents?.(thing) === false) core.freeHandle(self, record)
  else if (core.freeLastOwner(self, record, thing + kind.weaks) !== 0) core.free(self, thing)
}

/** Removes a weak owner. The last one frees the memory. */
export function dropWeak(kind: CountedKind, thing: number): void {
  if (add(thing + kind.weaks, -1) === 1) core.free(self, thing)
}

/** Returns the number of owners. */
export function ownerCountAt(owners: number): number {
  return load(owners) & OWNER_COUNT
}

/** Throws `SharedError` if the object has several owners, because its value cannot be given to one of them. */
export function refuseShared(name: string, thing: number, owners: number): void {
  if (ownerCountAt(thing + owners) !== 1) throw sharedError(name)
}

/** Prevents weak owners from becoming owners of a lock. Throws `SharedError` if one upgraded before. */
export function cutOffWeakOwners(name: string, thing: number, owners: number): void {
  if (!mayDropStatic(thing)) throw sharedError(name)
  while (core.startGeneration(thing + owners) === 0) refuseShared(name, thing, owners)
}

function sharedError(name: string): SharedError {
  return new SharedError(
    `This ${name} has other owners, which may use its value. Lock it, or wait until they have been dropped.`,
  )
}
