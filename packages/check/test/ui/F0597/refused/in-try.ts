import { Mutex } from 'fearless'

export function run(lock: Mutex<number[]>): number {
  let rows: number[] = []
  try {
    using guard = lock.lock().wait()
    rows = guard.value
  } catch {
    return 0
  }
  return rows.length
}
