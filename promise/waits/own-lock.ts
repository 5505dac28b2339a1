// An event loop awaits a lock that only it could release.
// prints or refused: never
import { Mutex } from 'fearless'

const m = new Mutex(1)
using first = await m.lock()
using second = await m.lock()
console.log(first.value, second.value)
