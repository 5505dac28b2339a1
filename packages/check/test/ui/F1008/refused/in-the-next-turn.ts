import { Mutex, drop } from 'fearless'

export function run(total: Mutex<number>): void {
  for (let i = 0; i < 2; i++) {
    const guard = total.lock().wait()
    guard.value += i
    if (i === 1) drop(guard)
  }
}
