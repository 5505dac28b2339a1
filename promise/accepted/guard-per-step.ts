// A lock is acquired again in each step of a loop.
// prints: 3
import { Arc, Mutex } from 'fearless'

const m = new Arc(new Mutex([0]))
for (const n of [1, 2, 3]) {
  using list = await m.lock()
  if (n === 3) list.value.push(n)
  else list.value[0]! += n
}
console.log(await m.with(list => list[0]))
