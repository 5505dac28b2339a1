import { Mutex, drop, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  const guard = await total.lock()
  if (guard.value === 0) {
    drop(guard)
    return
  }
  guard.value = 0
  drop(guard)
  await sleep(1)
}
