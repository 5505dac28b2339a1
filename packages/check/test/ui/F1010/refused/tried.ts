import { Mutex } from 'fearless'

export function run(total: Mutex<number>): boolean {
  const guard = total.lock().try()
  if (guard === undefined) return false
  guard.value += 1
  return true
}
