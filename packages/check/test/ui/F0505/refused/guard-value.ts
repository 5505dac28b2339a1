import { Mutex, drop } from 'fearless'

export function run(lock: Mutex<number[]>): number {
  const guard = lock.lock().wait()
  const rows = guard.value
  drop(guard)
  return rows.length
}
