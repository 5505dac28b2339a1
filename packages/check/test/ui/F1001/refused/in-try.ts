import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  using guard = await total.lock()
  try {
    await sleep(1)
  } finally {
    guard.value += 1
  }
}
