// A parallel loop counts in a captured variable.
// prints or refused: 3
import { parIter } from 'fearless'

let count = 0
await parIter([1, 2, 3]).forEach(() => {
  count++
})
console.log(count)
