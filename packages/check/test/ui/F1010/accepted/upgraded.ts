import { RwLock } from 'fearless'
export async function run(lock: RwLock<number>): Promise<number> {
  const u = await lock.upgradableRead()
  if (u.value > 0) {
    drop(u)
    return 0
  }
  using w = await u.upgrade()
  w.value = 1
  return w.value
}
import { drop } from 'fearless'
