/**
 * Plain data in an Arc: encoded in the heap, and decoded once per handle, frozen (shared-reader.ts).
 *
 *   +0   OWNERS  owners
 *   +4   WEAKS   weak owners
 *   +8   BLOCK   the encoded data
 *   +12  LENGTH  its length
 *   +16  SITE    source location that created it; without walls the allocation ends here
 *   +20  end
 */
import { get, load, set, store } from '../core/memory.ts'
import { core, self } from '../core/index.ts'
import { describe } from '../describe.ts'
import { DroppedError, NotSendError } from '../errors.ts'
import { discardEncodedMessage, decodeInPlace, refuseClass } from '../memory/codec/codec.ts'
import { originalOfMark } from '../memory/codec/clone.ts'
import {
  Handle,
  dropHandle,
  dropRecord,
  freeHandleRecord,
  returnLentHandle,
  lendHandle,
  newRecord,
  retargetHandle,
  liveObjectOf,
} from '../memory/handles/handle.ts'
import { allocate, allocationBytes, free } from '../memory/heap.ts'
import { ARC } from '../memory/handles/kinds.ts'
import {
  discardBlock,
  decodeAndFree,
  refuseUnshareable,
  encodeToBlock,
  type EncodedBlock,
} from '../memory/codec/message.ts'
import { INTO_ARC } from '../memory/codec/moved.ts'
import { siteOfCaller } from '../memory/creation-sites.ts'
import { beginStaticChange } from '../memory/codec/statics.ts'
import { wallsAreOn } from '../platform/settings.ts'
import type { Crossing, crossing } from '../send.ts'
import { countedKind, defineCounted, dropWeak, initCounts } from './owner-count.ts'
import { RELEASED_SNAPSHOT, freezeSnapshot } from './lock-snapshot.ts'
import { newSharedReader, readShared, type SharedReader } from './shared-reader.ts'
import { weakOf, type Weak } from './weak.ts'

const OWNERS = 0
const WEAKS = 4
const BLOCK = 8
const LENGTH = 12
const SITE = 16
const BYTES = wallsAreOn ? 32 : 16

export class ArcData extends Handle {
  #reader: SharedReader | undefined

  get value(): unknown {
    const block = get(liveObjectOf(this) + BLOCK)
    this.#reader ??= newSharedReader()
    return readShared(this.#reader, block, 0, 'several threads read it in an Arc. Put a Mutex there to change it.')
  }
  /** Discards the decoded value, because the data was replaced. */
  reread(): void {
    this.#reader = undefined
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const blockOf = (arc: number): EncodedBlock => ({ at: get(arc + BLOCK), length: get(arc + LENGTH) })

function setBlock(arc: number, { at, length }: EncodedBlock): void {
  set(arc + LENGTH, length)
  set(arc + BLOCK, at)
}

/**
 * Creates an Arc of data. If the data is refused, none of it is moved. `arc` is an allocation that already has weak
 * owners.
 */
export function newArcData(value: unknown, arc = newData()): ArcData {
  let record = 0
  try {
    record = newRecord(ARC, arc, true)
    setBlock(arc, encodeToBlock(value, 'move', refuseUnshareable, INTO_ARC))
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    dropWeak(countedKind(ARC), arc)
    throw error
  }
  store(arc + OWNERS, 1)
  return new ArcData(record)
}

function newData(): number {
  const arc = allocate(BYTES)
  initCounts(arc, OWNERS, WEAKS)
  set(arc + BLOCK, 0)
  if (BYTES > SITE) set(arc + SITE, siteOfCaller())
  return arc
}

/** Creates an Arc of data that may contain itself. Its weak owner does not upgrade before the value is stored. */
export function newCyclicValue(f: (weak: Weak<unknown>) => unknown): ArcData {
  const arc = newData()
  set(arc + OWNERS, 0)
  let value: unknown
  try {
    value = f(weakOf(ARC, arc))
    if (value instanceof Handle) {
      throw new NotSendError(
        `\`Arc.newCyclic\` expects a function that returns plain data, got ${describe(value)}. Put the handle in an object.`,
      )
    }
  } catch (error) {
    dropWeak(countedKind(ARC), arc)
    throw error
  }
  return newArcData(value, arc)
}

/** Takes the data out for its only owner. Weak owners can no longer upgrade. */
export function takeData(handle: ArcData): unknown {
  const { thing } = handle
  const { at, length } = blockOf(thing)
  set(thing + BLOCK, 0)
  freeHandleRecord(handle)
  try {
    return decodeAndFree(at, length)
  } finally {
    dropWeak(countedKind(ARC), thing)
  }
}

/** Returns a copy of the data and drops this owner. */
export function copyAndDrop(handle: ArcData): unknown {
  const copy = decodeInPlace(blockOf(liveObjectOf(handle)).at)
  dropHandle(handle)
  return copy
}

function isUnique(arc: number): boolean {
  // ORDER: the weak count first. Without weak owners, only an owner can create another owner.
  return load(arc + WEAKS) === 1 && load(arc + OWNERS) === 1
}

/** Returns the right to change the data if this is the only owner; otherwise `undefined`. */
export function getMut(handle: ArcData): ArcMut<unknown> | undefined {
  const arc = liveObjectOf(handle)
  return isUnique(arc) && beginStaticChange(arc) ? new ArcMut(handle) : undefined
}

/** Returns the right to change the data. If there are other owners, the handle first gets a copy of the data. */
export function makeMut(handle: ArcData): ArcMut<unknown> {
  const arc = liveObjectOf(handle)
  if (isUnique(arc) && beginStaticChange(arc)) return new ArcMut(handle)
  const another = allocate(BYTES)
  let record = 0
  let copy: EncodedBlock
  try {
    record = newRecord(ARC, another, true)
    copy = encodeToBlock(decodeInPlace(blockOf(arc).at), 'copy')
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    free(another)
    throw error
  }
  initCounts(another, OWNERS, WEAKS)
  if (BYTES > SITE) set(another + SITE, siteOfCaller())
  setBlock(another, copy)
  const before = handle.record
  retargetHandle(handle, record)
  handle.reread()
  dropRecord(before)
  return new ArcMut(handle)
}

/** The right to change the data of an `Arc`. The Arc cannot be used until this right is released. */
export class ArcMut<T> implements Disposable {
  declare readonly [crossing]: Crossing<
    'ArcMut',
    'never: release it where it was taken',
    'never: release it where it was taken',
    T
  >
  readonly #handle: ArcData
  #value: T | undefined
  /** Whether a new value was assigned. It is moved at the release. */
  #isNew = false
  #isOver = false

  /** @internal */
  constructor(handle: ArcData) {
    this.#value = decodeInPlace(blockOf(liveObjectOf(handle)).at) as T
    lendHandle(handle)
    this.#handle = handle
  }

  /**
   * The data. Changes in it, or a new value assigned to it, take effect when this right is released. The data is then
   * frozen.
   */
  get value(): T {
    this.#check()
    return this.#value as T
  }
  set value(value: T) {
    this.#check()
    const before = this.#value
    this.#value = originalOfMark(value) === value ? value : (copyOf(value) as T)
    this.#isNew = true
    if (before !== this.#value) freezeSnapshot(before)
  }

  /**
   * Writes the data back and makes the Arc usable again. If it throws `NotSendError`, the Arc keeps its previous data.
   */
  [Symbol.dispose](): void {
    if (this.#isOver) return
    this.#isOver = true
    const handle = this.#handle
    returnLentHandle(handle)
    const arc = liveObjectOf(handle)
    const before = blockOf(arc)
    setBlock(arc, encodeToBlock(this.#value, 'move', refuseUnshareable, this.#isNew ? INTO_ARC : RELEASED_SNAPSHOT))
    discardBlock(before.at, before.length)
    handle.reread()
    if (!this.#isNew) freezeSnapshot(this.#value)
  }

  #check(): void {
    if (this.#isOver)
      throw new DroppedError('This ArcMut was already released. Call `Arc.getMut` or `Arc.makeMut` again.')
  }
}

/** Returns the data that a mark of `clone` stands for, so that it can be read before the mark is moved. */
function copyOf(mark: unknown): unknown {
  const { at, length } = encodeToBlock(mark, 'copy')
  return decodeAndFree(at, length)
}

refuseClass(ArcMut, 'Release it where it was taken.')

defineCounted(ARC, ArcData, {
  name: 'Arc',
  owners: OWNERS,
  weaks: WEAKS,
  dropContents: arc => {
    const { at, length } = blockOf(arc)
    if (at === 0) return
    discardEncodedMessage(at, length)
    set(arc + BLOCK, 0)
    free(at)
  },
  bytes: arc => get(arc + LENGTH),
  measure: arc => ({
    bytes: allocationBytes(arc) + allocationBytes(get(arc + BLOCK)),
    // An Arc that was created in production has no room for the source line.
    site: allocationBytes(arc) > SITE ? get(arc + SITE) : 0,
  }),
  revive: record => new ArcData(record),
})
