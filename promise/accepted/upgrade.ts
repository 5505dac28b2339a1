// An upgradable guard becomes a write guard.
// prints: 2
import { RwLock } from 'fearless'

const lock = new RwLock(1)
{
  const r = await lock.upgradableRead()
  using w = await r.upgrade()
  w.value += 1
}
console.log(await lock.with(n => n))
