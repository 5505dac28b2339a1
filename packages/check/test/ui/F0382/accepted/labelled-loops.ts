import { mpsc } from 'fearless'
export function search(grid: number[][], want: number): void {
  const [tx, rx] = mpsc.channel<number[]>()
  outer: for (const row of grid) {
    for (const cell of row) {
      if (cell < 0) continue outer
      if (cell === want) {
        tx.send(row)
        break outer
      }
    }
    console.log(row.length)
  }
  console.log(rx)
}
