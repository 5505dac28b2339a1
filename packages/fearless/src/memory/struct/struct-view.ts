/**
 * A struct in a lock, as its holder sees it: accessors that read and write the shared memory itself.
 *
 * A view is lent: it ends with the guard that gave it, with its thread, and when another value takes the place of its
 * struct. Every access asks, because afterwards the memory is another's.
 */
import { BorrowError } from '../../errors.ts'
import { lifeNow } from '../handles/handle.ts'
import { f64, i32 } from '../heap.ts'
import { kindOf, newStruct, readField, registerStruct, writeField, type Field, type Layout } from './structs.ts'

/**
 * Puts a struct in the place of one, because a string has become too long for it; gives where that lies. `version` says
 * which: it is the address of a number that changes when another value takes the place of the struct.
 */
export type Replace = (version: number, struct: object) => number

/** No life has this number. */
const OVER = -2

/** What views of all layouts have in common; their own prototypes have the accessors. */
export class StructView {
  #at: number
  #life = lifeNow()
  /** An address, and what was there. */
  readonly #versionAt: number
  #version: number
  /** Absent from the view of one who only reads. */
  readonly #replace: Replace | undefined

  constructor(at: number, version: number, replace: Replace | undefined) {
    this.#at = at
    this.#versionAt = version
    this.#version = i32[version >> 2]
    this.#replace = replace
  }

  /** Where the struct lies. */
  static at(view: StructView): number {
    if (view.#life !== lifeNow() || i32[view.#versionAt >> 2] !== view.#version) throw over()
    return view.#at
  }
  static end(view: StructView): void {
    view.#life = OVER
  }
  static isLentBy(view: StructView, version: number): boolean {
    return view.#versionAt === version
  }
  /** The string has no room: all of the struct goes to a larger place. */
  static outgrow(view: StructView, layout: Layout, field: Field, value: unknown): void {
    const at = view.#at
    const longer = newStruct(layout, each => (each === field ? value : readField(at, each)))
    view.#at = view.#replace!(view.#versionAt, longer)
    view.#version = i32[view.#versionAt >> 2]
  }
}

function over(): BorrowError {
  return new BorrowError(
    'This struct was lent by a guard, which was released, or another value took its place. ' +
      'Read it through a guard that is alive, or copy it before: `Stats(guard.value)`.',
  )
}

type ViewClass = new (at: number, version: number, replace: Replace | undefined) => StructView
/** By the number of the layout. */
const reading: ViewClass[] = []
const writing: ViewClass[] = []

/** A view of the struct at `at`; without `replace` it cannot be assigned to. */
export function viewStruct(at: number, layout: Layout, version: number, replace: Replace | undefined): StructView {
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
  // For the console and for JSON, which look at own properties; a field of that name takes the place of its own.
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

// The usual cells have functions of their own, so that each meets one kind of array: 2x over the general one.
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
    new TypeError(`${name} is a ${cell} and holds a ${kindOf(cell)}, not a ${typeof value}. Assign one.`)
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
    if (typeof value !== kindOf(cell)) throw refused(value)
    if (!writeField(at, field, value)) StructView.outgrow(this, layout, field, value)
  }
}
