// A parallel loop counts in a typed array.
// prints or refused: 200000
import { parIter } from 'fearless'

const counts = new Int32Array(10)
await parIter(Array.from({ length: 200_000 }, (_, n) => n)).forEach(n => {
  counts[n % 10]! += 1
})
console.log(counts.reduce((a, b) => a + b, 0))
