// A capture of a parallel loop changes while the loop runs.
// prints or refused: 1000000
import { parIter } from 'fearless'

const factor = { by: 1 }
const running = parIter(new Array<number>(1_000_000).fill(1))
  .map(n => n * factor.by)
  .sum()
  .then(sum => sum)
factor.by = 0
console.log(await running)
