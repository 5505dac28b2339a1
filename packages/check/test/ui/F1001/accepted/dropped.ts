import { Mutex, drop, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  const guard = await total.lock()
  guard.value += 1
  drop(guard)
  await sleep(1)
}
