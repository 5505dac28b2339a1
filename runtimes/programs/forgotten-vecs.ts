// Vecs that a loop forgets, more than the heap has room for: the collector finds them in time.
import { parIter, vec } from 'fearless'

let sum = 0
for (let i = 0; i < 100; i++) {
  const numbers = vec.f64(4_000_000)
  numbers.set(i, 1)
  sum += await parIter(numbers.freeze()).sum()
}
console.log(sum)
//=> 100
