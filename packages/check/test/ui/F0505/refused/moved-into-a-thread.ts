import { move, thread } from 'fearless'

export function run(data: number[]): number {
  const size = (): number => data.length
  thread.spawn(move(() => data.length))
  return size()
}
