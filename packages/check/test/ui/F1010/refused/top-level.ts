import { Arc, Mutex } from 'fearless'

const total = new Arc(new Mutex(0))
const guard = await total.lock()
console.log(guard.value)
