import { move, thread } from 'fearless'

export function run(data: number[]): number {
  const rows = data
  const same = rows
  thread.spawn(move(() => data.length))
  return same.length
}
