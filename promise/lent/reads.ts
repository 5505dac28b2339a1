// A parallel loop and a join read their captures, which are writable again afterwards.
// prints: 6 3 4
import { par, parIter } from 'fearless'

const table = new Map([
  ['a', 1],
  ['b', 2],
])
const list = [1, 2, 3]
const sum = await parIter(['a', 'b'])
  .map(key => table.get(key)! * 2)
  .sum()
const [longest] = await par.join(
  () => Math.max(...list),
  () => list.length,
)
table.set('c', 3)
list.push(4)
console.log(sum, longest, list.length)
