import { Mutex, drop } from 'fearless'

export function run(total: Mutex<number>): void {
  const guard = total.lock().wait()
  setTimeout(() => drop(guard), 10)
}
