import { Mutex } from 'fearless'

export function run(total: Mutex<number>): number {
  let n = 0
  {
    using guard = total.lock().wait()
    n = guard.value
  }
  return n
}
