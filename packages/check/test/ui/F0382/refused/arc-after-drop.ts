import { Arc, drop } from 'fearless'

export function last(early: boolean): number {
  const shared = new Arc([1, 2, 3])
  if (early) drop(shared)
  return shared.value.length
}
