// An async function acquires two locks at once.
// prints: 4 6
import { Mutex, lockAll } from 'fearless'

const from = new Mutex(5)
const to = new Mutex(5)
async function transfer(): Promise<void> {
  using both = await lockAll(from, to)
  const [a, b] = both
  a.value -= 1
  b.value += 1
}
await transfer()
console.log(await from.with(n => n), await to.with(n => n))
