/** The one task of piscina's threads that needs piscina itself: a result that is transferred, not copied. */
import { move } from 'piscina'
import { bump } from '../tasks.ts'

export function bumpMoved(data: Float64Array): unknown {
  return move(bump(data))
}
