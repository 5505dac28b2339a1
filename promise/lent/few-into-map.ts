// A parallel loop over ten items sets keys of a Map.
// prints or refused: 10
import { parIter } from 'fearless'

const squares = new Map<number, number>()
await parIter([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).forEach(n => {
  squares.set(n, n * n)
})
console.log(squares.size)
