import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  using guard = await total.lock().within(10)
  guard.value += 1
  await sleep(1)
}
