// The source of a parallel loop changes while the loop runs.
// prints or refused: 1000000
import { parIter } from 'fearless'

const ones = new Array<number>(1_000_000).fill(1)
const running = parIter(ones)
  .map(n => n)
  .sum()
  .then(sum => sum)
ones.fill(0)
console.log(await running)
