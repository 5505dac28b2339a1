// The function of a parallel iterator is async.
// refused by: tsc TS2345, run ClosureError
import { AtomicI32, parIter } from 'fearless'

const sum = new AtomicI32(0)
await parIter([1, 2, 3]).forEach(async n => {
  sum.fetchAdd(n)
})
console.log(sum.load())
