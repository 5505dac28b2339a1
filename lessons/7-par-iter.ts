// The same loop on all cores: order is kept, and small inputs stay on this thread.
import { parIter } from 'fearless'

const numbers = Array.from({ length: 1000 }, (_, i) => i + 1)

const total = await parIter(numbers).sum()
console.log('sum:', total)

const squares = await parIter(numbers)
  .filter(x => x % 2 === 0)
  .map(x => x * x)
  .collect()
console.log('squares of the even ones:', squares.length, squares.slice(0, 5))
