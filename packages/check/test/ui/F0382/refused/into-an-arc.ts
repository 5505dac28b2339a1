import { Arc, Mutex } from 'fearless'

export async function share(): Promise<void> {
  const lock = new Mutex(0)
  const shared = new Arc(lock)
  using n = await lock.lock()
  console.log(n.value, shared)
}
