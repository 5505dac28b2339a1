/** The cell types of simulated memory as small integers, so that the hot path can switch on them. */
import type { Cell } from '../drivers/world.ts'

export const I8 = 0
export const U8 = 1
export const I16 = 2
export const U16 = 3
export const I32 = 4
export const U32 = 5
export const F32 = 6
export const F64 = 7
export const I64 = 8
export const U64 = 9

export const CELLS: readonly Cell[] = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64', 'i64', 'u64']
export const BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 8, 8, 8]
export const CODE: Readonly<Record<Cell, number>> = {
  i8: I8,
  u8: U8,
  i16: I16,
  u16: U16,
  i32: I32,
  u32: U32,
  f32: F32,
  f64: F64,
  i64: I64,
  u64: U64,
}

/** The value of a cell: a bigint for I64 and U64, a number for all others. */
export type Value = number | bigint

/** Returns the bytes of its eight-byte slot that an access covers, one bit each. */
export function maskOf(at: number, bytes: number): number {
  return ((1 << bytes) - 1) << (at & 7)
}
