/**
 * Plain data in an Arc: encoded in the heap, and decoded once per handle, frozen.
 *
 *   +0 owners, +4 weak owners, +8 block, +12 its length; with walls on, +16 the source line that created it
 */
import { get, load, set, store } from '../core/memory.ts'
import { core, self } from '../core/index.ts'
import { DroppedError, NotSendError } from '../errors.ts'
import { discard, peek, refuseClass } from '../memory/codec/codec.ts'
import { originalOf } from '../memory/codec/clone.ts'
import { freeze } from '../memory/codec/refuse-unshareable.ts'
import {
  Handle,
  dropHandle,
  dropRecord,
  forgetHandle,
  giveBack,
  lend,
  newRecord,
  repoint,
  thingOf,
} from '../memory/handles/handle.ts'
import { allocate, blockBytes, release } from '../memory/heap.ts'
import { ARC } from '../memory/handles/kinds.ts'
import { discardBlock, fromBlock, refuseUnshareable, toBlock, type Block } from '../memory/codec/message.ts'
import { INTO_ARC } from '../memory/codec/moved.ts'
import { siteOfCaller } from '../memory/sites.ts'
import { holdStatic } from '../memory/codec/statics.ts'
import { wallsAreOn } from '../platform/settings.ts'
import type { Crossing, crossing } from '../send.ts'
import { countedKind, defineCounted, dropWeak, startCounts } from './counted.ts'
import { RELEASE, freezeSnapshot } from './lent.ts'
import { weakOf, type Weak } from './weak.ts'

const OWNERS = 0
const WEAKS = 4
const BLOCK = 8
const LENGTH = 12
const SITE = 16
const BYTES = wallsAreOn ? 32 : 16

export class SharedValue extends Handle {
  #value: unknown
  #isRead = false

  get value(): unknown {
    const arc = thingOf(this)
    if (!this.#isRead) {
      this.#value = freeze(peek(blockOf(arc).at), 'several threads read it in an Arc. Put a Mutex there to change it.')
      this.#isRead = true
    }
    return this.#value
  }
  /** Discards the decoded value, because the data was replaced. */
  reread(): void {
    this.#isRead = false
    this.#value = undefined
  }
  [Symbol.dispose](): void {
    dropHandle(this)
  }
}

const blockOf = (arc: number): Block => ({ at: get(arc + BLOCK), length: get(arc + LENGTH) })

function setBlock(arc: number, { at, length }: Block): void {
  set(arc + LENGTH, length)
  set(arc + BLOCK, at)
}

/**
 * Creates an Arc of data. If the data is refused, none of it is moved. `arc` is an allocation that already has weak
 * owners.
 */
export function newSharedValue(value: unknown, arc = newData()): SharedValue {
  let record = 0
  try {
    record = newRecord(ARC, arc, true)
    setBlock(arc, toBlock(value, 'move', refuseUnshareable, INTO_ARC))
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    dropWeak(countedKind(ARC), arc)
    throw error
  }
  store(arc + OWNERS, 1)
  return new SharedValue(record)
}

function newData(): number {
  const arc = allocate(BYTES)
  startCounts(arc, OWNERS, WEAKS)
  set(arc + BLOCK, 0)
  if (BYTES > SITE) set(arc + SITE, siteOfCaller())
  return arc
}

/** Creates an Arc of data that may contain itself. Its weak owner does not upgrade before the value is stored. */
export function newCyclicValue(f: (weak: Weak<unknown>) => unknown): SharedValue {
  const arc = newData()
  set(arc + OWNERS, 0)
  let value: unknown
  try {
    value = f(weakOf(ARC, arc))
    if (value instanceof Handle) {
      throw new NotSendError(
        '`Arc.newCyclic` expects a function that returns plain data, got a handle: return an object that contains the handle',
      )
    }
  } catch (error) {
    dropWeak(countedKind(ARC), arc)
    throw error
  }
  return newSharedValue(value, arc)
}

/** Takes the data out for its only owner. Weak owners can no longer upgrade. */
export function takeOut(handle: SharedValue): unknown {
  const { thing } = handle
  const { at, length } = blockOf(thing)
  set(thing + BLOCK, 0)
  forgetHandle(handle)
  try {
    return fromBlock(at, length)
  } finally {
    dropWeak(countedKind(ARC), thing)
  }
}

/** Returns a copy of the data and drops this owner. */
export function takeCopy(handle: SharedValue): unknown {
  const copy = peek(blockOf(thingOf(handle)).at)
  dropHandle(handle)
  return copy
}

function isUnique(arc: number): boolean {
  // ORDER: the weak count first. Without weak owners, only an owner can create another owner.
  return load(arc + WEAKS) === 1 && load(arc + OWNERS) === 1
}

/** Returns the right to change the data if this is the only owner; otherwise `undefined`. */
export function getMut(handle: SharedValue): ArcMut<unknown> | undefined {
  const arc = thingOf(handle)
  return isUnique(arc) && holdStatic(arc) ? new ArcMut(handle) : undefined
}

/** Returns the right to change the data. If there are other owners, the handle first gets a copy of the data. */
export function makeMut(handle: SharedValue): ArcMut<unknown> {
  const arc = thingOf(handle)
  if (isUnique(arc) && holdStatic(arc)) return new ArcMut(handle)
  const another = allocate(BYTES)
  let record = 0
  let copy: Block
  try {
    record = newRecord(ARC, another, true)
    copy = toBlock(peek(blockOf(arc).at), 'copy')
  } catch (error) {
    if (record !== 0) core.freeHandle(self, record)
    release(another)
    throw error
  }
  startCounts(another, OWNERS, WEAKS)
  if (BYTES > SITE) set(another + SITE, siteOfCaller())
  setBlock(another, copy)
  const before = handle.record
  repoint(handle, record)
  handle.reread()
  dropRecord(before)
  return new ArcMut(handle)
}

/** The right to change the data of an `Arc`. The Arc cannot be used until this right is released. */
export class ArcMut<T> implements Disposable {
  declare readonly [crossing]: Crossing<
    'ArcMut',
    'never: it must be released where it was taken',
    'never: it must be released where it was taken',
    T
  >
  readonly #handle: SharedValue
  #value: T | undefined
  /** Whether a new value was assigned. It is moved at the release. */
  #isNew = false
  #isOver = false

  /** @internal */
  constructor(handle: SharedValue) {
    this.#value = peek(blockOf(thingOf(handle)).at) as T
    lend(handle)
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
    this.#value = originalOf(value) === value ? value : (copyOf(value) as T)
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
    giveBack(handle)
    const arc = thingOf(handle)
    const before = blockOf(arc)
    setBlock(arc, toBlock(this.#value, 'move', refuseUnshareable, this.#isNew ? INTO_ARC : RELEASE))
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
  const { at, length } = toBlock(mark, 'copy')
  return fromBlock(at, length)
}

refuseClass(ArcMut, 'release it where it was taken')

defineCounted(ARC, SharedValue, {
  name: 'Arc',
  owners: OWNERS,
  weaks: WEAKS,
  end: arc => {
    const { at, length } = blockOf(arc)
    if (at === 0) return
    discard(at, length)
    set(arc + BLOCK, 0)
    release(at)
  },
  bytes: arc => get(arc + LENGTH),
  measure: arc => ({
    bytes: blockBytes(arc) + blockBytes(get(arc + BLOCK)),
    // An Arc that was created in production has no room for the source line.
    site: blockBytes(arc) > SITE ? get(arc + SITE) : 0,
  }),
  revive: record => new SharedValue(record),
})
