import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  try {
    using guard = await total.lock()
    guard.value += 1
  } catch {
    await sleep(1)
  }
}
