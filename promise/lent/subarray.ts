// A parallel loop writes through a part of a typed array.
// prints or refused: 4
import { parIter } from 'fearless'

const cells = new Float64Array(4)
await parIter([0, 2]).forEach(at => {
  cells.subarray(at, at + 2).fill(1)
})
console.log(cells.reduce((a, b) => a + b, 0))
