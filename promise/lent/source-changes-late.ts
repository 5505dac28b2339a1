// The source of a parallel loop changes in a later iteration of the event loop.
// prints or refused: 3000000
import { parIter } from 'fearless'

const ones = new Float64Array(3_000_000).fill(1)
const running = parIter(ones)
  .map(n => Math.abs(Math.cbrt(n)))
  .sum()
  .then(sum => sum)
setTimeout(() => ones.fill(0), 0)
console.log(await running)
