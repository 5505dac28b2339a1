/**
 * A view of a struct in a lock, for the lock's holder: accessors that read and write the shared memory directly.
 *
 * A view is lent. It ends with the guard that returned it, with its thread, and when another value replaces its struct.
 * Every access checks this, because the memory may belong to another object afterwards.
 */
import { describe } from '../../describe.ts'
import { BorrowError } from '../../errors.ts'
import { currentEpoch } from '../handles/handle.ts'
import { f64, i32 } from '../heap.ts'
import { typeOfCell, newStruct, readField, registerStruct, writeField, type Field, type Layout } from './structs.ts'

/**
 * Replaces a struct by a longer one, because a string has outgrown it. Returns the address of the new struct. `version`
 * identifies the struct: it is the address of a number that changes when another value replaces the struct.
 */
export type ReplaceStruct = (version: number, struct: object) => number

/** The epoch of views that have ended. No thread has this epoch. */
const ENDED_EPOCH = -2

/** The base class of the views of all layouts. Each layout has a prototype with the accessors of its fields. */
export class StructView {
  #at: number
  #life = currentEpoch()
  /** The address of the version, and its value when the view was created. */
  readonly #versionAt: number
  #version: number
  /** Absent from a read-only view. */
  readonly #replace: ReplaceStruct | undefined

  constructor(at: number, version: number, replace: ReplaceStruct | undefined) {
    this.#at = at
    this.#versionAt = version
    this.#version = i32[version >> 2]
    this.#replace = replace
  }

  /** Returns the address of the struct. Throws `BorrowError` if the view has ended. */
  static at(view: StructView): number {
    if (view.#life !== currentEpoch() || i32[view.#versionAt >> 2] !== view.#version) throw viewEnded()
    return view.#at
  }
  static end(view: StructView): void {
    view.#life = ENDED_EPOCH
  }
  static isLentBy(view: StructView, version: number): boolean {
    return view.#versionAt === version
  }
  /** Replaces the struct by one with room for a longer string. */
  static outgrow(view: StructView, layout: Layout, field: Field, value: unknown): void {
    const at = view.#at
    const longer = newStruct(layout, each => (each === field ? value : readField(at, each)))
    view.#at = view.#replace!(view.#versionAt, longer)
    view.#version = i32[view.#versionAt >> 2]
  }
}

function viewEnded(): BorrowError {
  return new BorrowError(
    'This view of a struct has ended: its guard was released, or another value replaced the struct. ' +
      'Read it through a live guard, or copy it before: `Stats(guard.value)`.',
  )
}

type ViewClass = new (at: number, version: number, replace: ReplaceStruct | undefined) => StructView
/** The classes of read-only and of writable views, by the number of the layout. */
const reading: ViewClass[] = []
const writing: ViewClass[] = []

/** Creates a view of the struct at `at`. Without `replace` it is read-only. */
export function createStructView(
  at: number,
  layout: Layout,
  version: number,
  replace: ReplaceStruct | undefined,
): StructView {
  const known = replace === undefined ? reading : writing
  const View = (known[layout.number] ??= classOf(layout, replace !== undefined))
  return new View(at, version, replace)
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

function classOf(layout: Layout, writes: boolean): ViewClass {
  const View = class Struct extends StructView {}
  const copy = function (this: StructView): object {
    return newStruct(layout, field => readField(StructView.at(this), field))
  }
  // The console and JSON read own properties, and a view has none. A field of that name replaces the method.
  for (const name of ['toJSON', INSPECT])
    Object.defineProperty(View.prototype, name, { value: copy, configurable: true })
  for (const field of layout.fields) {
    const accessor = { get: getterOf(field), ...(writes && { set: setterOf(layout, field) }) }
    Object.defineProperty(View.prototype, field.name, { ...accessor, enumerable: true })
  }
  registerStruct(layout, View.prototype)
  return View
}

type Getter = (this: StructView) => unknown
type Setter = (this: StructView, value: unknown) => void

// The most frequent cells have their own functions, so that each uses one kind of array: 2x over the general one.
function getterOf(field: Field): Getter {
  const { cell, unit } = field
  if (cell === 'f64') {
    return function () {
      return f64[(StructView.at(this) >> 3) + unit]
    }
  }
  if (cell === 'i32') {
    return function () {
      return i32[(StructView.at(this) >> 2) + unit * 2]
    }
  }
  if (cell === 'u32') {
    return function () {
      return i32[(StructView.at(this) >> 2) + unit * 2] >>> 0
    }
  }
  return function () {
    return readField(StructView.at(this), field)
  }
}

function setterOf(layout: Layout, field: Field): Setter {
  const { name, cell, unit } = field
  const refused = (value: unknown): TypeError =>
    new TypeError(
      `The field ${name} (${cell}) expects a ${typeOfCell(cell)}, got ${describe(value)}. Assign a ${typeOfCell(cell)}.`,
    )
  if (cell === 'f64') {
    return function (value) {
      if (typeof value !== 'number') throw refused(value)
      f64[(StructView.at(this) >> 3) + unit] = value
    }
  }
  if (cell === 'i32' || cell === 'u32') {
    return function (value) {
      if (typeof value !== 'number') throw refused(value)
      i32[(StructView.at(this) >> 2) + unit * 2] = value
    }
  }
  return function (value) {
    const at = StructView.at(this)
    if (typeof value !== typeOfCell(cell)) throw refused(value)
    if (!writeField(at, field, value)) StructView.outgrow(this, layout, field, value)
  }
}
