import { Mutex, drop } from 'fearless'

export function run(total: Mutex<number>): void {
  const guard = total.lock().wait()
  try {
    guard.value += 1
  } finally {
    drop(guard)
  }
}
