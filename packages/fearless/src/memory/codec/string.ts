/**
 * Strings in the shared heap: Latin-1 where all characters fit into a byte, else UTF-16 unchanged (lone surrogates
 * too).
 *
 * Short strings are the hot case. One call of `String.fromCharCode` reads all their characters as arguments. Long
 * strings use Node's `Buffer` where there is one, which copies memory.
 */
import { u16, u8 } from '../heap.ts'

/** The longest string that is read in one call, and the longest string that is written in a loop. */
export const SHORT_STRING_LENGTH = 32
export const LOOPED_STRING_LENGTH = 24

/** V8 answers this without a search for a string that it stores as one byte per character. */
const WIDE = /[\u0100-\uffff]/
export const isLatin1 = (text: string): boolean => !WIDE.test(text)

interface NodeBytes {
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number
  ucs2Write(this: Uint8Array, text: string, offset: number, length: number): number
  latin1Slice(this: Uint8Array, start: number, end: number): string
  ucs2Slice(this: Uint8Array, start: number, end: number): string
}

const proto = (globalThis as { Buffer?: { prototype: Partial<NodeBytes> } }).Buffer?.prototype
const node =
  proto?.latin1Write && proto.ucs2Write && proto.latin1Slice && proto.ucs2Slice ? (proto as NodeBytes) : undefined

/** Writes a string whose characters all fit into a byte. */
export function storeLatin1(text: string, address: number): void {
  if (node !== undefined) node.latin1Write.call(u8, text, address, text.length)
  else for (let i = 0; i < text.length; i++) u8[address + i] = text.charCodeAt(i)
}

export function storeUtf16(text: string, address: number): void {
  const at = address >> 1
  if (node !== undefined && text.length > SHORT_STRING_LENGTH) node.ucs2Write.call(u8, text, address, text.length * 2)
  else for (let i = 0; i < text.length; i++) u16[at + i] = text.charCodeAt(i)
}

export function loadLatin1(p: number, length: number): string {
  if (length <= SHORT_STRING_LENGTH) return loadShort(p, length)
  if (node !== undefined) return node.latin1Slice.call(u8, p, p + length)
  let text = ''
  for (let i = 0; i < length; i += 4096) {
    text += String.fromCharCode.apply(null, u8.subarray(p + i, p + Math.min(i + 4096, length)) as unknown as number[])
  }
  return text
}

export function loadUtf16(address: number, length: number): string {
  if (node !== undefined && length > SHORT_STRING_LENGTH) return node.ucs2Slice.call(u8, address, address + length * 2)
  const p = address >> 1
  let text = ''
  for (let i = 0; i < length; i += 4096) {
    text += String.fromCharCode.apply(null, u16.subarray(p + i, p + Math.min(i + 4096, length)) as unknown as number[])
  }
  return text
}

const from = String.fromCharCode

// prettier-ignore
export function loadShort(p: number, length: number): string {
  switch (length) {
    case 0: return ''
    case 1: return from(u8[p])
    case 2: return from(u8[p], u8[p + 1])
    case 3: return from(u8[p], u8[p + 1], u8[p + 2])
    case 4: return from(u8[p], u8[p + 1], u8[p + 2], u8[p + 3])
    case 5: return from(u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4])
    case 6: return from(u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5])
    case 7: return from(u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6])
    case 8: return from(u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7])
    case 9: return from(u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8])
    case 10: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9])
    case 11: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10])
    case 12: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11])
    case 13: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12])
    case 14: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13])
    case 15: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14])
    case 16: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15])
    case 17: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16])
    case 18: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17])
    case 19: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18])
    case 20: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19])
    case 21: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20])
    case 22: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21])
    case 23: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22])
    case 24: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23])
    case 25: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24])
    case 26: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24], u8[p + 25])
    case 27: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24], u8[p + 25], u8[p + 26])
    case 28: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24], u8[p + 25], u8[p + 26], u8[p + 27])
    case 29: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24], u8[p + 25], u8[p + 26], u8[p + 27],
      u8[p + 28])
    case 30: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24], u8[p + 25], u8[p + 26], u8[p + 27],
      u8[p + 28], u8[p + 29])
    case 31: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24], u8[p + 25], u8[p + 26], u8[p + 27],
      u8[p + 28], u8[p + 29], u8[p + 30])
    case 32: return from(
      u8[p], u8[p + 1], u8[p + 2], u8[p + 3], u8[p + 4], u8[p + 5], u8[p + 6], u8[p + 7], u8[p + 8], u8[p + 9],
      u8[p + 10], u8[p + 11], u8[p + 12], u8[p + 13], u8[p + 14], u8[p + 15], u8[p + 16], u8[p + 17], u8[p + 18],
      u8[p + 19], u8[p + 20], u8[p + 21], u8[p + 22], u8[p + 23], u8[p + 24], u8[p + 25], u8[p + 26], u8[p + 27],
      u8[p + 28], u8[p + 29], u8[p + 30], u8[p + 31])
    default: throw new RangeError('not a short string')
  }
}
