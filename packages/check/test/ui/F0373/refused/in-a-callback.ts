import { thread } from 'fearless'

export function run(rows: number[][]): void {
  rows.forEach(row => {
    thread.spawn(() => row.length)
  })
}
