import { RwLock } from 'fearless'
export async function run(): Promise<number> {
  const lock = new RwLock(1)
  const w = await lock.write()
  w.value = 2
  using r = w.downgrade()
  return r.value
}
