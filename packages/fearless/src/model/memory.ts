/**
 * The simulated memory: bytes that begin as zeros in every execution.
 *
 * Only pages that were written are cleared for the next execution, so a large heap costs what it uses.
 */
import { ADD, AND, CAS, OR, STORE, SUB, SWAP } from './ops.ts'
import { F32, F64, I16, I32, I64, I8, U16, U32, U8, type Value } from './cell.ts'
import { ModelError } from './error.ts'

/** The simulated memory may not grow past this many bytes. */
const LIMIT = 1 << 28
const PAGE_BITS = 9

export class Memory {
  size = 0
  #i8 = new Int8Array(0)
  #u8 = new Uint8Array(0)
  #i16 = new Int16Array(0)
  #u16 = new Uint16Array(0)
  #i32 = new Int32Array(0)
  #u32 = new Uint32Array(0)
  #f32 = new Float32Array(0)
  #f64 = new Float64Array(0)
  #i64 = new BigInt64Array(0)
  #u64 = new BigUint64Array(0)
  #dirty = new Uint8Array(0)
  #pages: number[] = []

  constructor(size: number) {
    this.grow(size)
  }

  /** Makes room for addresses below `size`. */
  grow(size: number): void {
    if (size <= this.size) return
    if (size > LIMIT) {
      throw new ModelError('option', `An access ends at byte ${size}. Keep addresses below ${LIMIT}.`)
    }
    let bytes = Math.max(4096, this.size)
    while (bytes < size) bytes *= 2
    const old = this.#u8
    const buffer = new ArrayBuffer(bytes)
    this.size = bytes
    this.#i8 = new Int8Array(buffer)
    this.#u8 = new Uint8Array(buffer)
    this.#i16 = new Int16Array(buffer)
    this.#u16 = new Uint16Array(buffer)
    this.#i32 = new Int32Array(buffer)
    this.#u32 = new Uint32Array(buffer)
    this.#f32 = new Float32Array(buffer)
    this.#f64 = new Float64Array(buffer)
    this.#i64 = new BigInt64Array(buffer)
    this.#u64 = new BigUint64Array(buffer)
    this.#u8.set(old)
    const dirty = this.#dirty
    this.#dirty = new Uint8Array(bytes >> PAGE_BITS)
    this.#dirty.set(dirty)
  }

  /** Zeros everywhere. */
  clear(): void {
    for (const page of this.#pages) {
      this.#u8.fill(0, page << PAGE_BITS, (page + 1) << PAGE_BITS)
      this.#dirty[page] = 0
    }
    this.#pages.length = 0
  }

  read(at: number, cell: number): Value {
    switch (cell) {
      case I32:
        return this.#i32[at >> 2]
      case U8:
        return this.#u8[at]
      case F64:
        return this.#f64[at >> 3]
      case U32:
        return this.#u32[at >> 2]
      case I8:
        return this.#i8[at]
      case I16:
        return this.#i16[at >> 1]
      case U16:
        return this.#u16[at >> 1]
      case F32:
        return this.#f32[at >> 2]
      case I64:
        return this.#i64[at >> 3]
      default:
        return this.#u64[at >> 3]
    }
  }

  write(at: number, cell: number, value: Value): void {
    const page = at >> PAGE_BITS
    if (this.#dirty[page] === 0) this.#soil(page)
    switch (cell) {
      case I32:
        this.#i32[at >> 2] = value as number
        return
      case U8:
        this.#u8[at] = value as number
        return
      case F64:
        this.#f64[at >> 3] = value as number
        return
      case U32:
        this.#u32[at >> 2] = value as number
        return
      case I8:
        this.#i8[at] = value as number
        return
      case I16:
        this.#i16[at >> 1] = value as number
        return
      case U16:
        this.#u16[at >> 1] = value as number
        return
      case F32:
        this.#f32[at >> 2] = value as number
        return
      case I64:
        this.#i64[at >> 3] = value as bigint
        return
      default:
        this.#u64[at >> 3] = value as bigint
    }
  }

  /** Writes what a read-modify-write of `kind` makes of `old`, the value that is there. */
  modify(kind: number, at: number, cell: number, old: Value, value: Value): void {
    if (kind === STORE || kind === SWAP || kind === CAS) this.write(at, cell, value)
    else if (cell >= I64) this.write(at, cell, modifyBig(kind, old as bigint, value as bigint))
    else this.write(at, cell, modifyNumber(kind, old as number, value as number))
  }

  /** A value as the cell would hold it: what `compareExchange` compares with. */
  wrap(cell: number, value: Value): Value {
    switch (cell) {
      case I32:
        return (value as number) | 0
      case U32:
        return (value as number) >>> 0
      case I8:
        return ((value as number) << 24) >> 24
      case U8:
        return (value as number) & 0xff
      case I16:
        return ((value as number) << 16) >> 16
      case U16:
        return (value as number) & 0xffff
      case I64:
        return BigInt.asIntN(64, value as bigint)
      default:
        return cell > I64 ? BigInt.asUintN(64, value as bigint) : value
    }
  }

  copy(to: number, from: number, length: number): void {
    this.#soilRange(to, length)
    this.#u8.copyWithin(to, from, from + length)
  }

  fill(at: number, value: number, length: number): void {
    this.#soilRange(at, length)
    this.#u8.fill(value, at, at + length)
  }

  bytes(at: number, length: number): Uint8Array {
    return this.#u8.slice(at, at + length)
  }

  setBytes(at: number, bytes: Uint8Array): void {
    this.#soilRange(at, bytes.length)
    this.#u8.set(bytes, at)
  }

  #soilRange(at: number, length: number): void {
    for (let page = at >> PAGE_BITS; page << PAGE_BITS < at + length; page++) {
      if (this.#dirty[page] === 0) this.#soil(page)
    }
  }

  #soil(page: number): void {
    this.#dirty[page] = 1
    this.#pages.push(page)
  }
}

function modifyNumber(kind: number, old: number, value: number): number {
  if (kind === ADD) return old + value
  if (kind === SUB) return old - value
  if (kind === AND) return old & value
  if (kind === OR) return old | value
  return old ^ value
}

function modifyBig(kind: number, old: bigint, value: bigint): bigint {
  if (kind === ADD) return old + value
  if (kind === SUB) return old - value
  if (kind === AND) return old & value
  if (kind === OR) return old | value
  return old ^ value
}
