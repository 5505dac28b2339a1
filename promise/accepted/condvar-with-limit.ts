// A wait with a time limit holds its lock afterwards, also after the limit.
// prints: late 0
import { Condvar, Mutex, TimeoutError, drop } from 'fearless'

const m = new Mutex(0)
const news = new Condvar()
const g = await m.lock()
let how = 'in time'
try {
  await news.until(g, n => n > 0).within(5)
} catch (error) {
  if (!(error instanceof TimeoutError)) throw error
  how = 'late'
}
const value = g.value
drop(g)
console.log(how, await m.with(n => n + value))
