import { Mutex } from 'fearless'

export function run(total: Mutex<number>): number {
  using guard = total.lock().wait()
  return guard.value
}
