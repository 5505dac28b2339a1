/**
 * The data race detector: finds plain accesses that happens-before does not order, byte by byte.
 *
 * Every byte has its last plain write and the plain reads since then, each as a stamp (the progress of its thread) and
 * a thread. An access races with an access of another thread if its own happens-before clock does not cover that stamp.
 * Atomic accesses are found in the events of their slot.
 */
import { MAX_PROCESSES, type Events } from './events.ts'
import { READS, WROTE } from './ops.ts'
import { doubled } from '../search/tree.ts'

/** The other access of a race. */
export interface RacingAccess {
  readonly process: number
  readonly write: boolean
  /** The first common byte. */
  readonly at: number
}

/** The number of low bits of an entry that hold the process. The rest holds the stamp. */
const BITS = 5
const ANY = (1 << BITS) - 1

export class RaceDetector {
  readonly #events: Events
  #writer = new Int32Array(0)
  /** A stamp, or -1 - n if several threads have read the byte: their stamps are in row n of `#crowds`. */
  #reader = new Int32Array(0)
  #crowds = new Int32Array(16 << BITS)
  #crowded = 0
  #touched = new Uint8Array(0)
  /** The slots that contain stamps, and their number. */
  readonly #slots: number[] = []
  #count = 0

  constructor(events: Events) {
    this.#events = events
  }

  grow(bytes: number): void {
    if (this.#writer.length >= bytes) return
    const old = [this.#writer, this.#reader, this.#touched] as const
    this.#writer = new Int32Array(bytes)
    this.#writer.set(old[0])
    this.#reader = new Int32Array(bytes)
    this.#reader.set(old[1])
    this.#touched = new Uint8Array(bytes >> 3)
    this.#touched.set(old[2])
  }

  clear(): void {
    for (let n = 0; n < this.#count; n++) {
      const slot = this.#slots[n]
      this.#touched[slot] = 0
      // For eight elements a loop is faster than `fill`.
      for (let byte = slot << 3; byte < (slot + 1) << 3; byte++) {
        this.#writer[byte] = 0
        this.#reader[byte] = 0
      }
    }
    this.#count = 0
    this.#crowded = 0
  }

  /**
   * Registers a plain access. Returns an access that races with it, or undefined. Without `check` the access is only
   * registered.
   */
  access(process: number, at: number, length: number, write: boolean, check: boolean): RacingAccess | undefined {
    const rival = check ? this.rival(process, at, length, write, false) : undefined
    const stamp = ((2 * (this.#events.last[process] + 1) + 1) << BITS) | process
    for (let slot = at >> 3; slot << 3 < at + length; slot++) {
      if (this.#touched[slot] === 0) {
        this.#touched[slot] = 1
        this.#slots[this.#count++] = slot
      }
    }
    for (let byte = at; byte < at + length; byte++) {
      if (!write) this.#read(byte, process, stamp)
      else {
        this.#writer[byte] = stamp
        this.#reader[byte] = 0
      }
    }
    return rival
  }

  /** Returns an access that races with this one, or undefined. An atomic access races only with plain ones. */
  rival(process: number, at: number, length: number, write: boolean, atomic: boolean): RacingAccess | undefined {
    for (let slot = at >> 3; slot << 3 < at + length; slot++) {
      if (this.#touched[slot] !== 0) {
        const from = Math.max(at, slot << 3)
        const to = Math.min(at + length, (slot + 1) << 3)
        for (let byte = from; byte < to; byte++) {
          const rival = this.#rivalOnByte(process, byte, write)
          if (rival !== undefined) return rival
        }
      }
      if (!atomic) {
        const rival = this.#atomicRival(process, slot, at, length, write)
        if (rival !== undefined) return rival
      }
    }
    return undefined
  }

  #rivalOnByte(process: number, byte: number, write: boolean): RacingAccess | undefined {
    const writer = this.#writer[byte]
    if (writer !== 0 && this.#unknown(process, writer)) return { process: writer & ANY, write: true, at: byte }
    if (!write) return undefined
    const reader = this.#reader[byte]
    if (reader < 0) {
      const row = (-1 - reader) << BITS
      for (let p = 0; p < this.#events.width; p++) {
        const stamp = this.#crowds[row + p]
        if (stamp !== 0 && this.#unknown(process, stamp)) return { process: p, write: false, at: byte }
      }
    } else if (reader !== 0 && this.#unknown(process, reader)) {
      return { process: reader & ANY, write: false, at: byte }
    }
    return undefined
  }

  #atomicRival(process: number, slot: number, at: number, length: number, write: boolean): RacingAccess | undefined {
    const events = this.#events
    for (let e = events.newest(slot); e >= 0; e = events.previousOnSlot[e]) {
      const other = events.process[e]
      const touches = events.touches[e]
      if (other === process || (touches & (write ? READS | WROTE : WROTE)) === 0) continue
      if (events.syncEntry(process, other) >= 2 * (e + 1)) continue
      for (let bit = 0; bit < 8; bit++) {
        const byte = (slot << 3) + bit
        if ((events.mask[e] >> bit) & 1 && byte >= at && byte < at + length) {
          return { process: other, write: (touches & WROTE) !== 0, at: byte }
        }
      }
    }
    return undefined
  }

  #read(byte: number, process: number, stamp: number): void {
    const reader = this.#reader[byte]
    if (reader < 0) {
      this.#crowds[((-1 - reader) << BITS) + process] = stamp
    } else if (reader === 0 || (reader & ANY) === process || !this.#unknown(process, reader)) {
      this.#reader[byte] = stamp
    } else {
      const row = this.#crowded << BITS
      if (row === this.#crowds.length) this.#crowds = doubled(this.#crowds)
      for (let p = 0; p <= MAX_PROCESSES; p++) this.#crowds[row + p] = 0
      this.#crowds[row + (reader & ANY)] = reader
      this.#crowds[row + process] = stamp
      this.#reader[byte] = -1 - this.#crowded++
    }
  }

  #unknown(process: number, stamp: number): boolean {
    const other = stamp & ANY
    return other !== process && this.#events.syncEntry(process, other) < stamp >> BITS
  }
}
