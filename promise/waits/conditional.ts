// A Wait is dropped in both arms of a conditional.
// refused by: check F1003
import { Mutex } from 'fearless'

const m = new Mutex(0)
const up = Date.now() > 0
up ? m.update(n => n + 1) : m.update(n => n - 1)
console.log(await m.with(n => n))
