import { Mutex, drop, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  const guard = await total.lock()
  await sleep(100)
  drop(guard)
}
