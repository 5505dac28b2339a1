// `reduce` changes the items that it combines.
// prints or refused: 6 1
import { parIter } from 'fearless'

const sums = [{ n: 1 }, { n: 2 }, { n: 3 }]
const total = await parIter(sums).reduce({ n: 0 }, (a, b) => {
  a.n += b.n
  return a
})
console.log(total.n, sums[0]!.n)
