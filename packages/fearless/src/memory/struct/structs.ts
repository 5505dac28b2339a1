/**
 * Structs: records whose fields lie at fixed offsets, so that they can be read and written in place.
 *
 * In a message (and a lock's value is one) a struct is a sequence of 8-byte units:
 *
 *   head      tag, number of its layout
 *   size      the number of all its units
 *   fields    one unit for each number or boolean; two for a string: its length (negative if it takes two bytes per
 *             character) and an unused word, then the first unit of its room, counted from the head, and the units
 *             there
 *   rooms     the characters of the strings
 *
 * A layout is the names and cells of the fields. It is written into the heap once per process, as a text with a number.
 * Each thread derives from it a prototype for standalone structs, and accessors for structs in a lock.
 */
import { describe } from '../../describe.ts'
import { STRUCTS_HEAD } from '../../core/layout.ts'
import * as is from '../codec/format.ts'
import { isLatin1, loadLatin1, loadUtf16, storeLatin1, storeUtf16 } from '../codec/string.ts'
import { nextUnitAddress, registerReader, skip } from '../codec/read.ts'
import { removeProperties } from '../codec/moved.ts'
import { put, putRoom, refuse, registerFunction, registerKind } from '../codec/write.ts'
import { i32 } from '../heap.ts'
import { TextInterner } from '../interner.ts'
import { arrayOf, heapOf, type Cell } from './views.ts'

/** The type of a field. */
export type FieldCell = Cell | 'bool' | 'str'

export interface Field {
  readonly name: string
  readonly cell: FieldCell
  /** The index of its first unit, counted from the head. */
  readonly unit: number
}

export interface Layout {
  readonly number: number
  readonly fields: readonly Field[]
  /** The number of units of the head and the fields, without the rooms. */
  readonly units: number
  /** The prototype of standalone structs. */
  readonly prototype: object
  /** Creates a standalone struct. It can be sent: another thread receives its own maker of this layout. */
  readonly maker: (values: object) => object
}

const FIRST_FIELD = 2
/** The detail in the head of a message that holds the maker of a layout instead of a struct. */
const MAKER = 1

/** The layouts, as texts. */
const texts = new TextInterner(STRUCTS_HEAD)
const byText = new Map<string, Layout>()
const byNumber: Layout[] = []

/** Returns the layout of these fields, in this order. */
export function layoutOf(fields: readonly (readonly [name: string, cell: FieldCell])[]): Layout {
  const text = JSON.stringify(fields)
  return byText.get(text) ?? learn(texts.numberOf(text), text)
}

function layoutNumbered(number: number): Layout {
  return (byNumber[number] as Layout | undefined) ?? learn(number, texts.textOf(number)!)
}

function learn(number: number, text: string): Layout {
  const fields: Field[] = []
  let unit = FIRST_FIELD
  for (const [name, cell] of JSON.parse(text) as [string, FieldCell][]) {
    fields.push({ name, cell, unit })
    unit += cell === 'str' ? 2 : 1
  }
  const prototype = Object.defineProperty({}, Symbol.toStringTag, { value: 'Struct' })
  const maker = (values: object): object => newStruct(layout, field => valueFor(field, values))
  const layout: Layout = { number, fields, units: unit, prototype, maker }
  byNumber[number] = layout
  byText.set(text, layout)
  registerStruct(layout, prototype)
  registerFunction(maker, { later: 0, write: () => void put(is.STRUCT, MAKER, number) })
  return layout
}

/** Returns the value for a field of a new struct. Throws `TypeError`. */
function valueFor({ name, cell }: Field, values: object): unknown {
  const value = (values as Record<string, unknown>)[name]
  if (typeof value !== typeOfCell(cell)) {
    throw new TypeError(
      `The field ${name} (${cell}) expects a ${typeOfCell(cell)}, got ${describe(value)}. Pass a ${typeOfCell(cell)}.`,
    )
  }
  return cell === 'bool' || cell === 'str' ? value : arrayOf(cell, [value])[0]
}

/** Registers a prototype whose objects cross as structs, with the values that their fields have at that moment. */
export function registerStruct(layout: Layout, prototype: object): void {
  registerKind(prototype, {
    later: 0,
    write: struct => writeStruct(layout, struct as Record<string, unknown>),
    // A view of a struct in a lock is copied and stays usable for the lock's holder.
    ...(prototype === layout.prototype ? { empty: removeProperties } : {}),
  })
}

/** Creates a standalone struct with these values. */
export function newStruct({ fields, prototype }: Layout, valueOf: (field: Field) => unknown): object {
  const struct = Object.create(prototype) as object
  for (const field of fields) {
    const value = valueOf(field)
    Object.defineProperty(struct, field.name, { value, writable: true, enumerable: true, configurable: true })
  }
  return struct
}

// ---------------------------------------------------------------- fields

const HOLDS: Partial<Record<FieldCell, 'bigint' | 'boolean' | 'string'>> = {
  i64: 'bigint',
  u64: 'bigint',
  bool: 'boolean',
  str: 'string',
}

/** Returns the type of value that a field expects. */
export const typeOfCell = (cell: FieldCell): string => HOLDS[cell] ?? 'number'

/** Reads a field of the struct at `at`, a byte address. */
export function readField(at: number, { cell, unit }: Field): unknown {
  const address = at + unit * 8
  if (cell === 'bool') return i32[address >> 2] !== 0
  if (cell !== 'str') return heapOf(cell)[address / heapOf(cell).BYTES_PER_ELEMENT]
  const length = i32[address >> 2]
  const room = at + i32[(address + 8) >> 2] * 8
  return length < 0 ? loadUtf16(room, -length) : loadLatin1(room, length)
}

/** Writes a field in place. Returns false, and has changed nothing, if a string does not fit into its room. */
export function writeField(at: number, { cell, unit }: Field, value: unknown): boolean {
  const address = at + unit * 8
  if (cell === 'bool') i32[address >> 2] = value === true ? 1 : 0
  else if (cell === 'str') return writeText(at, address, value as string)
  else (heapOf(cell) as { [index: number]: unknown })[address / heapOf(cell).BYTES_PER_ELEMENT] = value
  return true
}

function writeText(at: number, address: number, text: string): boolean {
  const narrow = isLatin1(text)
  if (unitsOf(text, narrow) > i32[(address + 12) >> 2]) return false
  const room = at + i32[(address + 8) >> 2] * 8
  if (narrow) storeLatin1(text, room)
  else storeUtf16(text, room)
  i32[address >> 2] = narrow ? text.length : -text.length
  return true
}

const unitsOf = (text: string, narrow: boolean): number => (text.length * (narrow ? 1 : 2) + 7) >>> 3

// ---------------------------------------------------------------- messages

function writeStruct(layout: Layout, struct: Record<string, unknown>): void {
  const values = layout.fields.map(({ name, cell }) => {
    const value = struct[name]
    if (typeof value !== typeOfCell(cell)) {
      refuse(
        `A struct whose field ${name} is ${describe(value)}`,
        `Assign a ${typeOfCell(cell)}, because the field is a ${cell}.`,
      )
    }
    return value
  })
  // The room of a string has twice its size, at least 16 characters, so that it may grow in place.
  const rooms = values.map(value => (typeof value === 'string' ? Math.max(2, 2 * unitsOf(value, isLatin1(value))) : 0))
  const units = rooms.reduce((sum, room) => sum + room, layout.units)
  put(is.STRUCT, 0, layout.number)
  const at = putRoom(units - 1) - 8
  i32[(at + 8) >> 2] = units
  let next = layout.units
  for (const [i, field] of layout.fields.entries()) {
    if (field.cell === 'str') {
      const address = at + field.unit * 8
      i32[(address + 8) >> 2] = next
      i32[(address + 12) >> 2] = rooms[i]
      next += rooms[i]
    }
    writeField(at, field, values[i])
  }
}

registerReader(is.STRUCT, {
  make(detail, number) {
    if (detail === MAKER) return layoutNumbered(number).maker
    const at = nextUnitAddress() - 8
    skip(i32[(at + 8) >> 2] - 1)
    return newStruct(layoutNumbered(number), field => readField(at, field))
  },
})

/** Returns the layout of the struct that is the whole message at `at`, or undefined if the message is no struct. */
export function layoutOfMessage(at: number): Layout | undefined {
  const head = i32[at >> 2]
  const isStruct = (head & is.TAG) === is.STRUCT && head >>> is.DETAIL !== MAKER
  return isStruct ? layoutNumbered(i32[(at + 4) >> 2]) : undefined
}
