/**
 * The core's own way to reach memory, for generators: what `core/memory.ts` is to plain JavaScript. The steps among its
 * functions are `$words`, which the compiler writes in the place of their calls; the plain accesses are here.
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
export function getByte(at: number): number {
  return generators().plainGet(at, U8) as number
}
export function setByte(at: number, value: number): void {
  generators().plainSet(at, value, U8)
}
export function copy(to: number, from: number, length: number): void {
  const bytes = Array.from({ length }, (_, i) => getByte(from + i))
  for (const [i, byte] of bytes.entries()) setByte(to + i, byte)
}
export function leadingZeros(value: number): number {
  return Math.clz32(value)
}
