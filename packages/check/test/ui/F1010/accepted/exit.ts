import { Mutex } from 'fearless'

export function run(total: Mutex<number>): void {
  const guard = total.lock().wait()
  guard.value += 1
  process.exit(1)
}
