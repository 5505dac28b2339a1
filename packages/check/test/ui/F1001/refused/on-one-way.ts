import { Mutex, drop, sleep } from 'fearless'

export async function run(total: Mutex<number>, early: boolean): Promise<void> {
  const guard = await total.lock()
  if (early) drop(guard)
  await sleep(1)
  if (!early) drop(guard)
}
