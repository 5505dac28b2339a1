// The guards of several locks are destructured, and each is dropped.
// prints: 3 2
import { Mutex, drop, lockAll } from 'fearless'

const [x, y] = [new Mutex(1), new Mutex(2)]
const [a, b] = await lockAll(x, y)
a.value += b.value
drop(a)
const first = await x.with(n => n)
const second = b.value
drop(b)
console.log(first, second)
await y.with(n => n)
