import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  using guard = await total.lock()
  await sleep(100)
  guard.value += 1
}
