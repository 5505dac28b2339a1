// A parallel loop writes by a destructuring assignment.
// prints or refused: 3 3
import { parIter } from 'fearless'

const best = [0, 0]
await parIter([3]).forEach(n => {
  ;[best[0], best[1]] = [n, n]
})
console.log(best[0], best[1])
