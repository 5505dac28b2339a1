import { drop, RwLock } from 'fearless'
export async function run(lock: RwLock<number>): Promise<void> {
  const r = await lock.read()
  console.log(r.value)
  drop(r)
  using w = await lock.write()
  w.value++
}
