// A parallel loop changes a Set and a Date.
// prints or refused: 2 5
import { parIter } from 'fearless'

const seen = new Set<string>()
const latest = new Date(0)
await parIter(['a', 'b']).forEach(word => {
  seen.add(word)
  latest.setTime(5)
})
console.log(seen.size, latest.getTime())
