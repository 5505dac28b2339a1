/**
 * `Atomics`, buffers and typed arrays over simulated memory, with the platform's interface, for programs that use them
 * directly.
 *
 * An index is an accessor on the common prototype of the arrays: 130 ns an access, where a Proxy takes 200 and a method
 * 4 (Node 26). Calls of `Atomics` do not use it.
 */
import { BYTES, F32, F64, I16, I32, I64, I8, U16, U32, U64, U8, type Value } from '../engine/cell.ts'
import {
  ADD,
  AND,
  CAS,
  WAIT_RESULTS,
  LOAD,
  NOTIFY,
  NOT_EQUAL,
  OR,
  PAUSE,
  STORE,
  SUB,
  SWAP,
  TIMED_OUT,
  WAIT,
  XOR,
} from '../engine/ops.ts'

/** The driver's interface for raw programs. */
export interface RawHost {
  step(kind: number, at: number, cell: number, a: Value, b: Value): Value
  watch(at: number, cell: number, expected: Value, ms: number, woken: (how: 'ok' | 'timed-out') => void): boolean
  plainGet(at: number, cell: number): Value
  plainSet(at: number, value: Value, cell: number): void
  allocate(bytes: number): number
  /** Queues a completion for the event loop, if there is one. */
  readonly postCompletion?: (run: () => void) => void
}

/** The globals of a raw program, over simulated memory. */
export interface RawGlobals {
  readonly Atomics: typeof globalThis.Atomics & { pause(): void }
  readonly SharedArrayBuffer: typeof globalThis.SharedArrayBuffer
  readonly Int8Array: typeof globalThis.Int8Array
  readonly Uint8Array: typeof globalThis.Uint8Array
  readonly Int16Array: typeof globalThis.Int16Array
  readonly Uint16Array: typeof globalThis.Uint16Array
  readonly Int32Array: typeof globalThis.Int32Array
  readonly Uint32Array: typeof globalThis.Uint32Array
  readonly Float32Array: typeof globalThis.Float32Array
  readonly Float64Array: typeof globalThis.Float64Array
  readonly BigInt64Array: typeof globalThis.BigInt64Array
  readonly BigUint64Array: typeof globalThis.BigUint64Array
}

/** A range of simulated bytes. */
export class RawBuffer {
  readonly at: number
  readonly byteLength: number
  constructor(at: number, byteLength: number) {
    this.at = at
    this.byteLength = byteLength
  }
}

export class RawArray {
  readonly host: RawHost
  readonly cell: number
  readonly at: number
  readonly buffer: RawBuffer
  readonly byteOffset: number
  readonly length: number
  readonly BYTES_PER_ELEMENT: number;
  [index: number]: Value

  constructor(host: RawHost, cell: number, buffer: RawBuffer, byteOffset: number, length: number) {
    const bytes = BYTES[cell]
    if (byteOffset % bytes !== 0) throw new RangeError(`start offset should be a multiple of ${bytes}`)
    if (byteOffset + length * bytes > buffer.byteLength) throw new RangeError(`Invalid typed array length: ${length}`)
    this.host = host
    this.cell = cell
    this.at = buffer.at + byteOffset
    this.buffer = buffer
    this.byteOffset = byteOffset
    this.length = length
    this.BYTES_PER_ELEMENT = bytes
    defineIndices(length)
  }

  get byteLength(): number {
    return this.length * this.BYTES_PER_ELEMENT
  }

  subarray(from = 0, to = this.length): RawArray {
    return new RawArray(this.host, this.cell, this.buffer, this.byteOffset + from * this.BYTES_PER_ELEMENT, to - from)
  }

  fill(value: Value, from = 0, to = this.length): this {
    for (let i = from; i < to; i++) this[i] = value
    return this
  }

  set(values: ArrayLike<Value>, offset = 0): void {
    if (offset + values.length > this.length) throw new RangeError('offset is out of bounds')
    for (let i = 0; i < values.length; i++) this[offset + i] = values[i]
  }

  *[Symbol.iterator](): Generator<Value> {
    for (let i = 0; i < this.length; i++) yield this[i]
  }
}

let indices = 0

/** Adds accessors for the first `length` indices to the prototype of the arrays. */
function defineIndices(length: number): void {
  for (; indices < length; indices++) {
    const i = indices
    Object.defineProperty(RawArray.prototype, i, {
      get(this: RawArray): Value | undefined {
        return i < this.length ? this.host.plainGet(this.at + i * this.BYTES_PER_ELEMENT, this.cell) : undefined
      },
      set(this: RawArray, value: Value) {
        if (i < this.length) this.host.plainSet(this.at + i * this.BYTES_PER_ELEMENT, value, this.cell)
      },
    })
  }
}

/** Returns the globals for programs that this host runs. */
export function rawGlobals(host: RawHost): RawGlobals {
  const arrayOf = (cell: number): unknown =>
    function (source: number | RawBuffer | ArrayLike<Value>, byteOffset = 0, length?: number): RawArray {
      const bytes = BYTES[cell]
      if (source instanceof RawBuffer) {
        const most = Math.floor((source.byteLength - byteOffset) / bytes)
        return new RawArray(host, cell, source, byteOffset, length ?? most)
      }
      const count = typeof source === 'number' ? source : source.length
      const array = new RawArray(host, cell, allocate(host, count * bytes), 0, count)
      if (typeof source !== 'number') array.set(source)
      return array
    }
  const globals = {
    Atomics: rawAtomics(host),
    SharedArrayBuffer: function (byteLength: number): RawBuffer {
      return allocate(host, byteLength)
    },
    Int8Array: arrayOf(I8),
    Uint8Array: arrayOf(U8),
    Int16Array: arrayOf(I16),
    Uint16Array: arrayOf(U16),
    Int32Array: arrayOf(I32),
    Uint32Array: arrayOf(U32),
    Float32Array: arrayOf(F32),
    Float64Array: arrayOf(F64),
    BigInt64Array: arrayOf(I64),
    BigUint64Array: arrayOf(U64),
  }
  return globals as unknown as RawGlobals
}

function allocate(host: RawHost, byteLength: number): RawBuffer {
  if (!(Number.isInteger(byteLength) && byteLength >= 0)) throw new RangeError('Array buffer allocation failed')
  return new RawBuffer(host.allocate(byteLength), byteLength)
}

function rawAtomics(host: RawHost): object {
  const modify =
    (kind: number) =>
    (array: RawArray, index: number, value: Value): Value =>
      host.step(kind, addressOf(array, index), array.cell, toCellValue(array, value), 0)
  return {
    load: (array: RawArray, index: number): Value => host.step(LOAD, addressOf(array, index), array.cell, 0, 0),
    store(array: RawArray, index: number, value: Value): Value {
      host.step(STORE, addressOf(array, index), array.cell, toCellValue(array, value), 0)
      return value
    },
    exchange: modify(SWAP),
    add: modify(ADD),
    sub: modify(SUB),
    and: modify(AND),
    or: modify(OR),
    xor: modify(XOR),
    compareExchange: (array: RawArray, index: number, expected: Value, value: Value): Value =>
      host.step(CAS, addressOf(array, index), array.cell, toCellValue(array, expected), toCellValue(array, value)),
    notify(array: RawArray, index: number, count = Infinity): Value {
      return host.step(NOTIFY, waitAddressOf(array, index), array.cell, count, 0)
    },
    wait(array: RawArray, index: number, expected: Value, ms = Infinity): string {
      const how = host.step(WAIT, waitAddressOf(array, index), array.cell, expected, ms)
      return WAIT_RESULTS[how as 0 | 1 | 2]
    },
    waitAsync(array: RawArray, index: number, expected: Value, ms = Infinity): object {
      if (ms <= 0) {
        const how = host.step(WAIT, waitAddressOf(array, index), array.cell, expected, 0)
        return { async: false, value: WAIT_RESULTS[how as typeof NOT_EQUAL | typeof TIMED_OUT] }
      }
      let then: ((how: string) => void) | undefined
      const woken = (how: string): void => {
        if (host.postCompletion === undefined) then?.(how)
        else host.postCompletion(() => then?.(how))
      }
      const sleeps = host.watch(waitAddressOf(array, index), array.cell, expected, ms, woken)
      if (!sleeps) return { async: false, value: 'not-equal' }
      // Without an event loop there are no promises to settle. Then the callback of `then` runs as a simulated thread.
      const later = { then: (run: (how: string) => void) => void (then = run) }
      return { async: true, value: host.postCompletion === undefined ? later : Promise.resolve(later) }
    },
    pause: (): void => void host.step(PAUSE, 0, I32, 0, 0),
    isLockFree: (bytes: number): boolean => bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8,
  }
}

export function addressOf(array: RawArray, index: number): number {
  if (!(index >= 0 && index < array.length)) throw new RangeError('Invalid atomic access index')
  if (array.cell === F32 || array.cell === F64) throw new TypeError('[object Array] is not an integer typed array.')
  return array.at + index * array.BYTES_PER_ELEMENT
}

export function waitAddressOf(array: RawArray, index: number): number {
  if (array.cell !== I32 && array.cell !== I64)
    throw new TypeError('[object Array] is not an int32 or BigInt64 typed array.')
  return addressOf(array, index)
}

/** Converts a value as the platform does before it is stored. */
export function toCellValue(array: RawArray, value: Value): Value {
  if (array.cell >= I64) return BigInt(value)
  // The common case: 2x over the general conversion.
  if (((value as number) | 0) === value) return value | 0
  return Math.trunc(Number(value)) || 0
}
