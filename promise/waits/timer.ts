// A Wait is dropped by a timer's callback.
// refused by: check F1003
import { Mutex, sleep } from 'fearless'

const m = new Mutex(0)
setTimeout(() => m.update(n => n + 1), 1)
await sleep(20)
console.log(await m.with(n => n))
