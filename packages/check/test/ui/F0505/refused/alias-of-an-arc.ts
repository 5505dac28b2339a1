import { Arc, drop } from 'fearless'

export function run(): number {
  const first = new Arc([1])
  const second = first
  drop(first)
  return second.value.length
}
