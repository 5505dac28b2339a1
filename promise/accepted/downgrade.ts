// A write guard becomes a read guard.
// prints: 2
import { RwLock } from 'fearless'

const lock = new RwLock(1)
const w = await lock.write()
w.value = 2
using r = w.downgrade()
console.log(r.value)
