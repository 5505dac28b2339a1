// A parallel loop changes arrays that it created itself, and copies of its captures.
// prints: 10 3 3
import { parIter } from 'fearless'

const rows = [
  [3, 1, 2],
  [2, 3, 1],
]
const sums = await parIter(rows)
  .map(row => {
    const sorted = [...row].sort()
    sorted.push(4)
    return sorted.reduce((a, b) => a + b, 0)
  })
  .collect()
console.log(sums[0], rows[0]![0], rows.flat().filter(n => n === 3).length + 1)
