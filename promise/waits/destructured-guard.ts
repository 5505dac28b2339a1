// A guard is lost by destructuring.
// prints or refused: 1
import { Mutex } from 'fearless'

const m = new Mutex({ n: 0 })
const { value } = await m.lock()
value.n = 1
console.log(await m.with(v => v.n))
