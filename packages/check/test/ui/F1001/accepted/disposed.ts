import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  const guard = await total.lock()
  guard.value += 1
  guard[Symbol.dispose]()
  await sleep(1)
}
