import { Mutex, drop } from 'fearless'

export function run(total: Mutex<number>): boolean {
  const guard = total.lock().try()
  if (guard) {
    guard.value += 1
    drop(guard)
  }
  return guard !== undefined
}
