// A parallel loop deletes keys of an object.
// prints or refused: 0
import { parIter } from 'fearless'

const left: Record<string, boolean> = { a: true, b: true }
await parIter(['a', 'b']).forEach(key => {
  delete left[key]
})
console.log(Object.keys(left).length)
