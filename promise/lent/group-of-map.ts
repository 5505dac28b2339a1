// A parallel loop pushes into the arrays of a Map.
// prints or refused: 200000
import { parIter } from 'fearless'

const groups = new Map<number, number[]>([
  [0, []],
  [1, []],
  [2, []],
])
await parIter(Array.from({ length: 200_000 }, (_, n) => n)).forEach(n => {
  groups.get(n % 3)!.push(n)
})
console.log([...groups.values()].reduce((sum, group) => sum + group.length, 0))
