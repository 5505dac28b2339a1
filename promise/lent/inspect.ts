// `inspect` collects the items in a captured array.
// prints or refused: 3
import { parIter } from 'fearless'

const seen: number[] = []
await parIter([1, 2, 3])
  .inspect(n => {
    seen.push(n)
  })
  .sum()
console.log(seen.length)
