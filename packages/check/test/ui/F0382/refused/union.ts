import { move, thread } from 'fearless'

export function run(value: number | number[]): unknown {
  thread.spawn(move(() => value))
  return value
}
