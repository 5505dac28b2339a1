// A parallel loop over 2,000 rows sets cells through an alias.
// prints or refused: 400000
import { parIter } from 'fearless'

const w = 200
const grid = Array.from({ length: 2000 }, () => new Array<number>(w).fill(0))
await parIter(grid.keys()).forEach(y => {
  const row = grid[y]!
  for (let x = 0; x < w; x++) row[x] = 1
})
console.log(grid.flat().reduce((a, b) => a + b, 0))
