import { Mutex } from 'fearless'

export function run(total: Mutex<number>): void {
  using guard = total.lock().wait()
  guard.value += 1
}
