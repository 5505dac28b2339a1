/**
 * Structs of programs: fields of fixed kinds, which the holder of a `Mutex` or an `RwLock` reads and writes in place.
 *
 * A struct outside a lock is an ordinary object. It crosses as any other data and keeps the kinds of its fields.
 */
import { describe } from '../describe.ts'
import { layoutOf, type FieldCell } from '../memory/struct/structs.ts'
import type { Crossing, crossing } from '../send.ts'

/** The kind of a struct's field: `struct.f64`, `struct.str` and related constants. */
export interface FieldOf<V> {
  /** Exists only in types, never at run time. */
  readonly holds?: V
  /** @internal */
  readonly cell: FieldCell
}

/** The fields of structs that hold a `T`. */
export type FieldsOf<T> = { [K in keyof T]: FieldOf<T[K]> }

/** Creates structs of one kind. Crossing a thread shares it. */
export interface StructMaker<T> {
  (values: Readonly<T>): T
  readonly [crossing]: Crossing<'StructMaker', 'always', 'always'>
}

const field = <V>(cell: FieldCell): FieldOf<V> => Object.freeze({ cell })

/**
 * Defines a kind of data that a lock's holder uses in place: no copy in or out, however large the data is.
 *
 * ```ts
 * const Stats = struct({ x: struct.f64, hits: struct.u32, name: struct.str })
 * const stats = new Arc(new Mutex(Stats({ x: 0.5, hits: 0, name: 'home' })))
 * await thread.spawn(move(() => {
 *   using s = stats.lock().wait()
 *   s.value.hits += 1
 * })).join()
 * using s = await stats.lock()
 * s.value.hits // => 1
 * Stats(s.value).name // => 'home'
 * ```
 *
 * A guard of a `Mutex` or an `RwLock` lends its struct: after the guard is released, the struct throws `BorrowError`,
 * and `Stats(guard.value)` is a copy that stays valid. Elsewhere a struct is an ordinary object with these fields,
 * which is copied when it crosses. `Stats` itself crosses, too. A value of another kind throws `TypeError`; numbers
 * are converted to the range of their field.
 */
export function struct<T>(fields: FieldsOf<T>): StructMaker<T> {
  const given = Object.entries(fields ?? {}) as [string, FieldOf<unknown>][]
  if (given.length === 0)
    throw new TypeError(
      `\`struct\` expects an object with at least one field, got ${describe(fields)}. ` +
        'Write `struct({ x: struct.f64, name: struct.str })`.',
    )
  const layout = layoutOf(given.map(([name, { cell }]) => [checkedName(name), checkedCell(name, cell)]))
  return layout.maker as unknown as StructMaker<T>
}

/**
 * A field for an integer from -128 to 127.
 *
 * ```ts
 * struct({ n: struct.i8 })({ n: 128 }).n // => -128
 * ```
 */
struct.i8 = field<number>('i8')
/**
 * A field for an integer from 0 to 255.
 *
 * ```ts
 * struct({ n: struct.u8 })({ n: 256 }).n // => 0
 * ```
 */
struct.u8 = field<number>('u8')
/**
 * A field for an integer from -32,768 to 32,767.
 *
 * ```ts
 * struct({ n: struct.i16 })({ n: 32_768 }).n // => -32_768
 * ```
 */
struct.i16 = field<number>('i16')
/**
 * A field for an integer from 0 to 65,535.
 *
 * ```ts
 * struct({ n: struct.u16 })({ n: -1 }).n // => 65_535
 * ```
 */
struct.u16 = field<number>('u16')
/**
 * A field for an integer from -2^31 to 2^31 - 1.
 *
 * ```ts
 * struct({ n: struct.i32 })({ n: 1.5 }).n // => 1
 * ```
 */
struct.i32 = field<number>('i32')
/**
 * A field for an integer from 0 to 2^32 - 1.
 *
 * ```ts
 * struct({ n: struct.u32 })({ n: -1 }).n // => 4_294_967_295
 * ```
 */
struct.u32 = field<number>('u32')
/**
 * A field for a bigint from -2^63 to 2^63 - 1.
 *
 * ```ts
 * struct({ n: struct.i64 })({ n: 2n ** 63n }).n // => -(2n ** 63n)
 * ```
 */
struct.i64 = field<bigint>('i64')
/**
 * A field for a bigint from 0 to 2^64 - 1.
 *
 * ```ts
 * struct({ n: struct.u64 })({ n: -1n }).n // => 2n ** 64n - 1n
 * ```
 */
struct.u64 = field<bigint>('u64')
/**
 * A field for a number of 32 bits.
 *
 * ```ts
 * struct({ n: struct.f32 })({ n: 0.1 }).n // => Math.fround(0.1)
 * ```
 */
struct.f32 = field<number>('f32')
/**
 * A field for any number.
 *
 * ```ts
 * struct({ n: struct.f64 })({ n: 0.1 }).n // => 0.1
 * ```
 */
struct.f64 = field<number>('f64')
/**
 * A field for `true` or `false`.
 *
 * ```ts
 * struct({ ok: struct.bool })({ ok: true }).ok // => true
 * ```
 */
struct.bool = field<boolean>('bool')
/**
 * A field for a string. If the string becomes much longer in a lock, the struct is moved to a larger allocation.
 *
 * ```ts
 * struct({ name: struct.str })({ name: 'Ada' }).name // => 'Ada'
 * ```
 */
struct.str = field<string>('str')

function checkedCell(name: string, cell: FieldCell | undefined): FieldCell {
  if (cell !== undefined) return cell
  throw new TypeError(
    `The field ${name} of a struct has no kind. Give it one, such as \`struct.f64\` or \`struct.str\`.`,
  )
}

function checkedName(name: string): string {
  if (name !== '__proto__') return name
  throw new TypeError('A field of a struct cannot be called `__proto__`. Give it another name.')
}
