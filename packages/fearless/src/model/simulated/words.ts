/**
 * The core's memory interface for generators: the counterpart of `core/memory.ts`.
 *
 * Plain accesses are here. The steps are in `$words`, whose functions the compiler emits in place of their calls.
 */
import { F64, I32, U8 } from '../engine/cell.ts'
import { generators } from '../drivers/generators.ts'

export function get(at: number): number {
  return generators().plainGet(at, I32) as number
}
export function set(at: number, value: number): void {
  generators().plainSet(at, value, I32)
}
export function getFloat(at: number): number {
  return generators().plainGet(at, F64) as number
}
export function setFloat(at: number, value: number): void {
  generators().plainSet(at, value, F64)
}
function getByte(at: number): number {
  return generators().plainGet(at, U8) as number
}
function setByte(at: number, value: number): void {
  generators().plainSet(at, value, U8)
}
export function copy(to: number, from: number, length: number): void {
  const bytes = Array.from({ length }, (_, i) => getByte(from + i))
  for (const [i, byte] of bytes.entries()) setByte(to + i, byte)
}
export function leadingZeros(value: number): number {
  return Math.clz32(value)
}
