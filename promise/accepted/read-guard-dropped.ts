// A read guard is dropped explicitly, and the lock is then acquired to write.
// prints: 3
import { RwLock, drop } from 'fearless'

const lock = new RwLock(1)
const r = await lock.read()
const before = r.value
drop(r)
{
  using w = await lock.write()
  w.value += before + 1
}
console.log(await lock.with(n => n))
