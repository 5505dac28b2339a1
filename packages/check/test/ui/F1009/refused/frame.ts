import { parIter } from 'fearless'

export const run = (rows: number[]): unknown =>
  parIter(rows).map(row => requestAnimationFrame(() => console.log(row))).collect()
