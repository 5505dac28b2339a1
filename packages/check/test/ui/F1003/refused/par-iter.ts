import { parIter } from 'fearless'

export function run(rows: number[]): void {
  parIter(rows)
    .filter(row => row > 1)
    .forEach(row => console.log(row))
}
parIter([1, 2]).takeAny(1)
