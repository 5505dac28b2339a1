import { move, thread } from 'fearless'

export function run(rows: number[][]): void {
  rows.forEach(row => {
    thread.spawn(move(() => row.length))
  })
}
