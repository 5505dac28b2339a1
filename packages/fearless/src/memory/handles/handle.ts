/**
 * Handles: JavaScript objects that stand for a thing in the shared heap, and what happens to them when they cross.
 *
 * A handle is alive, moved (it crossed and lives on elsewhere) or dropped; every use asks (`thingOf`). The thing lives
 * as long as any handle of it does, in any thread or in any message. A handle that shares (an Arc) makes another owner
 * when it crosses; any other is moved.
 */
import { OWNER_COUNT } from '../../core/count.ts'
import { core, self } from '../../core/index.ts'
import {
  HANDLE_KIND,
  HANDLE_LISTED,
  HANDLE_NOTE,
  HANDLE_OWNER,
  HANDLE_SHARES,
  HANDLE_THING,
  BY_NATURE,
  IN_ARC,
  MAKING,
} from '../../core/handles.ts'
import { SLOT_HANDLES, SLOT_ID } from '../../core/layout.ts'
import { platform } from '#platform'
import { describe } from '../../describe.ts'
import { DroppedError, MovedError, NotSendError } from '../../errors.ts'
import { evaluationStack, onModuleDone } from '../../platform/evaluation.ts'
import { registerHandleKind, type Mode } from '../codec/codec.ts'
import { forgottenHandles, type Told } from './gc-drop.ts'
import { heapFull, i32, reclaim } from '../heap.ts'
import { leakReports, type Made } from './leaks.ts'
import { isNoting, noteMade, wasMade } from './made.ts'
import { placeOfCaller } from '../source-location.ts'
import {
  findStatic,
  isUnasked,
  keepStatic,
  mayEndStatic,
  nextKey,
  ownedInModule,
  publishStatic,
  releaseStatic,
  tooManyStatics,
  unseenStatic,
  type Static,
} from '../codec/statics.ts'
import { unreachableHandles, type Observed } from './unreachable.ts'

/** A wait of this event loop that needs a handle. None of these throws. */
export interface Standing {
  /** The handle may be in other hands soon, who may end the thing: it leaves its lines before. */
  pause(): void
  /** The handle has stayed: it stands in line again. */
  resume(): void
  /** The handle is gone: it fails. */
  gone(): void
}

/** What the heap holds for a thing. */
export interface Measured {
  /** With those of its own block. */
  readonly bytes: number
  readonly messages?: number
  /** The line that made it, for `siteAt`; 0 or absent if it is not known. */
  readonly site?: number
}

/** What a class of handles does with the thing behind it. */
export interface Kind {
  readonly name: string
  /** One more owner of the thing, by a new record; absent where only one thread at a time may have a handle. */
  readonly share?: (thing: number, record: number, from: number) => void
  /** One owner less; the last one ends the thing. */
  readonly drop: (thing: number, record: number, note: number) => void
  /** Where the thing counts its owners, if that count is all that `share` and `drop` change before the last one goes. */
  readonly owners?: number
  /** The last owner is gone, and the record that it leaves is this thread's: ends the thing, and the record. */
  readonly last?: (thing: number, record: number) => void
  /** `share` packs the record and `drop` ends it: others wait for the end, so a death must not come between the two. */
  readonly countsRecords?: boolean
  /** A fresh handle object in this thread. */
  readonly revive: (record: number) => Handle
  /** Whether the end of the thing is only memory, so that the garbage collector may end a handle nobody uses. */
  readonly onlyMemory: boolean
  /** The thing that its handles have in common, if each handle has a thing of its own: the channel of a receiver. */
  readonly subject?: (thing: number) => number
  /** How a report of the heap calls its things; its name if absent. */
  readonly holds?: string
  /** What hangs on a subject, for the report, while other threads may change it: with bounds on what it reads. */
  readonly measure?: (subject: number) => Measured
  /** How the end is observed of a handle that the program has forgotten; for `onlyMemory`, of one that does not share. */
  readonly observed?: Observed
  /** Its end is observable, and yet comes by itself when the handle became garbage; this reports it. */
  readonly whenLost?: () => void
  /** Why it does not move: only those who borrow it get it, as one more owner. */
  readonly stays?: string
  /** Bytes of the heap that the thing holds, if they may be many. */
  readonly bytes?: (thing: number) => number
  /** The error of a use while the handle is lent. */
  readonly lentError?: () => Error
  /**
   * What it is where a module makes it: `shared`, one thing in all threads; or `owned`, because one thread at a time has it: a
   * module that makes it in another thread than main is refused. Absent where each thread may have its own.
   */
  readonly inModules?: 'shared' | 'owned'
  /** How many owners a thing has now, where `owners` does not tell. */
  readonly countOwners?: (thing: number) => number
}

const kinds: Kind[] = []

/** The class of handles with a number; undefined if there is none. */
export function kindAt(number: number): Kind | undefined {
  return kinds[number]
}

/** Makes a class of handles known under a number that is the same in every thread. */
export function defineKind(number: number, constructor: { readonly prototype: Handle }, kind: Kind): void {
  kinds[number] = kind
  registerHandleKind(number, constructor, {
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
    // A reader that died on the way has taken over some handles of a message already, and its reaper ended those.
    drop(record) {
      const owner = ownerOf(record)
      if (owner < 0 || owner === i32[(self + SLOT_ID) >> 2]) dropRecord(record)
    },
  })
}

/** Which thread's life a handle belongs to. Threads run one after another in a worker; main's never ends. */
let life = 0
/** Handles made while a module is evaluated belong to the worker, as the module does. */
let evaluating = 0
const evaluations = evaluationStack

/** Whether a module is evaluated in a thread; main's handles belong to one life anyway. */
function isEvaluating(): boolean {
  return evaluating > 0 || (evaluations.length > 0 && platform.inheritance !== undefined)
}

export abstract class Handle {
  /** @internal The record in the heap; 0 once moved or dropped. */
  record: number
  /** @internal The thing's address. */
  thing: number
  /** @internal The life this handle belongs to; -1 if to the worker. */
  readonly life: number
  /** @internal */
  moved = false
  /** @internal The record while somebody may change the thing through this handle, which nobody can use meanwhile. */
  lent = 0
  /** @internal The garbage collector's end of it was asked for. */
  watched: Told | undefined = undefined
  /** @internal The waits of this event loop that need this handle. */
  waits: Set<Standing> | undefined

  /** @internal Takes over a record that travels. */
  constructor(record: number) {
    if (evaluating > 0 || evaluations.length > 0) record = recordInModule(this, record)
    this.record = record
    this.thing = i32[(record + HANDLE_THING) >> 2]
    this.life = isEvaluating() ? -1 : life
    // A clone is this thread's from the beginning.
    if (i32[(record + HANDLE_LISTED) >> 2] === 0) core.adoptHandle(self, record, isEvaluating() ? 0 : 1)
    endWhenForgotten(this)
    if (isNoting()) wasMade(this, !kinds[i32[(record + HANDLE_KIND) >> 2]].onlyMemory)
  }
}

const leaks = leakReports(() => unreachable.keepAll())

const kindOf = (record: number): Kind => kinds[i32[(record + HANDLE_KIND) >> 2]]

/** A handle that is garbage may end, or is to be looked at: where others observe the end, and what is alone and may hold such. */
function endsByItself(kind: Kind, record: number): boolean {
  return (kind.onlyMemory || kind.whenLost !== undefined) && (kind.share === undefined || sharesRecord(record))
}

function targetOf(record: number): { observed: Observed; thing: number; subject: number } {
  const { observed, subject } = kindOf(record)
  const thing = i32[(record + HANDLE_THING) >> 2]
  return { observed: observed!, thing, subject: subject?.(thing) ?? thing }
}

const unreachable = unreachableHandles<Made | undefined>(
  targetOf,
  record => dropRecord(record),
  made => void (made !== undefined && leaks?.report(made)),
)

/** How deep handles in messages of channels in messages are looked at. */
const DEEPEST = 100
let depth = 0

/** Whether no thread observes the end of a handle that lies in a message. */
function isUnobservable(kind: Kind, record: number): boolean {
  if (endsByItself(kind, record)) return true
  if (kind.observed === undefined || depth > DEEPEST) return false
  const thing = i32[(record + HANDLE_THING) >> 2]
  depth++
  try {
    return kind.observed.isUnobservable(thing, record) && (kind.observed.endsUnseen?.(thing) ?? true)
  } finally {
    depth--
  }
}

const forgotten = forgottenHandles<Handle>(
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

// An allocation that failed may be tried again once memory became free.
reclaim.endGarbage = () => forgotten.endGarbage()

function endWhenForgotten(handle: Handle): void {
  const kind = kindOf(handle.record)
  if (kind.observed === undefined && !endsByItself(kind, handle.record)) return
  if (leaks !== undefined && !kind.onlyMemory) leaks.made(handle, kind.name)
  forgotten.watch(handle)
}

/** A record for a new thing. Throws `HeapFullError`. */
export function newRecord(kind: number, thing: number, shares: boolean): number {
  const record = core.newHandle(self, kind, thing, shares ? BY_NATURE : 0)
  if (record === 0) throw heapFull(32)
  return record
}

/** The thing behind a handle, if the handle may still be used. */
export function thingOf(handle: Handle): number {
  if (handle.record !== 0 && (handle.life === life || handle.life === -1)) return handle.thing
  throw goneError(handle)
}

/** The life that runs now: what belongs to another one is over. */
export function lifeNow(): number {
  return life
}

export function isAlive(handle: Handle): boolean {
  return handle.record !== 0 && (handle.life === life || handle.life === -1)
}

function goneError(handle: Handle): Error {
  if (!((handle as unknown) instanceof Handle)) {
    return new TypeError(
      `${describe(handle)} is no Arc, lock, channel or other handle. Pass one that this library made.`,
    )
  }
  const { name } = handle.constructor
  if (handle.lent !== 0) {
    const { lentError } = kinds[i32[(handle.lent + HANDLE_KIND) >> 2]]
    if (lentError !== undefined) return lentError()
    return new DroppedError(
      'This Arc is lent to `getMut` or `makeMut`, which may change it. Release what they gave before.',
    )
  }
  if (handle.moved) {
    return new MovedError(
      `This ${name} was moved to another thread or into a message. Clone it before, or use the one that was moved.`,
    )
  }
  if (handle.record !== 0) {
    return new DroppedError(
      `This ${name} belonged to a thread that has ended. Code that outlives its thread cannot use it.`,
    )
  }
  return new DroppedError(`This ${name} was dropped. Drop it after its last use.`)
}

/** Ends a handle of this thread. Ending it twice is no error. */
export function dropHandle(handle: Handle): void {
  if (!isAlive(handle)) {
    // If it is only lent, it ends when it comes back.
    handle.moved = false
    return
  }
  refuseForeign(handle)
  const { record } = handle
  // The module outlives the thread, and the next one in this worker uses what it has made.
  if (handle.life === -1 && statics.has(record)) return
  handle.record = 0
  forgotten.unwatch(handle)
  endWaits(handle)
  dropRecord(record)
}

/** Gives `use` what `read` has read of a message, and ends the handles that came with it. */
export function withHandlesOf<T>(read: () => T, use: (value: T) => void): void {
  const handles: Handle[] = []
  try {
    use(noteMade(handles, read, true))
  } finally {
    for (const handle of handles) if (isAlive(handle)) dropHandle(handle)
  }
}

/** From now on nobody can use the handle, until it is given back. */
export function lend(handle: Handle): void {
  handle.lent = handle.record
  handle.record = 0
}

export function giveBack(handle: Handle): void {
  handle.record = handle.lent
  handle.lent = 0
  releaseStatic(handle.thing)
  if (!handle.watched) forgotten.watch(handle)
}

/** Ends a handle of this thread whose share of the thing is in other hands, or gone. */
export function forgetHandle(handle: Handle): void {
  const { record } = handle
  handle.record = 0
  forgotten.unwatch(handle)
  endWaits(handle)
  core.freeHandle(self, record)
}

/** From now on this handle is one of another thing. The record of the one before is the caller's. */
export function repoint(handle: Handle, record: number): void {
  forgotten.unwatch(handle)
  handle.record = record
  handle.thing = i32[(record + HANDLE_THING) >> 2]
  core.adoptHandle(self, record, handle.life === -1 ? 0 : 1)
  forgotten.watch(handle)
}

/** A function that runs in place sees handles of the thread that made it: they are not its own to end. */
function refuseForeign(handle: Handle): void {
  if (platform.inPlace === undefined || ownerOf(handle.record) === i32[(self + SLOT_ID) >> 2]) return
  platform.inPlace.refuse(
    `This ${handle.constructor.name} belongs to another thread: a function that captures runs in place without the compiler. ` +
      'Pass it as an argument, or run with `node --import @fearless/compiler/register`.',
  )
}

/** Whoever still waits with a handle that is gone leaves its line, before the thing can go away, and fails. */
function endWaits(handle: Handle): void {
  const { waits } = handle
  if (waits === undefined) return
  handle.waits = undefined
  for (const wait of waits) wait.gone()
}

/** Ends the handle behind a record that this thread owns or that travelled to it. */
export function dropRecord(record: number): void {
  if (statics.size > 0) statics.delete(record)
  const kind = kinds[i32[(record + HANDLE_KIND) >> 2]]
  const thing = i32[(record + HANDLE_THING) >> 2]
  if (isUnasked(thing, record) && !endStatic(kind, thing, record)) return
  if (kind.owners !== undefined) {
    if (core.endOwner(self, record, thing + kind.owners) !== 0) kind.last!(thing, record)
    return
  }
  const note = i32[(record + HANDLE_NOTE) >> 2]
  if (kind.countsRecords !== true) core.freeHandle(self, record)
  kind.drop(thing, record, note)
  if (kind.countsRecords === true) core.freeHandle(self, record)
}

/** Ends the handle of a dead thread. Called by the reaper. */
export function buryRecord(record: number): void {
  const kind = kinds[i32[(record + HANDLE_KIND) >> 2]]
  const thing = i32[(record + HANDLE_THING) >> 2]
  kind.drop(thing, record, i32[(record + HANDLE_NOTE) >> 2])
  core.buryHandle(self, record)
}

export function ownerOf(record: number): number {
  return Atomics.load(i32, (record + HANDLE_OWNER) >> 2)
}

/** The record that goes into a message for this handle. Nothing is moved yet. */
function recordFor(handle: Handle, mode: Mode): number {
  thingOf(handle)
  const { record } = handle
  // What main has made in a module, and another thread has found there, is shared.
  if (isUnasked(handle.thing, record) && !sharesRecord(record) && !mayEndStatic(handle.thing)) makeShared(handle)
  const shares = sharesRecord(record)
  if (!shares && mode === 'move') {
    if (handle.moved) throw goneError(handle)
    const { name, stays } = kinds[i32[(record + HANDLE_KIND) >> 2]]
    if (stays !== undefined) throw new NotSendError(`a ${name} cannot be sent between threads; ${stays}`)
    refuseForeign(handle)
    // ORDER: all of it before the message is handed over. The receiver may have adopted the record when `giveRecord` runs
    // here, and may have ended the thing, lines and all.
    for (const wait of handle.waits ?? []) wait.pause()
    core.giveHandle(self, record)
    handle.moved = true
    return record
  }
  const kind = kinds[i32[(record + HANDLE_KIND) >> 2]]
  if (kind.share === undefined) {
    throw new NotSendError(
      `a ${kind.name} cannot be shared between threads: only one at a time may use it. Move it with \`move(...)\` or pass it as an argument`,
    )
  }
  return shareRecord(record, shares)
}

/** Another record of the same thing, this thread's already, counted at `owners`. */
function cloneOwned(record: number, owners: number): number {
  const another = core.cloneOwner(self, record, owners, isEvaluating() ? 0 : 1)
  if (another === 0) throw heapFull(32)
  return another
}

/** Another record of a thing that any number of readers may have, for one who reads a message that stays. */
function peekRecord(record: number): number {
  const kind = kinds[i32[(record + HANDLE_KIND) >> 2]]
  if (kind.owners === undefined) return shareRecord(record, kind.onlyMemory || sharesRecord(record))
  const owned = cloneOwned(record, i32[(record + HANDLE_THING) >> 2] + kind.owners)
  if (!sharesRecord(owned)) i32[(owned + HANDLE_SHARES) >> 2] = IN_ARC
  return owned
}

const sharesRecord = (record: number): boolean => i32[(record + HANDLE_SHARES) >> 2] !== 0

/** One more record of the same thing, packed by this thread; its kind shares. */
function shareRecord(record: number, shares: boolean): number {
  const number = i32[(record + HANDLE_KIND) >> 2]
  const kind = kinds[number]
  const thing = i32[(record + HANDLE_THING) >> 2]
  const another = newRecord(number, thing, false)
  i32[(another + HANDLE_SHARES) >> 2] = i32[(record + HANDLE_SHARES) >> 2] || (shares ? IN_ARC : 0)
  i32[(another + HANDLE_NOTE) >> 2] = i32[(record + HANDLE_NOTE) >> 2]
  try {
    kind.share?.(thing, another, record)
  } catch (error) {
    core.freeHandle(self, another)
    throw error
  }
  if (kind.countsRecords !== true) core.giveHandle(self, another)
  return another
}

/** The message is on its way: a handle that moves is dead here from now on. The record may be another thread's already. */
function giveRecord(handle: Handle, record: number): void {
  core.sendHandle(self, record)
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

/** The message came back unread. A handle that was dropped meanwhile, or whose thread has ended, ends with it. */
function takeRecordBack(handle: Handle, record: number): void {
  if (!handle.moved || (handle.life !== life && handle.life !== -1)) return dropRecord(record)
  handle.moved = false
  handle.record = record
  core.adoptHandle(self, record, handle.life === -1 ? 0 : 1)
  endWhenForgotten(handle)
}

/** A handle for a record that travels. */
export function revive(record: number): Handle {
  return kinds[i32[(record + HANDLE_KIND) >> 2]].revive(record)
}

/** Another handle of the same thing in this thread. */
export function cloneHandle<H extends Handle>(handle: H): H {
  const thing = thingOf(handle)
  const kind = kinds[i32[(handle.record + HANDLE_KIND) >> 2]]
  const clone =
    kind.owners === undefined
      ? revive(recordFor(handle, 'copy'))
      : kind.revive(cloneOwned(handle.record, thing + kind.owners))
  if (kind.onlyMemory) wasMade(clone, true)
  return clone as H
}

/** From now on this handle shares: handing it on makes another owner instead of moving it. */
export function makeShared(handle: Handle): void {
  if (i32[(handle.record + HANDLE_SHARES) >> 2] !== 0) return
  i32[(handle.record + HANDLE_SHARES) >> 2] = IN_ARC
}

/** Undoes `makeShared` for the only owner; what shares by nature goes on to do so. */
export function makeUnshared(handle: Handle): void {
  if (i32[(handle.record + HANDLE_SHARES) >> 2] !== IN_ARC) return
  i32[(handle.record + HANDLE_SHARES) >> 2] = 0
}

/** Drops whatever the thread that ends now still owns. */
export function endLife(): void {
  unreachable.forgetLife(life)
  for (;;) {
    const record = i32[(self + SLOT_HANDLES) >> 2]
    if (record === 0) break
    dropRecord(record)
  }
  life++
}

/** Runs `f`, which evaluates modules: the handles they make belong to the worker. */
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

// ------------------------------------------------ what modules make

/** The records of the statics of this worker. */
const statics = new Set<number>()
/** What one thread at a time has, and a module has made in this worker. */
const owned: {
  readonly handle: Handle
  readonly name: string
  readonly module: string | undefined
  readonly place: string
}[] = []

/** Makes a lock of the program's entry a static: only the main thread evaluates the entry, so it needs no identity. */
export function makeStatic<T>(value: T): T {
  if (value instanceof Handle && kinds[i32[(value.record + HANDLE_KIND) >> 2]].inModules === 'shared') makeShared(value)
  return value
}

/** Whether a value is a handle of which a message makes another owner. */
export function isSharedHandle(value: object): boolean {
  return value instanceof Handle && value.record !== 0 && i32[(value.record + HANDLE_SHARES) >> 2] !== 0
}

/** Whether one thread at a time has the thing of a handle: a message moves it. */
export function hasOneOwner(handle: Handle): boolean {
  if (handle.record === 0) return true
  const { inModules, share } = kinds[i32[(handle.record + HANDLE_KIND) >> 2]]
  return inModules === 'owned' || share === undefined
}

/** The record that a handle gets that is made while a module is evaluated. Throws `StaticError`. */
function recordInModule(handle: Handle, record: number): number {
  const number = i32[(record + HANDLE_KIND) >> 2]
  const { inModules, name } = kinds[number]
  // A record that was made before is one of a clone, or of a handle that arrives.
  if (inModules === undefined || ownerOf(record) >= MAKING || platform.inPlace !== undefined) return record
  if (inModules === 'shared') return staticRecord(number, record)
  if (isEvaluating()) owned.push({ handle, name, module: evaluations.at(-1)?.module, place: placeOfCaller() })
  return record
}

function staticRecord(number: number, record: number): number {
  const { name } = kinds[number]
  const inThread = platform.inheritance !== undefined
  const evaluation = evaluations.at(-1)
  try {
    if (evaluation === undefined || !evaluation.certain) throw unseenStatic(name, evaluation?.module)
    const key = nextKey(evaluation)
    if (key === undefined) {
      if (!inThread) return record
      throw tooManyStatics(name, evaluation.module)
    }
    const found = evaluation.again ? undefined : findStatic(key, number)
    if (found !== undefined) return joinStatic(number, found, record)

    const shares = i32[(record + HANDLE_SHARES) >> 2] || IN_ARC
    if (inThread || !evaluation.loose) i32[(record + HANDLE_SHARES) >> 2] = shares
    // The table's share is in no thread's hands, so no death ends it.
    const kept = inThread ? keepRecord(shareRecord(record, true)) : 0
    const other = publishStatic(key, number, i32[(record + HANDLE_THING) >> 2], shares, inThread ? undefined : record)
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

/** Ends what was made, and gives a record of what another thread has made before. */
function joinStatic(number: number, { thing, shares }: Static, made: number): number {
  const record = newRecord(number, thing, false)
  i32[(record + HANDLE_SHARES) >> 2] = shares
  kinds[number].share!(thing, record, record)
  if (platform.inheritance !== undefined) statics.add(record)
  dropRecord(made)
  return record
}

/** Leaves a record, and its share of the thing, in no thread's hands. */
function keepRecord(record: number): number {
  core.giveHandle(self, record)
  core.handOver(self)
  core.sendHandle(self, record)
  return record
}

/** Whether the record of a static of main may end; if not, it is the table's from now on. */
function endStatic(kind: Kind, thing: number, record: number): boolean {
  const count = kind.owners === undefined ? kind.countOwners?.(thing) : i32[(thing + kind.owners) >> 2] & OWNER_COUNT
  // While it has other owners here, a thread has to find the same.
  if (count === 1 && mayEndStatic(thing)) return true
  keepStatic(thing)
  keepRecord(record)
  return false
}

/** Refuses what modules have made in this worker and still have, though one thread at a time has it. */
function refuseOwned(module: string | undefined): void {
  for (let i = owned.length - 1; i >= 0; i--) {
    const { handle, name, module: of, place } = owned[i]
    if (module !== undefined && of !== module) continue
    owned.splice(i, 1)
    if (isAlive(handle)) throw ownedInModule(name, of, place)
  }
}

if (platform.inheritance !== undefined && platform.inPlace === undefined) onModuleDone(refuseOwned)
