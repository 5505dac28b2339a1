// A guard is lost in the result of a select.
// prints or refused: 1
import { Mutex, select } from 'fearless'

const m = new Mutex(1)
await select({ a: m.lock() })
console.log(await m.with(n => n))
