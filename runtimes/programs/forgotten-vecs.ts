// Vecs that a loop leaves unreachable, more than fit into the heap, are garbage-collected in time.
import { parIter, vec } from 'fearless'

let sum = 0
for (let i = 0; i < 100; i++) {
  const numbers = vec.f64(4_000_000)
  numbers.set(i, 1)
  sum += await parIter(numbers.freeze()).sum()
}
console.log(sum)
//=> 100
