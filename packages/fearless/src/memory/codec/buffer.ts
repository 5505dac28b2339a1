/**
 * Codec of ArrayBuffers and their views.
 *
 * - The bytes are always copied into the message. A `move` then detaches the buffer, so that no view of it can be used.
 * - Views of one buffer arrive as views of one buffer.
 * - A view of a part copies the whole buffer. The buffer is detached only if the message covers all of it, because
 *   views that have not moved may use the rest.
 * - A Node `Buffer` may be a window into a pool that other code shares. Only its own bytes are copied, and it is never
 *   detached.
 */
import * as is from './format.ts'
import { readInternalSlot } from './builtin.ts'
import {
  mode,
  recordMove,
  objectNumber,
  put,
  putBytes,
  putDouble,
  putReference,
  putWords,
  refuse,
  refuseMoved,
  registerKind,
} from './write.ts'
import { numberObject, read, readBytes, readDouble, readWord, registerReader, skip } from './read.ts'

interface ViewConstructor {
  readonly prototype: object
  readonly name: string
  new (buffer: ArrayBuffer, offset?: number, length?: number): ArrayBufferView
}

/** The constructors by their number in a message. An engine may lack the last one. */
const VIEWS = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
].map(name => (globalThis as Record<string, unknown>)[name] as ViewConstructor | undefined)
const UINT8 = 2

function getter<T>(prototype: object, key: string): ((object: object) => T) | undefined {
  const get = Object.getOwnPropertyDescriptor(prototype, key)?.get as ((this: object) => T) | undefined
  return get && (object => get.call(object))
}
function always<T>(prototype: object, key: string): (object: object) => T {
  return getter<T>(prototype, key) as (object: object) => T
}

function slotsOf(prototype: object, length: string) {
  const offset = always<number>(prototype, 'byteOffset')
  return [always<ArrayBuffer>(prototype, 'buffer'), offset, always<number>(prototype, length)] as const
}

// The original getters, because a view may hide its buffer behind a property of its own.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
const bufferBytes = always<number>(ArrayBuffer.prototype, 'byteLength')
const bufferDetached = getter<boolean>(ArrayBuffer.prototype, 'detached')
const bufferResizable = getter<boolean>(ArrayBuffer.prototype, 'resizable')
const bufferMaximum = getter<number>(ArrayBuffer.prototype, 'maxByteLength')
const arraySlots = slotsOf(typedArray, 'length')
const viewSlots = slotsOf(DataView.prototype, 'byteLength')
const arrayKeys = Uint8Array.prototype.keys

/** Returns the number of bytes of a buffer. Refuses shared memory, detached buffers and objects that are no buffers. */
function bytesOf(buffer: object): number {
  let bytes: number
  try {
    bytes = bufferBytes(buffer)
  } catch {
    if (Object.prototype.toString.call(buffer) !== '[object SharedArrayBuffer]')
      readInternalSlot('ArrayBuffer', () => bufferBytes(buffer))
    refuse(
      'Raw shared memory (SharedArrayBuffer)',
      'Use a Mutex, an atomic or a vec, or mark it with `unsafeShared(value)` and synchronize it yourself.',
    )
  }
  if (bytes === 0 && isDetached(buffer as ArrayBuffer))
    refuseMoved('This ArrayBuffer was moved before. Send `clone(value)` the first time to keep it usable.')
  return bytes
}

function isDetached(buffer: ArrayBuffer): boolean {
  if (bufferDetached !== undefined) return bufferDetached(buffer)
  try {
    return new Uint8Array(buffer).length !== 0
  } catch {
    return true
  }
}

function isResizable(buffer: ArrayBuffer): boolean {
  return bufferResizable !== undefined && bufferResizable(buffer)
}

/**
 * Detaches the buffer, which frees its bytes at once. A WebAssembly memory cannot be detached, and was copied anyway.
 */
export function detachBuffer(buffer: ArrayBuffer): void {
  try {
    if (typeof buffer.transfer === 'function') buffer.transfer(0)
    else structuredClone(buffer, { transfer: [buffer] })
  } catch {}
}

function willDetach(buffer: ArrayBuffer): void {
  if (mode === 'move') recordMove({ undo() {}, lend() {}, settle: () => detachBuffer(buffer), takeBack() {} })
}

type Range = readonly [from: number, to: number]
/** The byte ranges that the message being written moves, for each buffer that it covers by views of a part. */
const parts = new WeakMap<ArrayBuffer, Range[]>()

function willDetachIfCovered(buffer: ArrayBuffer, bytes: number, part: Range): void {
  if (mode !== 'move') return
  const ranges = [part]
  parts.set(buffer, ranges)
  recordMove({ undo() {}, lend() {}, settle: () => covers(ranges, bytes) && detachBuffer(buffer), takeBack() {} })
}

/** Adds the range of a further view of a buffer that was written before, or all bytes for the buffer itself. */
function addPart(buffer: ArrayBuffer, part: Range): void {
  if (mode === 'move') parts.get(buffer)?.push(part)
}

function covers(ranges: Range[], bytes: number): boolean {
  let end = 0
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    if (from > end) return false
    end = Math.max(end, to)
  }
  return end >= bytes
}

function writeBuffer(buffer: ArrayBuffer, bytes: number): void {
  const resizable = isResizable(buffer)
  put(is.BUFFER, resizable ? 1 : 0, bytes)
  if (resizable) putDouble(bufferMaximum?.(buffer) ?? bytes)
  putBytes(new Uint8Array(buffer))
}

registerKind(ArrayBuffer.prototype, {
  later: 0,
  write(buffer) {
    const bytes = bytesOf(buffer)
    writeBuffer(buffer as ArrayBuffer, bytes)
    willDetach(buffer as ArrayBuffer)
  },
  again: buffer => addPart(buffer as ArrayBuffer, [0, Infinity]),
  // A buffer that could not be detached is still in use.
  empty: buffer => isDetached(buffer as ArrayBuffer),
})
if (typeof SharedArrayBuffer !== 'undefined') registerKind(SharedArrayBuffer.prototype, { later: 0, write: bytesOf })

registerReader(is.BUFFER, {
  make(resizable, bytes) {
    if (resizable === 0) return readBytes(bytes).buffer
    const buffer = new ArrayBuffer(bytes, { maxByteLength: readDouble() })
    new Uint8Array(buffer).set(readBytes(bytes))
    return buffer
  },
})

VIEWS.forEach((constructor, kind) => {
  if (constructor === undefined) return
  const isArray = kind !== 0
  const [bufferOf, offsetOf, lengthOf] = isArray ? arraySlots : viewSlots
  const size = isArray ? (constructor as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT : 1
  registerKind(constructor.prototype, {
    later: 0,
    write(view) {
      const buffer = readInternalSlot(constructor.name, () => bufferOf(view))
      const bytes = bytesOf(buffer)
      const resizable = isResizable(buffer)
      if (resizable && !isInside(view)) refuse('A view outside its shrunk buffer', 'Make a new view.')
      const length = lengthOf(view)
      const known = objectNumber(buffer)
      if (isArray && known < 0 && !resizable && length * size === bytes) {
        put(is.WHOLE, kind, bytes)
        putBytes(new Uint8Array(buffer))
        willDetach(buffer)
        return
      }
      const offset = offsetOf(view)
      put(is.VIEW, kind, resizable && follows(view, buffer, offset + length * size, size) ? -1 : length)
      putWords(offset, 0)
      const part = [offset, offset + length * size] as const
      if (known < 0) {
        writeBuffer(buffer, bytes)
        willDetachIfCovered(buffer, bytes, part)
      } else {
        addPart(buffer, part)
        putReference(known)
      }
    },
    empty: () => true,
  })
})

registerReader(is.WHOLE, {
  make(kind, bytes) {
    const copy = readBytes(bytes)
    numberObject(copy.buffer)
    return kind === UINT8 ? copy : new (VIEWS[kind] as ViewConstructor)(copy.buffer)
  },
})

registerReader(is.VIEW, {
  make(kind, length) {
    const offset = readWord(0)
    skip(1)
    const buffer = read() as ArrayBuffer
    const View = VIEWS[kind] as ViewConstructor
    return length < 0 ? new View(buffer, offset) : new View(buffer, offset, length)
  },
})

/** Whether a view of a resizable buffer still lies within it. */
function isInside(view: object): boolean {
  try {
    if (view instanceof DataView) viewSlots[2](view)
    else arrayKeys.call(view as Uint8Array)
    return true
  } catch {
    return false
  }
}

/**
 * Whether a view follows the length of its resizable buffer, which JavaScript cannot ask. So the buffer is shrunk to
 * one byte less than the end of the view, and restored at once: only a view of fixed length is then outside.
 */
function follows(view: object, buffer: ArrayBuffer, end: number, size: number): boolean {
  const bytes = buffer.byteLength
  if (end === 0 || bytes - end >= size) return false
  const cut = new Uint8Array(buffer).slice(end - 1)
  buffer.resize(end - 1)
  const inside = isInside(view)
  buffer.resize(bytes)
  new Uint8Array(buffer).set(cut, end - 1)
  return inside
}

const nodeBuffer = (globalThis as { Buffer?: { readonly prototype: object; from(buffer: ArrayBuffer): Uint8Array } })
  .Buffer
if (nodeBuffer !== undefined) {
  registerKind(nodeBuffer.prototype, {
    later: 0,
    write(buffer) {
      bytesOf(readInternalSlot('Buffer', () => arraySlots[0](buffer)))
      put(is.BYTES, 0, arraySlots[2](buffer))
      putBytes(buffer as Uint8Array)
    },
    empty: () => true,
  })
  registerReader(is.BYTES, {
    make: (_, bytes) => nodeBuffer.from(readBytes(bytes).buffer),
  })
}
