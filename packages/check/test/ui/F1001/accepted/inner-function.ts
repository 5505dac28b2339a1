import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  let later: (() => Promise<void>) | undefined
  {
    using guard = await total.lock()
    guard.value += 1
    later = async () => {
      await sleep(1)
    }
  }
  await later()
}
