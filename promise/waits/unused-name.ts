// A Wait is assigned to a variable that is never read.
// refused by: check F1003
import { Mutex } from 'fearless'

const m = new Mutex(0)
const change = m.update(n => n + 1)
console.log(await m.with(n => n))
