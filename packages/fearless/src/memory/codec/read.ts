/**
 * The reader: decodes a message into new values. While it runs it is the only reader of the bytes, and no value that it
 * returns refers to them.
 *
 * In a LINKED message objects are numbered in the order in which they begin, so a container is created before its
 * parts. In other messages an object is created at once, by an object literal of its shape.
 */
import { platform } from '#platform'
import { mayEvaluate } from '../../core/index.ts'
import { f64, i32, i64, u8 } from '../heap.ts'
import * as is from './format.ts'
import { loadLatin1, loadShort, loadUtf16, SHORT_STRING_LENGTH } from './string.ts'
import { shapeKeys } from './shapes.ts'

/** Reads values with one tag. A container is made first and then filled; any other value is made complete. */
export interface Reader<T extends object = object> {
  make(detail: number, payload: number): T
  fill?(made: T, detail: number, payload: number): void
}

const readers: Reader[] = []

export function registerReader<T extends object>(tag: number, reader: Reader<T>): void {
  readers[tag] = reader as unknown as Reader
}

/** The next unit to read. */
let at = 0
/** The objects of a LINKED message by number; null in others. */
let objects: unknown[] | null = null
let shells: object[] | null = null

/** Reads the message at `address` as new values. If it throws, `onFailure` gets the number of units that were read. */
export function decode(address: number, onFailure?: (units: number) => void): unknown {
  const outerAt = at
  const outerObjects = objects
  const outerShells = shells
  at = address >>> 3
  objects = shells = null
  try {
    if ((i32[at << 1] & is.LINKED) === 0) return read()
    objects = []
    const root = read()
    // RACE: none. `shells` grows while its bodies are read, so the loop reads its length each time.
    if (shells !== null) for (let i = 0; i < (shells as object[]).length; i++) readBody((shells as object[])[i])
    return root
  } catch (error) {
    onFailure?.(at - (address >>> 3))
    throw error
  } finally {
    at = outerAt
    objects = outerObjects
    shells = outerShells
  }
}

export function read(): unknown {
  const head = i32[at << 1]
  const payload = i32[(at << 1) + 1]
  at++
  switch (head & is.TAG) {
    case 0:
      return undefined
    case 1:
      return null
    case 2:
      return false
    case 3:
      return true
    case 4:
      return payload
    case 5:
      return f64[at++]
    case 6: {
      const start = at << 3
      at += (payload + 7) >>> 3
      return loadLatin1(start, payload)
    }
    case 7: {
      const start = at << 3
      at += (payload + 3) >>> 2
      return loadUtf16(start, payload)
    }
    case 8:
      return readShaped(payload)
    case 9:
      return readOpen(numberObject({}), payload)
    case 10:
      return readArray(numberObject(emptyArray(payload)), head >>> is.DETAIL, payload >>> 0)
    case 12:
      return (objects as unknown[])[payload]
    case 13:
      return readShell(head >>> is.DETAIL, payload)
    case 14:
      return readBigInt(head >>> is.DETAIL)
    default:
      return readOther(head & is.TAG, head >>> is.DETAIL, payload)
  }
}

// ---------------------------------------------------------------- functions for the readers

export function readDouble(): number {
  return f64[at++]
}

export function readWord(high: 0 | 1): number {
  return i32[(at << 1) + high]
}

export function skip(units: number): void {
  at += units
}

/** Returns the address of the next unit. */
export function nextUnitAddress(): number {
  return at * 8
}

/** Copies the next `bytes` bytes into a buffer of their own. */
export function readBytes(bytes: number): Uint8Array<ArrayBuffer> {
  const start = at * 8
  at += (bytes + 7) >>> 3
  return u8.slice(start, start + bytes) as unknown as Uint8Array<ArrayBuffer>
}

/** Numbers the object that begins now. */
export function numberObject<T>(object: T): T {
  if (objects !== null) objects.push(object)
  return object
}

// ---------------------------------------------------------------- kinds

function readOther(tag: number, detail: number, payload: number): object {
  const reader = readers[tag]
  if (reader.fill !== undefined) {
    const made = numberObject(reader.make(detail, payload))
    reader.fill(made, detail, payload)
    return made
  }
  if (objects === null) return reader.make(detail, payload)
  const number = objects.push(undefined) - 1
  return (objects[number] = reader.make(detail, payload))
}

function readShell(tag: number, payload: number): object {
  const made = tag === is.OBJECT ? {} : tag === is.ARRAY ? [] : readers[tag].make(0, payload)
  if (shells === null) shells = []
  shells.push(made)
  return numberObject(made)
}

function readBody(shell: object): void {
  const head = i32[at << 1]
  const payload = i32[(at << 1) + 1]
  at++
  switch (head & is.TAG) {
    case is.OBJECT:
      return readKeys(shell, shapeKeys(payload))
    case is.OPEN:
      return void readOpen(shell, payload)
    case is.ARRAY:
      return void readArray(shell as unknown[], head >>> is.DETAIL, payload >>> 0)
    default:
      readers[head & is.TAG].fill?.(shell, head >>> is.DETAIL, payload)
  }
}

function readBigInt(detail: number): bigint {
  if (detail === 0) return i64[at++]
  const value = BigInt(`0x${read() as string}`)
  return detail === 2 ? -value : value
}

// ---------------------------------------------------------------- objects

type Maker = (from: number) => object
/** By shape: `makers` create an object from its values, `linkedMakers` create it before its values are read. */
const makers: (Maker | undefined)[] = []
const linkedMakers: (Maker | undefined)[] = []

function readShaped(shape: number): object {
  const maker = objects === null ? makers[shape] : linkedMakers[shape]
  return maker === undefined ? learn(shape) : maker(at)
}

function learn(shape: number): object {
  const keys = shapeKeys(shape)
  const fast = objects === null
  const maker =
    (fast ? literalMaker(keys) : linkedMaker(keys)) ??
    (() => {
      const object = numberObject({})
      readKeys(object, keys)
      return object
    })
  if (fast) makers[shape] = maker
  else linkedMakers[shape] = maker
  return maker(at)
}

function readKeys(object: object, keys: readonly string[]): void {
  for (const key of keys) setOwn(object, key, read())
}

/** Sets an own property, also if the prototype has a setter of that name or is frozen. */
function setOwn(object: object, key: string, value: unknown): void {
  if (key in Object.prototype)
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else (object as Record<string, unknown>)[key] = value
}

/**
 * Compiles a maker: 2x over setting keys one by one (codec.bench.ts). Returns undefined if the page forbids it, and in a
 * model, where compiled code cannot access the heap of a simulated thread.
 */
function compile(text: string): Maker | undefined {
  if (platform.name === 'model' || !mayEvaluate()) return undefined
  return new Function('of', text)({ i32, f64, read, claim: numberObject, position, moveTo, loadShort }) as Maker
}

function position(): number {
  return at
}

function moveTo(unit: number): void {
  at = unit
}

/**
 * Makes an object literal of the values of a shape. Each key has its own code for the most frequent kinds of values, so
 * that V8 sees the kind at each key: 1.15x over a call of `read` for each (codec.bench.ts).
 */
function literalMaker(keys: readonly string[]): Maker | undefined {
  const values = keys.map(
    (_, i) => `
  head = i32[p << 1]
  let v${i}
  if (head === ${is.INT}) { v${i} = i32[(p << 1) + 1]; p++ }
  else if (head === ${is.NUMBER}) { v${i} = f64[p + 1]; p += 2 }
  else if (head === ${is.LATIN1} && i32[(p << 1) + 1] <= ${SHORT_STRING_LENGTH}) {
    const length = i32[(p << 1) + 1]
    v${i} = loadShort((p + 1) << 3, length)
    p += 1 + ((length + 7) >>> 3)
  } else if (head === ${is.TRUE}) { v${i} = true; p++ }
  else if (head === ${is.FALSE}) { v${i} = false; p++ }
  else { moveTo(p); v${i} = read(); p = position() }`,
  )
  return compile(`const { i32, f64, read, position, moveTo, loadShort } = of
return p => {
  let head
${values.join('')}
  moveTo(p)
  return { ${keys.map((key, i) => `${JSON.stringify(key)}: v${i}`).join(', ')} }
}`)
}

function linkedMaker(keys: readonly string[]): Maker | undefined {
  if (keys.some(key => key in Object.prototype)) return undefined
  const names = keys.map(key => JSON.stringify(key))
  const literal = names.map(name => `${name}: undefined`).join(', ')
  return compile(
    `const { read, claim } = of
return () => { const o = claim({ ${literal} }); ${names.map(name => `o[${name}] = read();`).join(' ')} return o }`,
  )
}

/** Reads an object whose keys follow its values. */
function readOpen(object: object, offset: number): object {
  const values = at
  at += offset - 1
  const keys: string[] = []
  for (let left = read() as number; left > 0; left--) keys.push(read() as string)
  const end = at
  at = values
  readKeys(object, keys)
  at = end
  return object
}

// ---------------------------------------------------------------- arrays

/** Creates an array of the final size for many numbers: 3x over growing it (codec.bench.ts), but slower for a few. */
function emptyArray(length: number): unknown[] {
  const numbers = i32[at << 1] + i32[(at << 1) + 1]
  return numbers === length && length > 16 && length < 0x200_0000 ? new Array<unknown>(length) : []
}

function readArray(array: unknown[], named: number, length: number): unknown[] {
  const ints = i32[at << 1]
  const doubles = i32[(at << 1) + 1]
  at++
  if (ints !== 0) readInts(array as number[], ints)
  if (doubles !== 0) readDoubles(array as number[], ints, doubles)
  if (ints + doubles < length) readElements(array, ints + doubles, length)
  if (named !== 0) readProperties(array)
  return array
}

function readInts(array: number[], count: number): void {
  const start = at << 1
  for (let i = 0; i < count; i++) array[i] = i32[start + i]
  at += (count + 1) >>> 1
}

function readDoubles(array: number[], from: number, count: number): void {
  for (let i = 0; i < count; i++) array[from + i] = f64[at + i]
  at += count
}

function readElements(array: unknown[], from: number, length: number): void {
  for (let i = from; i < length;) {
    if ((i32[at << 1] & is.TAG) === is.HOLE) i += i32[(at++ << 1) + 1] >>> 0
    else array[i++] = read()
  }
  array.length = length
}

/** Reads key-value pairs up to an END. */
export function readProperties(object: object, enumerable = true): void {
  while ((i32[at << 1] & is.TAG) !== is.END) {
    const key = read() as string
    const value = read()
    if (enumerable) setOwn(object, key, value)
    else Object.defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true })
  }
  at++
}
