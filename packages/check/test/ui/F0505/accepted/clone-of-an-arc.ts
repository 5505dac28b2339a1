import { Arc, drop } from 'fearless'

export function run(): number {
  const first = new Arc([1])
  const second = Arc.clone(first)
  drop(first)
  return second.value.length
}
