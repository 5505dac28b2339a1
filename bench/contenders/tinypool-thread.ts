/** The one task of tinypool's threads that needs tinypool itself: a result that is transferred, not copied. */
import Tinypool from 'tinypool'
import { bump } from '../tasks.ts'

export function bumpMoved(data: Float64Array): unknown {
  return Tinypool.move(bump(data) as Float64Array<ArrayBuffer>)
}
