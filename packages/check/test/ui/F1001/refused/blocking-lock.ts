import { Mutex, sleep } from 'fearless'

export function run(total: Mutex<number>): () => Promise<void> {
  return async () => {
    using guard = total.lock().try()!
    guard.value += 1
    await sleep(1)
  }
}
