/**
 * The simulated memory: zeroed bytes with an undo log.
 *
 * Every write saves the old value. So an execution restores memory to the end of the prefix that it shares with the
 * previous one, and a large heap costs only as much as is written to it.
 */
import { ADD, AND, CAS, OR, STORE, SUB, SWAP } from './ops.ts'
import { F32, F64, I16, I32, I64, I8, U16, U32, U8, type Value } from './cell.ts'
import { ModelError } from './error.ts'
import { doubled } from '../search/tree.ts'

/** The size limit of the simulated memory, in bytes. */
const LIMIT = 1 << 28

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
  /** The undo log: for each write the number of its eight-byte slot, and the two words that the slot held. */
  #overwritten = new Int32Array(3 * 64)
  /** The length of the undo log. */
  written = 0

  constructor(size: number) {
    this.grow(size)
  }

  /** Makes memory large enough for addresses below `size`. */
  grow(size: number): void {
    if (size <= this.size) return
    if (size > LIMIT) {
      throw new ModelError(
        'option',
        `The simulated memory is limited to ${LIMIT} bytes, got an access that ends at byte ${size}. Use lower addresses.`,
      )
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
  }

  /** Restores memory to the state at which the undo log had this length. */
  undo(written: number): void {
    const old = this.#overwritten
    const words = this.#i32
    for (let n = this.written; n > written;) {
      n -= 3
      const word = old[n] << 1
      words[word] = old[n + 1]
      words[word + 1] = old[n + 2]
    }
    this.written = written
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
    this.#overwrite(at >> 3)
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

  /** Performs the write of a read-modify-write of `kind`, where `old` is the current value. */
  modify(kind: number, at: number, cell: number, old: Value, value: Value): void {
    if (kind === STORE || kind === SWAP || kind === CAS) this.write(at, cell, value)
    else if (cell >= I64) this.write(at, cell, modifyBig(kind, old as bigint, value as bigint))
    else this.write(at, cell, modifyNumber(kind, old as number, value as number))
  }

  /** Converts a value to the range of the cell, for the comparison of `compareExchange`. */
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
    this.#overwriteRange(to, length)
    this.#u8.copyWithin(to, from, from + length)
  }

  fill(at: number, value: number, length: number): void {
    this.#overwriteRange(at, length)
    this.#u8.fill(value, at, at + length)
  }

  bytes(at: number, length: number): Uint8Array {
    return this.#u8.slice(at, at + length)
  }

  setBytes(at: number, bytes: Uint8Array): void {
    this.#overwriteRange(at, bytes.length)
    this.#u8.set(bytes, at)
  }

  #overwriteRange(at: number, length: number): void {
    for (let slot = at >> 3; slot << 3 < at + length; slot++) this.#overwrite(slot)
  }

  #overwrite(slot: number): void {
    const n = this.written
    if (n === this.#overwritten.length) this.#overwritten = doubled(this.#overwritten)
    const old = this.#overwritten
    const word = slot << 1
    old[n] = slot
    old[n + 1] = this.#i32[word]
    old[n + 2] = this.#i32[word + 1]
    this.written = n + 3
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
