import { move, thread } from 'fearless'

export function run(data: number[]): number {
  const rows = data
  thread.spawn(move(() => data.length))
  return rows.length
}
