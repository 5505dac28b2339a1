// A parallel loop over three items counts in a typed array.
// prints or refused: 3
import { parIter } from 'fearless'

const counts = new Int32Array(3)
await parIter([0, 1, 2]).forEach(n => {
  const here = counts
  here[n] = 1
})
console.log(counts.reduce((a, b) => a + b, 0))
