// A parallel loop changes values in locks and atomics.
// prints: 1000 1000 10
import { AtomicI32, ConcurrentMap, Mutex, parIter } from 'fearless'

const count = new AtomicI32(0)
const total = new Mutex(0)
const words = new ConcurrentMap<string, number>()
await parIter(Array.from({ length: 1000 }, (_, n) => n)).forEach(n => {
  count.fetchAdd(1)
  total.update(sum => sum + 1).wait()
  words.update(`w${n % 10}`, hits => (hits ?? 0) + 1).wait()
})
console.log(count.load(), await total.with(sum => sum), (await words.entries()).length)
