import { Mutex } from 'fearless'

export function run(total: Mutex<number>): boolean {
  using guard = total.lock().wait()
  guard.value += 1
  return total.lock().try() === undefined
}
