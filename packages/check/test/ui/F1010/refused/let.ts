import { Mutex } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  let guard = await total.lock()
  guard.value += 1
}
