import { move, thread } from 'fearless'

export function run(data: number[], other: () => number): number {
  let size = other
  size = () => data.length
  thread.spawn(move(() => data.length))
  return size()
}
