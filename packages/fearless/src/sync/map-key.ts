/**
 * The encoding of a ConcurrentMap's keys: two keys are equal, as a JavaScript Map compares them, if their bytes are
 * equal.
 *
 *   +0  TYPE        NUMBER, LATIN1, UTF16, BIGINT, TRUE or FALSE
 *   +4  CHARACTERS  number of characters
 *   +8  CONTENT     end: the number follows, or the text, zero-padded to a multiple of eight bytes
 */
import { get, getFloat, set, setFloat } from '../core/memory.ts'
import { describe } from '../describe.ts'
import { allocate } from '../memory/heap.ts'
import { isLatin1, loadLatin1, loadUtf16, storeLatin1, storeUtf16 } from '../memory/codec/string.ts'

/** The types of a key. Keys are compared by value, as in a JavaScript Map. */
export type MapKey = string | number | bigint | boolean

const NUMBER = 1
const LATIN1 = 2
const UTF16 = 3
const BIGINT = 4
const TRUE = 5
const FALSE = 6

const TYPE = 0
const CHARACTERS = 4
const CONTENT = 8

/**
 * Encodes the key into a block, which the caller must release. Returns the block and the number of significant bytes.
 */
export function encodeKey(key: MapKey): { readonly at: number; readonly length: number } {
  switch (typeof key) {
    case 'number': {
      const at = block(NUMBER, 0, 8)
      // 0 and -0 are equal, and so are all NaNs.
      setFloat(at + CONTENT, key === 0 ? 0 : Number.isNaN(key) ? NaN : key)
      return { at, length: CONTENT + 8 }
    }
    case 'string':
      return writeText(isLatin1(key) ? LATIN1 : UTF16, key)
    case 'bigint':
      return writeText(BIGINT, key.toString(16))
    case 'boolean':
      return { at: block(key ? TRUE : FALSE, 0, 0), length: CONTENT }
    default:
      throw new TypeError(
        `A ConcurrentMap expects a string, number, bigint or boolean as key, got ${describe(key)}. Convert the key.`,
      )
  }
}

export function decodeKey(at: number): MapKey {
  const characters = get(at + CHARACTERS)
  switch (get(at + TYPE)) {
    case NUMBER:
      return getFloat(at + CONTENT)
    case LATIN1:
      return loadLatin1(at + CONTENT, characters)
    case UTF16:
      return loadUtf16(at + CONTENT, characters)
    case BIGINT:
      return parseHex(loadLatin1(at + CONTENT, characters))
    default:
      return get(at + TYPE) === TRUE
  }
}

function writeText(kind: number, text: string): { readonly at: number; readonly length: number } {
  const bytes = (text.length * (kind === UTF16 ? 2 : 1) + 7) & ~7
  const at = block(kind, text.length, bytes)
  if (bytes > 0) setFloat(at + CONTENT + bytes - 8, 0)
  if (kind === UTF16) storeUtf16(text, at + CONTENT)
  else storeLatin1(text, at + CONTENT)
  return { at, length: CONTENT + bytes }
}

function block(kind: number, characters: number, bytes: number): number {
  const at = allocate(CONTENT + bytes)
  set(at + TYPE, kind)
  set(at + CHARACTERS, characters)
  return at
}

function parseHex(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}
