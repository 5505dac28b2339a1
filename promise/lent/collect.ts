// A parallel loop returns the objects that it created.
// prints: 400000
import { parIter } from 'fearless'

const w = 200
const grid = await parIter(Array.from({ length: 2000 }, (_, y) => y))
  .map(() => new Array<number>(w).fill(1))
  .collect()
console.log(grid.flat().reduce((a, b) => a + b, 0))
