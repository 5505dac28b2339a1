import { thread } from 'fearless'

export function run(rows: number[]): number {
  let sum = 0
  rows.forEach(row => {
    sum += row
  })
  return sum + thread.spawn(() => 1).join().wait()
}
