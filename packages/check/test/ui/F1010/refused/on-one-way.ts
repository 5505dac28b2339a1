import { Mutex, drop } from 'fearless'

export function run(total: Mutex<number>): void {
  const guard = total.lock().wait()
  if (guard.value > 0) drop(guard)
}
