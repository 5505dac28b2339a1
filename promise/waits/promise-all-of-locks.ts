// Guards are lost in the result of `Promise.all`.
// prints or refused: 1
import { Mutex } from 'fearless'

const a = new Mutex(1)
const b = new Mutex(2)
await Promise.all([a.lock(), b.lock()])
console.log(await a.with(n => n))
