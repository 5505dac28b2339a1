// A parallel loop over two rows sets cells through an alias.
// prints or refused: 6
import { parIter } from 'fearless'

const w = 3
const grid = Array.from({ length: 2 }, () => new Array<number>(w).fill(0))
await parIter(grid.keys()).forEach(y => {
  const row = grid[y]!
  for (let x = 0; x < w; x++) row[x] = 1
})
console.log(grid.flat().reduce((a, b) => a + b, 0))
