// A write guard that was downgraded is released as a read guard; the write guard needs no release.
// prints: 2 2 3
import { RwLock, drop } from 'fearless'

const lock = new RwLock(1)
const w = await lock.write()
w.value = 2
const r = w.downgrade()
const seen = r.value
drop(r)
const again = await lock.with(n => n)
function publish(to: RwLock<number>): number {
  const writing = to.write().wait()
  writing.value += 1
  using reading = writing.downgrade()
  return reading.value
}
console.log(seen, again, publish(lock))
