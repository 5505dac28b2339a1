import { Mutex } from 'fearless'

export function run(a: Mutex<number>, b: Mutex<number>): void {
  using x = a.lock().wait()
  using y = b.lock().wait()
  x.value += y.value
}
