import { Mutex, sleep } from 'fearless'

export async function run(total: Mutex<number>): Promise<void> {
  const guard = total.lock().try()
  if (!guard) {
    await sleep(1)
    return
  }
  guard.value += 1
  guard[Symbol.dispose]()
}
