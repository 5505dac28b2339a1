// A Wait is the ignored result of an arrow function.
// refused by: check F1003
import { Mutex } from 'fearless'

const m = new Mutex(0)
const bump = () => m.update(n => n + 1)
bump()
console.log(await m.with(n => n))
