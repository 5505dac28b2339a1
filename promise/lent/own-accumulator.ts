// `fold` changes an accumulator that its part of the input owns.
// prints: 3
import { parIter } from 'fearless'

const seen = await parIter(['a', 'b', 'a', 'c'])
  .fold(
    () => new Set<string>(),
    (set, word) => set.add(word),
  )
  .reduce(
    () => new Set<string>(),
    (a, b) => a.union(b),
  )
console.log(seen.size)
