import { Mutex } from 'fearless'

export function run(total: Mutex<number>): void {
  using a = total.lock().wait()
  using b = total.lock().wait()
  a.value += b.value
}
