/**
 * Handles: JavaScript objects that refer to an object in the shared heap, and their transfer between threads.
 *
 * - A handle is alive, moved or dropped. Every use checks this (`liveObjectOf`).
 * - An object lives as long as any thread or message holds a handle of it.
 * - A message moves a handle. A handle that shares (an Arc) stays usable, and the message gets a record of its own.
 * - The handles of a thread belong to its epoch, the handles of a module to the worker.
 *
 * When a worker dies, the reaper drops the handles that it owns (core/handles.ts).
 */
import { get, load, set } from '../../core/memory.ts'
import { OWNER_COUNT } from '../../core/count.ts'
import { core, self } from '../../core/index.ts'
import {
  HANDLE_KIND,
  HANDLE_LISTED,
  HANDLE_STATE,
  HANDLE_OWNER,
  HANDLE_SHARES,
  HANDLE_OBJECT,
  SHARED_BY_TYPE,
  IN_ARC,
  CREATING,
} from '../../core/handles.ts'
import { SLOT_HANDLES, SLOT_ID } from '../../core/layout.ts'
import { platform } from '#platform'
import { describe } from '../../describe.ts'
import { DroppedError, MovedError, NotSendError } from '../../errors.ts'
import { evaluationStack, onModuleDone } from '../../platform/evaluation.ts'
import { registerHandleCodec, type Mode } from '../codec/codec.ts'
import { createGcDropper, type GcRegistration } from './gc-drop.ts'
import { heapFullError, garbageReclaimer } from '../heap.ts'
import { createLeakReporter, type CreationSite } from './leaks.ts'
import { isRecordingHandles, recordHandlesOf, recordCreatedHandle } from './created-handles.ts'
import { locationOfCaller } from '../creation-sites.ts'
import {
  findStatic,
  isUnsharedStatic,
  keepStatic,
  mayDropStatic,
  nextKey,
  ownedInModuleError,
  publishStatic,
  endStaticChange,
  tooManyStaticsError,
  unseenStaticError,
  type Static,
} from '../codec/statics.ts'
import { trackUnreachable, type DropObservation } from './unreachable.ts'

/** A wait of this event loop that needs a handle. None of its methods throws. */
export interface HandleWait {
  /** Unregisters from the wait queues, because the handle's next owner may free the object. */
  pause(): void
  /** Registers in the wait queues again, because the handle has not moved. */
  resume(): void
  /** Fails the wait, because the handle has moved or was dropped. */
  gone(): void
}

/** The memory that an object holds. */
export interface MemoryUsage {
  /** All bytes, including the object's own allocation. */
  readonly bytes: number
  readonly messages?: number
  /** The number of the source line that created the object, for `lineOfSite`; 0 or absent if unknown. */
  readonly site?: number
}

/** The operations of a class of handles on its objects. */
export interface HandleClass {
  readonly name: string
  /** Adds an owner with a new record. Absent if only one thread at a time may have a handle. */
  readonly share?: (thing: number, record: number, from: number) => void
  /** Removes an owner. Removing the last one frees the object. */
  readonly drop: (thing: number, record: number, note: number) => void
  /** The offset of the owner count, if `share` and `drop` change only this count until the last owner is dropped. */
  readonly owners?: number
  /** Frees the object and the record. Called for the last owner, whose record belongs to this thread. */
  readonly last?: (thing: number, record: number) => void
  /**
   * `share` packs the record and `drop` frees it. Required where other threads wait for the drop, because a death must
   * not come between the count and the record.
   */
  readonly countsRecords?: boolean
  /** Creates a handle in this thread for a record. */
  readonly revive: (record: number) => Handle
  /** Whether dropping the object only frees memory, so that the garbage collector may drop an unused handle. */
  readonly onlyMemory: boolean
  /** Returns the object that the handles share, if each handle has an object of its own: a receiver's channel. */
  readonly subject?: (thing: number) => number
  /** The name of the objects in a heap report; `name` if absent. */
  readonly holds?: string
  /**
   * Measures the memory of a subject for the heap report. Other threads may change it, so its reads must be bounded.
   */
  readonly measure?: (subject: number) => MemoryUsage
  /** How other threads observe the drop of an unreachable handle; for `onlyMemory`, of a handle that does not share. */
  readonly observed?: DropObservation
  /** Reports that the garbage collector drops a handle although its drop is observable. */
  readonly whenLost?: () => void
  /** The reason why handles do not move: other threads can only borrow one, as a further owner. */
  readonly stays?: string
  /** Returns the bytes of the heap that the object holds. Absent if they are always few. */
  readonly bytes?: (thing: number) => number
  /** The error for a use of a handle that is lent. */
  readonly lentError?: () => Error
  /**
   * The meaning of a handle that a module creates. `shared`: one object in all threads. `owned`: one thread at a time
   * has it, so a module that creates it outside the main thread is refused. Absent if each thread may have its own.
   */
  readonly inModules?: 'shared' | 'owned'
  /** Returns the number of owners, where `owners` is absent. */
  readonly countOwners?: (thing: number) => number
}

const kinds: HandleClass[] = []

/** Returns the class of handles with this number, or undefined if there is none. */
export function handleClassAt(number: number): HandleClass | undefined {
  return kinds[number]
}

/** Registers a class of handles under a number that is the same in every thread. */
export function defineHandleClass(
  number: number,
  constructor: { readonly prototype: Handle },
  kind: HandleClass,
): void {
  kinds[number] = kind
  registerHandleCodec(number, constructor, {
    prepare: (handle, mode) => [recordFor(handle, mode), 0],
    give: (handle, _mode, record) => giveRecord(handle, record),
    undo: (handle, record) => undoRecord(handle, record),
    takeBack: (handle, record) => takeRecordBack(handle, record),
    read: record => kind.revive(record),
    ...(kind.share === undefined
      ? {}
      : { peek: (record: number) => kind.revive(peekRecord(record)), endsUnseen: kind.onlyMemory }),
    isUnobservable: record => isUnobservable(kind, record),
    own: record => void (ownerOf(record) < 0 && core.adoptHandle(self, record, 0)),
    // A reader that died halfway has adopted some handles of the message already, and its reaper has dropped those.
    drop(record) {
      const owner = ownerOf(record)
      if (owner < 0 || owner === get(self + SLOT_ID)) dropRecord(record)
    },
  })
}

/** The current epoch. Threads run one after another in a worker; the main thread's epoch never ends. */
let life = 0
/** The number of module evaluations in progress. Their handles belong to the worker, as the modules do. */
let evaluating = 0
const evaluations = evaluationStack

/** Whether a module is evaluated outside the main thread, whose handles all belong to one epoch. */
function isEvaluating(): boolean {
  return evaluating > 0 || (evaluations.length > 0 && platform.inheritance !== undefined)
}

export abstract class Handle {
  /** @internal The handle record in the heap; 0 after a move or a drop. */
  record: number
  /** @internal The object's address. */
  thing: number
  /** @internal The epoch of this handle; -1 if it belongs to the worker. */
  readonly life: number
  /** @internal */
  moved = false
  /** @internal The record while the handle is lent for changing the object. Meanwhile the handle cannot be used. */
  lent = 0
  /** @internal The registration with the garbage collector, if any. */
  watched: GcRegistration | undefined = undefined
  /** @internal The waits of this event loop that need this handle. */
  waits: Set<HandleWait> | undefined

  /** @internal Adopts a record that is in transit. */
  constructor(record: number) {
    if (evaluating > 0 || evaluations.length > 0) record = recordInModule(this, record)
    this.record = record
    this.thing = get(record + HANDLE_OBJECT)
    this.life = isEvaluating() ? -1 : life
    // A clone's record belongs to this thread already.
    if (get(record + HANDLE_LISTED) === 0) core.adoptHandle(self, record, isEvaluating() ? 0 : 1)
    endWhenForgotten(this)
    if (isRecordingHandles()) recordCreatedHandle(this, !kinds[get(record + HANDLE_KIND)].onlyMemory)
  }
}

const leaks = createLeakReporter(() => unreachable.keepAll())

const kindOf = (record: number): HandleClass => kinds[get(record + HANDLE_KIND)]

/**
 * Whether a handle that is garbage may be dropped without a check: its drop only frees memory or is reported by
 * `whenLost`. Not so for a handle that is the only owner of an object that may hold handles with an observable drop.
 */
function endsByItself(kind: HandleClass, record: number): boolean {
  return (kind.onlyMemory || kind.whenLost !== undefined) && (kind.share === undefined || sharesRecord(record))
}

function targetOf(record: number): { observed: DropObservation; thing: number; subject: number } {
  const { observed, subject } = kindOf(record)
  const thing = get(record + HANDLE_OBJECT)
  return { observed: observed!, thing, subject: subject?.(thing) ?? thing }
}

const unreachable = trackUnreachable<CreationSite | undefined>(
  targetOf,
  record => dropRecord(record),
  made => void (made !== undefined && leaks?.report(made)),
)

/** The deepest nesting of messages in channels in messages that is checked. */
const DEEPEST = 100
let depth = 0

/** Whether no thread can observe the drop of a handle that lies in a message. */
function isUnobservable(kind: HandleClass, record: number): boolean {
  if (endsByItself(kind, record)) return true
  if (kind.observed === undefined || depth > DEEPEST) return false
  const thing = get(record + HANDLE_OBJECT)
  depth++
  try {
    return kind.observed.isUnobservable(thing, record) && (kind.observed.endsUnseen?.(thing) ?? true)
  } finally {
    depth--
  }
}

const forgotten = createGcDropper<Handle>(
  handle => {
    if (!isAlive(handle)) return false
    const kind = kindOf(handle.record)
    return kind.observed !== undefined || endsByItself(kind, handle.record)
  },
  handle => (handle.record === 0 ? 0 : (kindOf(handle.record).bytes?.(handle.thing) ?? 0)),
  handle => leaks?.madeAt(handle),
  ({ record, life: of, made }) => {
    if (of !== life && of !== -1) return
    const kind = kindOf(record)
    if (!endsByItself(kind, record)) return unreachable.end(record, of, made)
    kind.whenLost?.()
    dropRecord(record)
  },
)

// A failed allocation is repeated after the garbage was dropped.
garbageReclaimer.endGarbage = () => forgotten.endGarbage()

function endWhenForgotten(handle: Handle): void {
  const kind = kindOf(handle.record)
  if (kind.observed === undefined && !endsByItself(kind, handle.record)) return
  if (leaks !== undefined && !kind.onlyMemory) leaks.made(handle, kind.name)
  forgotten.watch(handle)
}

/** Allocates a record for a new object. Throws `HeapFullError`. */
export function newRecord(kind: number, thing: number, shares: boolean): number {
  const record = core.newHandle(self, kind, thing, shares ? SHARED_BY_TYPE : 0)
  if (record === 0) throw heapFullError(32)
  return record
}

/** Returns the object's address. Throws `MovedError` or `DroppedError` if the handle can no longer be used. */
export function liveObjectOf(handle: Handle): number {
  if (handle.record !== 0 && (handle.life === life || handle.life === -1)) return handle.thing
  throw goneError(handle)
}

/** Returns the current epoch. Handles of other epochs are refused. */
export function currentEpoch(): number {
  return life
}

export function isAlive(handle: Handle): boolean {
  return handle.record !== 0 && (handle.life === life || handle.life === -1)
}

function goneError(handle: Handle): Error {
  if (!((handle as unknown) instanceof Handle)) {
    return new TypeError(
      `Expected an Arc, lock, channel or other handle, got ${describe(handle)}. Pass a handle that fearless created.`,
    )
  }
  const { name } = handle.constructor
  if (handle.lent !== 0) {
    const { lentError } = kinds[get(handle.lent + HANDLE_KIND)]
    if (lentError !== undefined) return lentError()
    return new DroppedError(
      'This Arc is lent to `Arc.getMut` or `Arc.makeMut`. Release the ArcMut before you use the Arc again.',
    )
  }
  if (handle.moved) {
    return new MovedError(
      `This ${name} was moved to another thread or into a message. Clone it before the move, or use the moved handle.`,
    )
  }
  if (handle.record !== 0) {
    return new DroppedError(
      `This ${name} belonged to a thread that has finished. Create or receive a handle in the thread that uses it.`,
    )
  }
  return new DroppedError(`This ${name} was dropped. Drop it after its last use.`)
}

/** Drops a handle of this thread. Does nothing if the handle was dropped or moved before. */
export function dropHandle(handle: Handle): void {
  if (!isAlive(handle)) {
    // A moved handle that comes back unread is dropped then (`takeRecordBack`).
    handle.moved = false
    return
  }
  refuseForeign(handle)
  const { record } = handle
  // The module outlives the thread, and the worker's next thread uses its handles.
  if (handle.life === -1 && statics.has(record)) return
  handle.record = 0
  forgotten.unwatch(handle)
  endWaits(handle)
  dropRecord(record)
}

/** Passes the value that `read` returns to `use`, then drops the handles that came with it. */
export function dropHandlesAfter<T>(read: () => T, use: (value: T) => void): void {
  const handles: Handle[] = []
  try {
    use(recordHandlesOf(handles, read, true))
  } finally {
    for (const handle of handles) if (isAlive(handle)) dropHandle(handle)
  }
}

/** Makes the handle unusable until `returnLentHandle`. */
export function lendHandle(handle: Handle): void {
  handle.lent = handle.record
  handle.record = 0
}

export function returnLentHandle(handle: Handle): void {
  handle.record = handle.lent
  handle.lent = 0
  endStaticChange(handle.thing)
  if (!handle.watched) forgotten.watch(handle)
}

/** Frees the record of a handle whose share of the object was passed on or dropped by the caller. */
export function freeHandleRecord(handle: Handle): void {
  const { record } = handle
  handle.record = 0
  forgotten.unwatch(handle)
  endWaits(handle)
  core.freeHandle(self, record)
}

/** Makes this handle refer to another object. The caller owns the previous record. */
export function retargetHandle(handle: Handle, record: number): void {
  forgotten.unwatch(handle)
  handle.record = record
  handle.thing = get(record + HANDLE_OBJECT)
  core.adoptHandle(self, record, handle.life === -1 ? 0 : 1)
  forgotten.watch(handle)
}

/** A function that runs in the calling thread sees that thread's handles, but must not drop or move them. */
function refuseForeign(handle: Handle): void {
  if (platform.inPlace === undefined || ownerOf(handle.record) === get(self + SLOT_ID)) return
  platform.inPlace.refuse(
    `This ${handle.constructor.name} belongs to another thread: a function that captures runs in place without the compiler. ` +
      'Pass it as an argument, or run with `node --import @fearless/compiler/register`.',
  )
}

/** Fails the waits that need a dropped or moved handle. They are unregistered before the object can be freed. */
function endWaits(handle: Handle): void {
  const { waits } = handle
  if (waits === undefined) return
  handle.waits = undefined
  for (const wait of waits) wait.gone()
}

/** Drops the handle of a record that this thread owns or that travelled to it. */
export function dropRecord(record: number): void {
  if (statics.size > 0) statics.delete(record)
  const kind = kinds[get(record + HANDLE_KIND)]
  const thing = get(record + HANDLE_OBJECT)
  if (isUnsharedStatic(thing, record) && !endStatic(kind, thing, record)) return
  if (kind.owners !== undefined) {
    if (core.dropOwner(self, record, thing + kind.owners) !== 0) kind.last!(thing, record)
    return
  }
  const note = get(record + HANDLE_STATE)
  if (kind.countsRecords !== true) core.freeHandle(self, record)
  kind.drop(thing, record, note)
  if (kind.countsRecords === true) core.freeHandle(self, record)
}

/** Drops a handle of a dead thread. Called by the reaper. */
export function dropDeadRecord(record: number): void {
  const kind = kinds[get(record + HANDLE_KIND)]
  const thing = get(record + HANDLE_OBJECT)
  kind.drop(thing, record, get(record + HANDLE_STATE))
  core.freeHandleOfDead(self, record)
}

export function ownerOf(record: number): number {
  return load(record + HANDLE_OWNER)
}

/** Returns the record that a message carries for this handle. The handle has not moved yet. */
function recordFor(handle: Handle, mode: Mode): number {
  liveObjectOf(handle)
  const { record } = handle
  // A static of the main thread that another thread has found is shared.
  if (isUnsharedStatic(handle.thing, record) && !sharesRecord(record) && !mayDropStatic(handle.thing))
    makeShared(handle)
  const shares = sharesRecord(record)
  if (!shares && mode === 'move') {
    if (handle.moved) throw goneError(handle)
    const { name, stays } = kinds[get(record + HANDLE_KIND)]
    if (stays !== undefined) throw new NotSendError(`This ${name} cannot be sent between threads. ${stays}`)
    refuseForeign(handle)
    // ORDER: all of this must precede the transfer of the message. When `giveRecord` runs here, the receiver may
    // already have adopted the record and freed the object with its wait queues.
    for (const wait of handle.waits ?? []) wait.pause()
    core.packHandle(self, record)
    handle.moved = true
    return record
  }
  const kind = kinds[get(record + HANDLE_KIND)]
  if (kind.share === undefined) {
    throw new NotSendError(
      `This ${kind.name} cannot be shared between threads, because only one at a time may use it. Move it with \`move(...)\`, or pass it as an argument.`,
    )
  }
  return shareRecord(record, shares)
}

/** Creates another record for the object, owned by this thread and counted at `owners`. */
function cloneOwned(record: number, owners: number): number {
  const another = core.cloneOwner(self, record, owners, isEvaluating() ? 0 : 1)
  if (another === 0) throw heapFullError(32)
  return another
}

/** Creates another record for a reader of a message that stays in place. Any number of readers may have the object. */
function peekRecord(record: number): number {
  const kind = kinds[get(record + HANDLE_KIND)]
  if (kind.owners === undefined) return shareRecord(record, kind.onlyMemory || sharesRecord(record))
  const owned = cloneOwned(record, get(record + HANDLE_OBJECT) + kind.owners)
  if (!sharesRecord(owned)) set(owned + HANDLE_SHARES, IN_ARC)
  return owned
}

const sharesRecord = (record: number): boolean => get(record + HANDLE_SHARES) !== 0

/** Creates another record for the object, packed by this thread. */
function shareRecord(record: number, shares: boolean): number {
  const number = get(record + HANDLE_KIND)
  const kind = kinds[number]
  const thing = get(record + HANDLE_OBJECT)
  const another = newRecord(number, thing, false)
  set(another + HANDLE_SHARES, get(record + HANDLE_SHARES) || (shares ? IN_ARC : 0))
  set(another + HANDLE_STATE, get(record + HANDLE_STATE))
  try {
    kind.share?.(thing, another, record)
  } catch (error) {
    core.freeHandle(self, another)
    throw error
  }
  if (kind.countsRecords !== true) core.packHandle(self, another)
  return another
}

/**
 * Marks the message as sent: a moved handle is unusable from here on. The record may belong to another thread already.
 */
function giveRecord(handle: Handle, record: number): void {
  core.markInTransit(self, record)
  if (!handle.moved) return
  handle.record = 0
  forgotten.unwatch(handle)
  endWaits(handle)
}

function undoRecord(handle: Handle, record: number): void {
  if (handle.record !== record) return dropRecord(record)
  handle.moved = false
  core.adoptHandle(self, record, handle.life === -1 ? 0 : 1)
  for (const wait of handle.waits ?? []) wait.resume()
}

/**
 * Returns the handle of an unread message. The record is dropped if the handle was dropped or its thread has finished.
 */
function takeRecordBack(handle: Handle, record: number): void {
  if (!handle.moved || (handle.life !== life && handle.life !== -1)) return dropRecord(record)
  handle.moved = false
  handle.record = record
  core.adoptHandle(self, record, handle.life === -1 ? 0 : 1)
  endWhenForgotten(handle)
}

/** Creates a handle for a record in transit. */
export function reviveHandle(record: number): Handle {
  return kinds[get(record + HANDLE_KIND)].revive(record)
}

/** Creates another handle of the same object in this thread. */
export function cloneHandle<H extends Handle>(handle: H): H {
  const thing = liveObjectOf(handle)
  const kind = kinds[get(handle.record + HANDLE_KIND)]
  const clone =
    kind.owners === undefined
      ? reviveHandle(recordFor(handle, 'copy'))
      : kind.revive(cloneOwned(handle.record, thing + kind.owners))
  if (kind.onlyMemory) recordCreatedHandle(clone, true)
  return clone as H
}

/** Makes this handle share: sending it creates another owner instead of moving it. */
export function makeShared(handle: Handle): void {
  if (get(handle.record + HANDLE_SHARES) !== 0) return
  set(handle.record + HANDLE_SHARES, IN_ARC)
}

/** Undoes `makeShared` for the only owner. A class that always shares (SHARED_BY_TYPE) continues to do so. */
export function makeUnshared(handle: Handle): void {
  if (get(handle.record + HANDLE_SHARES) !== IN_ARC) return
  set(handle.record + HANDLE_SHARES, 0)
}

/** Drops all handles that the finishing thread still owns. */
export function endEpoch(): void {
  unreachable.forgetLife(life)
  for (;;) {
    const record = get(self + SLOT_HANDLES)
    if (record === 0) break
    dropRecord(record)
  }
  life++
}

/** Runs `f`, which evaluates modules. The handles that they create belong to the worker. */
export async function whileEvaluating<T>(f: () => Promise<T>): Promise<T> {
  evaluating++
  let result: T
  try {
    result = await f()
  } finally {
    evaluating--
  }
  refuseOwned(undefined)
  return result
}

// ------------------------------------------------ handles created by modules

/** The records of the statics of this worker. */
const statics = new Set<number>()
/** The `owned` handles that modules of this worker have created. */
const owned: {
  readonly handle: Handle
  readonly name: string
  readonly module: string | undefined
  readonly place: string
}[] = []

/**
 * Makes a lock of the program's entry a static. Only the main thread evaluates the entry, so the lock needs no
 * identity.
 */
export function makeStatic<T>(value: T): T {
  if (value instanceof Handle && kinds[get(value.record + HANDLE_KIND)].inModules === 'shared') makeShared(value)
  return value
}

/** Whether a value is a handle that shares. */
export function isSharedHandle(value: object): boolean {
  return value instanceof Handle && value.record !== 0 && get(value.record + HANDLE_SHARES) !== 0
}

/** Whether one thread at a time has the object, so that a message moves the handle. */
export function hasOneOwner(handle: Handle): boolean {
  if (handle.record === 0) return true
  const { inModules, share } = kinds[get(handle.record + HANDLE_KIND)]
  return inModules === 'owned' || share === undefined
}

/** Returns the record of a handle that is created while a module is evaluated. Throws `StaticError`. */
function recordInModule(handle: Handle, record: number): number {
  const number = get(record + HANDLE_KIND)
  const { inModules, name } = kinds[number]
  // An earlier record belongs to a clone or to a received handle.
  if (inModules === undefined || ownerOf(record) >= CREATING || platform.inPlace !== undefined) return record
  if (inModules === 'shared') return staticRecord(number, record)
  if (isEvaluating()) owned.push({ handle, name, module: evaluations.at(-1)?.module, place: locationOfCaller() })
  return record
}

function staticRecord(number: number, record: number): number {
  const { name } = kinds[number]
  const inThread = platform.inheritance !== undefined
  const evaluation = evaluations.at(-1)
  try {
    if (evaluation === undefined || !evaluation.certain) throw unseenStaticError(name, evaluation?.module)
    const key = nextKey(evaluation)
    if (key === undefined) {
      if (!inThread) return record
      throw tooManyStaticsError(name, evaluation.module)
    }
    const found = evaluation.again ? undefined : findStatic(key, number)
    if (found !== undefined) return joinStatic(number, found, record)

    const shares = get(record + HANDLE_SHARES) || IN_ARC
    if (inThread || !evaluation.loose) set(record + HANDLE_SHARES, shares)
    // No thread owns the table's share, so no death drops it.
    const kept = inThread ? keepRecord(shareRecord(record, true)) : 0
    const other = publishStatic(key, number, get(record + HANDLE_OBJECT), shares, inThread ? undefined : record)
    if (other === undefined) {
      if (inThread) statics.add(record)
      return record
    }
    if (kept !== 0) dropRecord(kept)
    return joinStatic(number, other, record)
  } catch (error) {
    dropRecord(record)
    throw error
  }
}

/** Drops the new object and returns a record of the object that another thread created earlier. */
function joinStatic(number: number, { thing, shares }: Static, made: number): number {
  const record = newRecord(number, thing, false)
  set(record + HANDLE_SHARES, shares)
  kinds[number].share!(thing, record, record)
  if (platform.inheritance !== undefined) statics.add(record)
  dropRecord(made)
  return record
}

/** Leaves a record and its share of the object without an owning thread. */
function keepRecord(record: number): number {
  core.packHandle(self, record)
  core.endPacking(self)
  core.markInTransit(self, record)
  return record
}

/** Whether the record of a main thread's static may be dropped. Otherwise the table keeps the record. */
function endStatic(kind: HandleClass, thing: number, record: number): boolean {
  const count = kind.owners === undefined ? kind.countOwners?.(thing) : get(thing + kind.owners) & OWNER_COUNT
  // While the object has other owners here, another thread must find the same object.
  if (count === 1 && mayDropStatic(thing)) return true
  keepStatic(thing)
  keepRecord(record)
  return false
}

/** Throws `StaticError` for an `owned` handle that a module of this worker has created and still has. */
function refuseOwned(module: string | undefined): void {
  for (let i = owned.length - 1; i >= 0; i--) {
    const { handle, name, module: of, place } = owned[i]
    if (module !== undefined && of !== module) continue
    owned.splice(i, 1)
    if (isAlive(handle)) throw ownedInModuleError(name, of, place)
  }
}

if (platform.inheritance !== undefined && platform.inPlace === undefined) onModuleDone(refuseOwned)
