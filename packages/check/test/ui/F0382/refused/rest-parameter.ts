import { move, thread } from 'fearless'

export function run(...rows: number[]): number {
  thread.spawn(move(() => rows.length))
  return rows.length
}
