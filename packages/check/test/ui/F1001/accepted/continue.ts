import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  for (;;) {
    {
      using guard = await total.lock()
      if (guard.value > 3) break
      guard.value += 1
      if (guard.value === 2) continue
    }
    await sleep(1)
  }
}
