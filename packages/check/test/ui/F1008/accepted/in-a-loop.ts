import { Mutex } from 'fearless'

export function run(total: Mutex<number>): void {
  for (let i = 0; i < 2; i++) {
    using guard = total.lock().wait()
    if (guard.value > 1) continue
    guard.value += 1
  }
}
