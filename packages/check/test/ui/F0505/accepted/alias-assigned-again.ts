import { move, thread } from 'fearless'

export function run(data: number[], others: number[]): number {
  let rows = data
  thread.spawn(move(() => data.length))
  rows = others
  return rows.length
}
