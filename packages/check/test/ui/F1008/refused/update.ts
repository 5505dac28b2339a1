import { Mutex } from 'fearless'

const total = new Mutex(0)
export function run(): void {
  using guard = total.lock().wait()
  total.update(n => n + 1).wait()
  guard.value += 1
}
