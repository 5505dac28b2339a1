/**
 * The writer: encodes one value into this thread's scratch block.
 *
 * - The block, the list of seen objects and the recorded moves belong to the current encoding, which lasts from
 *   `encode` to `commit`, `lend` or `abandon`.
 * - User code may run during it (getters, proxies, `write` of a registered class) and begin another encoding. The inner
 *   one gets its own block, and the outer one is set aside until the inner one is over.
 * - Nothing is moved during the encoding. A move is recorded with the functions that carry it out and undo it; these
 *   never throw.
 * - Whenever a value begins, at least SLACK units are free, so scalars and short strings need no check of their own.
 * - SLOT_CODEC_BUFFER refers to the block, so that the reaper frees it if the thread dies.
 *
 * The state consists of module variables, and the file is one module, because V8 reads them as fast as locals.
 */
import { self } from '../../core/index.ts'
import { SLOT_CODEC_BUFFER } from '../../core/layout.ts'
import { allocate, f64, i32, i64, free, u8 } from '../heap.ts'
import { describe } from '../../describe.ts'
import { MovedError } from '../../errors.ts'
import { wallsAreOn } from '../../platform/settings.ts'
import * as is from './format.ts'
import type { Mode } from './format.ts'
import { ELIDED_PATH, pathOf, notSendError, notSendErrorFor } from './refuse.ts'
import type { Step } from './refuse.ts'
import { isLatin1, LOOPED_STRING_LENGTH, storeLatin1, storeUtf16 } from './string.ts'
import { removeElements, removeProperties, type MoveDestination } from './moved.ts'
import { keysOf, learnShape, UNLEARNT, ROOT, nextShapeNode } from './shapes.ts'
import type { ShapeNode } from './shapes.ts'

/** The codec of objects with one prototype. */
export interface Kind {
  /** The tag of its body if the body may follow the root, or 0 if the body must be written in place. */
  readonly later: number
  /** The payload of its shell, if its body may follow the root. */
  readonly detail?: number
  write(value: object): void
  /** Called when the object was written before, so that a reference replaces it. */
  readonly again?: (object: object) => void
  /**
   * Removes the contents of a moved object, as far as a prototype does not hide them. Returns false if the object stays
   * usable. `remains`, which throws when it is read, may be stored in it. Absent for an object that detects its move by
   * itself.
   */
  readonly empty?: (object: object, remains: object) => boolean
}

/** A prepared move. Either `undo` is called, or `lend` and then `settle` or `takeBack`. None of them throws. */
export interface PreparedMove {
  /** Reverts the preparation, because no other thread could reach the bytes. */
  undo(): void
  /** Makes the moved value unusable here, because other threads can reach the bytes. */
  lend(): void
  /** Completes the move, because another thread has taken the bytes. */
  settle(): void
  /** Returns the value to the sender, because no thread has taken the bytes and none can any more. */
  takeBack(): void
}

/** The moves of bytes that other threads can reach and may take. Exactly one of the two functions is called. */
export interface LentMessage {
  settle(): void
  takeBack(): void
}

/** A part of the message that is copied in any mode. Its objects are numbered separately. */
interface Copy {
  readonly seen: Map<object, number>
}

const SLACK = 16
const FIRST_UNITS = 1024
/** The largest block that is kept after its message. */
const KEPT_UNITS = 65536

let base = 0
let pos = 0
let limit = -1
let units = 0

export let mode: Mode = 'move'
let moves: PreparedMove[] | null = null
let lastHandle = 0

/** The objects in the order in which they began: up to FEW in an array, then in a map. */
const FEW = 8
let few: (object | null)[] = new Array<object | null>(FEW).fill(null)
let count = 0
let many: Map<object, number> | null = null
/** The plain object that is the message, until another object begins. Most messages hold no other, and number none. */
let root: object | null = null

let linked = false
let deferred: object[] | null = null
/** The copy that is being written, and the copies that deferred objects belong to, by index in `deferred`. */
let copy: Copy | null = null
let deferredCopies: Map<number, Copy> | null = null
/** The numbers of the instances whose plain data is being written. */
let instances: number[] | null = null

let depth = 0
let trail: (Step | null)[] = []
/** The step to the next value. */
let next: Step | null = null
let polluted = false

const kinds = new Map<object, Kind>()

export function registerKind(prototype: object, kind: Kind): void {
  kinds.set(prototype, kind)
}

const functions = new Map<object, Kind>()

/** Registers a function that may cross, because every thread has it or can make it. */
export function registerFunction(value: object, kind: Kind): void {
  functions.set(value, kind)
}

// ---------------------------------------------------------------- one encoding

interface Aside {
  base: number
  pos: number
  limit: number
  units: number
  mode: Mode
  moves: PreparedMove[] | null
  lastHandle: number
  few: (object | null)[]
  count: number
  many: Map<object, number> | null
  root: object | null
  linked: boolean
  deferred: object[] | null
  copy: Copy | null
  deferredCopies: Map<number, Copy> | null
  instances: number[] | null
  depth: number
  trail: (Step | null)[]
  next: Step | null
}

const IDLE = 0
const WRITING = 1
const WRITTEN = 2
let phase = IDLE
const aside: Aside[] = []

/**
 * Encodes `value` and returns the length of the message in bytes. Throws `NotSendError`, `MovedError`, `HeapFullError`.
 */
export function encode(value: unknown, how: Mode): number {
  if (phase !== IDLE) beginNested()
  if (units === 0) allocateBlock(FIRST_UNITS)
  phase = WRITING
  mode = how
  pos = base
  try {
    if (typeof value === 'object' && value !== null && getPrototypeOf(value) === OBJECT_PROTOTYPE) writeRoot(value)
    else write(value)
    if (count !== 0) writeTrailer()
  } catch (error) {
    const thrown = isOfRevoked(error) ? notSendError(steps(), 'A revoked proxy', 'Send an object.') : error
    undoEncoding()
    throw thrown
  }
  phase = WRITTEN
  return (pos - base) * 8
}

/** Whether an error is that of a revoked proxy. Engines report this only by the message. */
const isOfRevoked = (error: unknown): boolean =>
  error instanceof TypeError && /\bproxy\b.*\brevoked\b/i.test(error.message)

/** Returns the address of the message of the last `encode`. */
export function scratchAddress(): number {
  return base * 8
}

/**
 * Completes the moves, after the bytes were transferred. The moved objects become unusable here. Without a destination
 * they stay usable, because the caller is about to finish or continues to own them.
 */
export function commitMessage(to?: MoveDestination): void {
  if (phase !== WRITTEN) throw new Error('commit: there is no encoded message')
  const given = moves
  const objects = to !== undefined && wallsAreOn ? movedObjects() : null
  endEncoding()
  if (given !== null) {
    for (const move of given) {
      move.lend()
      move.settle()
    }
  }
  if (objects !== null) bury(objects, to as MoveDestination)
}

/** Lends the moved values until it is known whether a thread takes the bytes. */
export function lendMessage(to: MoveDestination): LentMessage {
  if (phase !== WRITTEN) throw new Error('lend: there is no encoded message')
  const lent = moves ?? []
  const objects = wallsAreOn ? movedObjects() : []
  endEncoding()
  for (const move of lent) move.lend()
  return {
    settle() {
      for (const move of lent) move.settle()
      bury(objects, to)
    },
    takeBack: () => lent.toReversed().forEach(move => move.takeBack()),
  }
}

/** Returns the objects of the message, except those of its copies. */
function movedObjects(): (object | null)[] {
  if (root !== null) return [root]
  return many === null ? few.slice(0, Math.min(count, FEW)) : [...many.keys()]
}

function bury(objects: readonly (object | null)[], to: MoveDestination): void {
  for (const object of objects) {
    // A null has replaced the mark of a copy. A function that crosses belongs to every thread.
    if (typeof object !== 'object' || object === null) continue
    const empty = kindOf(object, getPrototypeOf(object) as object | null)?.empty
    if (empty !== undefined) to.bury(object, empty)
  }
}

/** Undoes the moves, because the bytes were not transferred. */
export function abandonMessage(): void {
  if (phase !== WRITTEN) throw new Error('abandon: there is no encoded message')
  undoEncoding()
}

function undoEncoding(): void {
  const prepared = moves
  clearReferences()
  endEncoding()
  if (prepared !== null) for (let i = prepared.length - 1; i >= 0; i--) prepared[i].undo()
}

function beginNested(): void {
  // An exception has prevented the commit or abandon of the previous message.
  if (phase === WRITTEN) return undoEncoding()
  aside.push({
    base,
    pos,
    limit,
    units,
    mode,
    moves,
    lastHandle,
    few,
    count,
    many,
    root,
    linked,
    deferred,
    copy,
    deferredCopies,
    instances,
    depth,
    trail,
    next,
  })
  base = units = 0
  moves = null
  few = new Array<object | null>(FEW).fill(null)
  trail = []
  count = 0
  clearReferences()
}

/** Ends the encoding and continues with the outer one, if there is one. */
function endEncoding(): void {
  if (wallsAreOn) clearReferences()
  moves = null
  phase = IDLE
  if (units > KEPT_UNITS) freeBlock()
  if (aside.length === 0) return
  freeBlock()
  const outer = aside.pop() as Aside
  ;({ base, pos, limit, units, mode, moves, lastHandle, few, count, many } = outer)
  ;({ root, linked, deferred, copy, deferredCopies, instances, depth, trail, next } = outer)
  noteScratch()
  phase = WRITING
}

function freeBlock(): void {
  const before = base * 8
  base = units = 0
  limit = -1
  noteScratch()
  if (before !== 0) free(before)
}

/** Clears the references to the objects of the message, so that none of them is kept alive. */
function clearReferences(): void {
  for (let i = 0; i < count && i < FEW; i++) few[i] = null
  count = depth = lastHandle = 0
  many = root = deferred = copy = deferredCopies = instances = next = null
  linked = false
}

/** Writes the end of the message: the deferred bodies, and the offset of the last handle. */
function writeTrailer(): void {
  if (deferred !== null) for (let i = 0; i < deferred.length; i++) writeDeferred(deferred[i], deferredCopies?.get(i))
  if (linked) i32[base << 1] |= is.LINKED
  if (lastHandle !== 0) {
    i32[base << 1] |= is.HANDLES
    put(0, 0, lastHandle)
  }
  // With walls on, `commit` and `lend` need the objects, to make them unusable.
  if (!wallsAreOn) clearReferences()
}

// ---------------------------------------------------------------- memory

function allocateBlock(first: number): void {
  base = allocate(first * 8) >> 3
  units = first
  limit = base + units - SLACK
  noteScratch()
}

/**
 * Stores the block's address in this thread's slot, so that the reaper frees it if the thread dies.
 *
 * ORDER: the reaper may run between any two steps. Callers free the previous block only afterwards, because the reaper
 * must not free it a second time.
 */
function noteScratch(): void {
  i32[(self + SLOT_CODEC_BUFFER) >> 2] = base * 8
}

/** Makes room for `more` units and the slack after them. */
function reserve(more: number): void {
  if (pos + more > limit) grow(more)
}

function grow(more: number): void {
  const needed = pos - base + more + SLACK
  const wanted = Math.max(needed, units * 2)
  const address = allocate(wanted * 8)
  const to = address >> 3
  f64.copyWithin(to, base, pos)
  const before = base * 8
  pos += to - base
  base = to
  units = wanted
  limit = base + units - SLACK
  noteScratch()
  free(before)
}

// ---------------------------------------------------------------- functions for the kinds

/** Writes the first unit of a value and returns its offset for `patch`. */
export function put(tag: number, detail: number, payload: number): number {
  if (pos > limit) grow(0)
  const at = pos++
  i32[at << 1] = tag | (detail << is.DETAIL)
  i32[(at << 1) + 1] = payload
  return at - base
}

function patch(offset: number, tag: number, detail: number, payload: number): void {
  const at = (base + offset) << 1
  i32[at] = tag | (detail << is.DETAIL)
  i32[at + 1] = payload
}

export function putWords(a: number, b: number): void {
  const at = pos++ << 1
  i32[at] = a
  i32[at + 1] = b
}

export function putDouble(value: number): void {
  f64[pos++] = value
}

export function putBytes(bytes: Uint8Array): void {
  const length = (bytes.length + 7) >>> 3
  reserve(length)
  u8.set(bytes, pos * 8)
  pos += length
}

/** Reserves `count` units, all zero, and returns the address of the first. */
export function putRoom(count: number): number {
  reserve(count)
  const address = pos * 8
  u8.fill(0, address, address + count * 8)
  pos += count
  return address
}

/** Writes a part of the current value. A refusal reports the part at step `at`. */
export function writePart(at: Step, value: unknown): void {
  next = at
  write(value)
}

export function refuse(description: string, repair: string): never {
  throw notSendError(steps(), description, repair)
}

/** Throws a `MovedError` with the path to the moved value. */
export function refuseMoved(text: string): never {
  const path = steps()
  throw new MovedError(path.length === 0 ? text : `${pathOf(path)}: ${text}`)
}

export function recordMove(move: PreparedMove): void {
  if (moves === null) moves = []
  moves.push(move)
}

/** Links a handle to the previous one, so that all handles of an unread message can be dropped. */
export function putHandle(kind: number, a: number, b: number): void {
  lastHandle = put(is.HANDLE, kind, lastHandle) + 1
  putWords(a, b)
}

/** Writes the plain data of the current instance. */
export function writeInstance(plain: () => unknown): void {
  if (instances === null) instances = []
  instances.push(count - 1)
  next = null
  write(plain())
  instances.pop()
}

/**
 * Writes a copy of `original` in place of `mark`, which has just begun. The copy is a separate graph: an object both
 * inside and outside it arrives twice.
 */
export function writeCopy(mark: object, original: unknown): void {
  count--
  if (many === null) few[count] = null
  else many.delete(mark)
  next = null
  within({ seen: new Map() }, () => write(original))
}

/** Runs `write` for objects of a copy. */
function within(of: Copy, write: () => void): void {
  const outerMode = mode
  const outerMany = many
  const outerCopy = copy
  mode = 'copy'
  many = of.seen
  copy = of
  write()
  mode = outerMode
  many = outerMany
  copy = outerCopy
}

/** Returns the steps from the message to the current object. */
function steps(): Step[] {
  return trail.slice(0, depth).filter(step => step !== null)
}

// ---------------------------------------------------------------- values

const { is: same, getPrototypeOf, keys: ownKeys } = Object
const hasOwn = Object.hasOwn
const isArray = Array.isArray
const OBJECT_PROTOTYPE = Object.prototype
const ARRAY_PROTOTYPE = Array.prototype

export function write(value: unknown): void {
  if (pos > limit) grow(0)
  const at = pos << 1
  switch (typeof value) {
    case 'string':
      writeString(value)
      return
    case 'number':
      writeNumber(value)
      return
    case 'boolean':
      i32[at] = value ? 3 : 2
      pos++
      return
    case 'undefined':
      i32[at] = 0
      pos++
      return
    case 'bigint':
      writeBigInt(value)
      return
    case 'object':
      if (value !== null) return writeObject(value)
      i32[at] = 1
      pos++
      return
    case 'function':
      return writeFunction(value)
    default:
      trail[depth++] = next
      throw notSendErrorFor(value, steps())
  }
}

/** Writes a registered function, which stands for a function that every thread has. Refuses any other. */
function writeFunction(value: object): void {
  trail[depth] = next
  const kind = functions.get(value)
  if (kind === undefined) {
    depth++
    throw notSendErrorFor(value, steps())
  }
  if (count === 0) polluted = isPolluted()
  const known = objectNumber(value)
  if (known >= 0) return putReference(known)
  kind.write(value)
}

function writeNumber(value: number): void {
  const at = pos << 1
  if ((value | 0) === value && !same(value, -0)) {
    i32[at] = 4
    i32[at + 1] = value
    pos++
  } else {
    i32[at] = 5
    f64[pos + 1] = value
    pos += 2
  }
}

function writeString(text: string): void {
  const length = text.length
  if (length > LOOPED_STRING_LENGTH) return writeLongString(text)
  const bytes = (pos + 1) << 3
  for (let i = 0; i < length; i++) {
    const char = text.charCodeAt(i)
    if (char > 255) return writeLongString(text)
    u8[bytes + i] = char
  }
  i32[pos << 1] = 6
  i32[(pos << 1) + 1] = length
  pos += 1 + ((length + 7) >> 3)
}

function writeLongString(text: string): void {
  const latin1 = isLatin1(text)
  const room = latin1 ? (text.length + 7) >>> 3 : (text.length + 3) >>> 2
  reserve(room + 1)
  put(latin1 ? is.LATIN1 : is.UTF16, 0, text.length)
  if (latin1) storeLatin1(text, pos * 8)
  else storeUtf16(text, pos * 8)
  pos += room
}

function writeBigInt(value: bigint): void {
  const short = BigInt.asIntN(64, value)
  if (short === value) {
    put(is.BIGINT, 0, 0)
    i64[pos++] = short
  } else {
    put(is.BIGINT, value < 0n ? 2 : 1, 0)
    writeString((value < 0n ? -value : value).toString(16))
  }
}

// ---------------------------------------------------------------- objects

/** Writes a plain object that is the whole message. */
function writeRoot(object: object): void {
  trail[0] = null
  polluted = isPolluted()
  root = object
  depth = 1
  writePlain(object)
  depth = 0
  if (!wallsAreOn) root = null
}

/** Returns the number of an object that has begun before. Otherwise numbers it and returns -1. */
export function objectNumber(object: object): number {
  if (root !== null) {
    few[count++] = root
    root = null
  }
  if (many === null) {
    for (let i = 0; i < count; i++) if (few[i] === object) return i
    if (count < FEW) {
      few[count++] = object
      return -1
    }
    many = new Map()
    for (let i = 0; i < FEW; i++) many.set(few[i] as object, i)
  }
  const number = many.get(object)
  if (number !== undefined) return number
  many.set(object, count++)
  return -1
}

/** Writes a reference to an object that has begun before. */
export function putReference(number: number): void {
  if (instances !== null && instances.includes(number)) {
    depth++
    refuse(
      'An instance that contains itself',
      'Send its parts, because its class can only be rebuilt from complete data.',
    )
  }
  linked = true
  put(is.REF, 0, number)
}

function writeObject(object: object): void {
  trail[depth] = next
  if (count === 0) polluted = isPolluted()
  const known = objectNumber(object)
  if (known >= 0) return writeAgain(object, known)
  const prototype = getPrototypeOf(object) as object | null
  if (depth >= is.DEEP && deferBody(object, prototype)) return
  depth++
  if (prototype === OBJECT_PROTOTYPE) writePlain(object)
  else writeBody(object, prototype)
  depth--
}

function writeAgain(object: object, known: number): void {
  kinds.get(getPrototypeOf(object) as object)?.again?.(object)
  putReference(known)
}

function writeBody(object: object, prototype: object | null): void {
  if (prototype === OBJECT_PROTOTYPE || prototype === null) writePlain(object)
  else if (prototype === ARRAY_PROTOTYPE && isArray(object)) writeArray(object)
  else {
    const kind = kinds.get(prototype) ?? strangerKind(object, prototype)
    if (kind === undefined) throw notSendErrorFor(object, steps())
    kind.write(object)
  }
}

export const PLAIN_KIND: Kind = { later: is.OBJECT, write: writePlain, empty: removeProperties }
export const ARRAY_KIND: Kind = {
  later: is.ARRAY,
  write: array => writeArray(array as unknown[]),
  empty: array => removeElements(array as unknown[]),
}

type FindKind = (object: object, prototype: object) => Kind | undefined
let strangerKind: FindKind = () => undefined

/** Sets the search for the kind of an object whose prototype is not registered. */
export function setUnregisteredKindSearch(find: FindKind): void {
  strangerKind = find
}

export function kindOfPrototype(prototype: object): Kind | undefined {
  return kinds.get(prototype)
}

/** Defers the body of an object that lies too deep, and writes its shell. Returns false if it cannot be deferred. */
function deferBody(object: object, prototype: object | null): boolean {
  if (instances !== null && instances.length !== 0) {
    if (depth >= is.DEEPEST)
      refuse(`Data more than ${is.DEEPEST} levels deep in a registered class`, 'Make it flatter.')
    return false
  }
  const kind = kindOf(object, prototype)
  if (kind === undefined || kind.later === 0) return false
  if (deferred === null) deferred = []
  if (copy !== null) (deferredCopies ??= new Map()).set(deferred.length, copy)
  deferred.push(object)
  linked = true
  put(is.SHELL, kind.later, kind.detail ?? 0)
  return true
}

function kindOf(object: object, prototype: object | null): Kind | undefined {
  if (prototype === OBJECT_PROTOTYPE || prototype === null) return PLAIN_KIND
  if (prototype === ARRAY_PROTOTYPE && isArray(object)) return ARRAY_KIND
  return kinds.get(prototype) ?? strangerKind(object, prototype)
}

function writeDeferred(object: object, of: Copy | undefined): void {
  if (of !== undefined) return within(of, () => writeDeferred(object, undefined))
  trail[0] = ELIDED_PATH
  depth = 1
  writeBody(object, getPrototypeOf(object) as object | null)
  depth = 0
}

/** Whether Object.prototype has an enumerable property, which a loop over the keys of any object then visits. */
function isPolluted(): boolean {
  for (const _ in OBJECT_PROTOTYPE) return true
  return false
}

/**
 * Writes a plain object. The loop compares each key with the predicted one, so an object of a learnt shape costs one
 * comparison per key. Every property is read once, also if a getter changes the object.
 */
function writePlain(object: object): void {
  if (wallsAreOn) refuseUnwritten(object)
  const head = put(8, 0, 0)
  let node: ShapeNode = ROOT
  let names: string[] | null = null
  for (const key in object) {
    if (polluted && !hasOwn(object, key)) continue
    const to: ShapeNode = node.nextKey === key ? node.next : nextShapeNode(node, key)
    if (to === UNLEARNT) {
      if (names === null) names = keysOf(node)
      names.push(key)
    }
    node = to
    const value = (object as Record<string, unknown>)[key]
    // Writes the most frequent kinds without a call of `write`: 1.15x on objects of four fields (codec.bench.ts).
    if (pos > limit) grow(0)
    if (typeof value === 'number') writeNumber(value)
    else if (typeof value === 'string') writeString(value)
    else if (typeof value === 'boolean') i32[pos++ << 1] = value ? 3 : 2
    else {
      next = key
      write(value)
    }
  }
  if (node.id >= 0) i32[((base + head) << 1) + 1] = node.id
  else writeOpenKeys(head, node, names)
}

/**
 * Refuses properties that would be lost or be read on the wrong side: those with symbol keys, getters and setters. It
 * takes 0.2 us for four properties (moved.bench.ts).
 */
function refuseUnwritten(object: object): void {
  for (const key of Reflect.ownKeys(object)) {
    const { get, set, enumerable } = Reflect.getOwnPropertyDescriptor(object, key) as PropertyDescriptor
    if (enumerable !== true) continue
    if (typeof key === 'symbol') refuse(`A property with the key ${describe(key)}`, 'Give it a key that is a string.')
    if (get === undefined && set === undefined) continue
    trail[depth++] = key
    refuse(get === undefined ? 'A setter' : 'A getter', 'Send its value: `{ ...object }` calls it.')
  }
}

function writeOpenKeys(head: number, node: ShapeNode, names: string[] | null): void {
  const id = learnShape(node)
  if (id >= 0) return patch(head, is.OBJECT, 0, id)
  const keys = names ?? keysOf(node)
  patch(head, is.OPEN, 0, pos - base - head)
  put(is.INT, 0, keys.length)
  for (const key of keys) write(key)
}

// ---------------------------------------------------------------- arrays

/** The element at which one loop over an array ended and the next begins, so that each element is read once. */
let carried: unknown

/**
 * Writes an array: the leading ints packed, then the leading doubles packed, then the other elements as values. The
 * loops are three functions, so that each sees arrays of few element kinds.
 */
function writeArray(array: unknown[]): void {
  const length = array.length
  const head = put(10, 0, length)
  pos++
  let ints = 0
  let doubles = 0
  let holes = 0
  if (length !== 0) {
    carried = array[0]
    if (typeof carried === 'number') {
      ints = writeInts(array, length)
      if (ints < length && typeof carried === 'number') doubles = writeDoubles(array, ints, length)
    }
    if (ints + doubles < length) holes = writeElements(array, ints + doubles, length)
  }
  const at = (base + head + 1) << 1
  i32[at] = ints
  i32[at + 1] = doubles
  if (hasNames(array, length, holes)) writeNames(array, head)
}

function writeInts(array: unknown[], length: number): number {
  let value = carried
  let i = 0
  let at = pos << 1
  while (typeof value === 'number' && (value | 0) === value && !same(value, -0)) {
    if (at >> 1 > limit) {
      pos = (at + 1) >> 1
      grow(0)
      at = (pos << 1) - (i & 1)
    }
    i32[at++] = value
    if (++i === length) break
    value = array[i]
  }
  carried = value
  pos = (at + 1) >> 1
  return i
}

function writeDoubles(array: unknown[], from: number, length: number): number {
  let value = carried
  let i = from
  let at = pos
  while (typeof value === 'number') {
    if (at > limit) {
      pos = at
      grow(0)
      at = pos
    }
    f64[at++] = value
    if (++i === length) break
    value = array[i]
  }
  carried = value
  pos = at
  return i - from
}

/** Writes the elements from `from` on and returns the number of missing ones. */
function writeElements(array: unknown[], from: number, length: number): number {
  let value = carried
  let holes = 0
  let i = from
  for (;;) {
    if (value === undefined && !hasOwn(array, i)) {
      const run = holeLength(array, i, length)
      put(is.HOLE, 0, run)
      holes += run
      i += run
    } else {
      next = i++
      write(value)
    }
    if (i >= length) return holes
    value = array[i]
  }
}

const SCANNED_HOLE = 64

/** Returns the length of the hole at `from`. A long one is measured by the keys, because the rest may be one hole. */
function holeLength(array: unknown[], from: number, length: number): number {
  let end = from + 1
  while (end < length && !hasOwn(array, end)) {
    if (++end - from < SCANNED_HOLE) continue
    const after = ownKeys(array).find(key => isIndex(key) && Number(key) >= end)
    return (after === undefined ? length : Math.min(length, Number(after))) - from
  }
  return end - from
}

const isIndex = (key: string): boolean => String(Number(key) >>> 0) === key && key !== '4294967295'

/**
 * Whether an array has named properties. JavaScript can only tell by counting all properties. For long arrays the
 * values are counted faster than the keys, which become strings.
 */
function hasNames(array: unknown[], length: number, holes: number): boolean {
  const counted = length < 200 || holes !== 0 ? ownKeys(array) : Object.values(array)
  return counted.length !== length - holes
}

function writeNames(array: unknown[], head: number): void {
  const names = ownKeys(array).filter(key => !isIndex(key))
  if (names.length === 0) return
  patch(head, is.ARRAY, 1, array.length)
  writeProperties(array, names)
}

/** Writes key-value pairs and an END. A getter may remove later properties, so each is checked when its turn comes. */
export function writeProperties(
  object: object,
  names: readonly string[],
  wanted: (name: never) => boolean = name => hasOwn(object, name),
): void {
  for (const name of names) {
    if (!wanted(name as never)) continue
    write(name)
    writePart(name, (object as Record<string, unknown>)[name])
  }
  put(is.END, 0, 0)
}
