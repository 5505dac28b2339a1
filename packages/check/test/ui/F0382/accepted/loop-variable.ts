import { move, thread } from 'fearless'

export function run(rows: number[][]): void {
  for (const row of rows) thread.spawn(move(() => row.length))
}
