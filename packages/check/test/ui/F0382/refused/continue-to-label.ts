import { move, thread } from 'fearless'

export function run(rows: number[][], list: number[]): void {
  outer: for (const row of rows) {
    for (const cell of row) {
      if (cell === 0) {
        thread.spawn(move(() => list.length))
        continue outer
      }
    }
  }
}
