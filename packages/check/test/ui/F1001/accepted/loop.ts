import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await sleep(1)
    using guard = await total.lock()
    guard.value += i
  }
}
