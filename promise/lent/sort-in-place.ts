// A parallel loop sorts its items in place.
// prints or refused: 1
import { parIter } from 'fearless'

const rows = [
  [3, 2, 1],
  [6, 5, 4],
]
await parIter(rows).forEach(row => {
  row.sort()
})
console.log(rows[0]![0])
